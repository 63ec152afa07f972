"""A server that was started again tells what was null as the one before it did."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.constants import API_PATH

from colonyos_gen import PrivateKey
from colonyos_gen.server import ManualClock, Server

from .orders import JSON
from .recorded_zone import RECORDED_ZONE
from .replay import Replay, load, recordings
from .scores import ABOUT_NULLS

pytestmark = pytest.mark.hazards


class Reader(Replay):
    """A recording whose reads can be made again afterwards."""

    async def read(self, server: Server) -> list[JSON]:
        """The payloads of all replies to reads, apart from what lives in memory only."""
        self._server = server
        found: list[JSON] = []
        async with aiohttp.ClientSession() as session:
            for exchange in self._exchanges:
                msgtype = exchange.get("msgtype", "")
                if msgtype.startswith("get") and exchange["http_status"] == 200:
                    async with session.post(server.url + API_PATH, data=self._body(exchange)) as response:
                        text = base64.b64decode((await response.json(content_type=None))["payload"])
                    found.append((msgtype, json.loads(text)))
        return found


@pytest.mark.parametrize("name", [name for name in recordings() if ABOUT_NULLS in name])
def test_reads_give_the_same_after_a_restart(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        clock, key = ManualClock(), PrivateKey.generate()

        def server() -> Server:
            return Server(
                db=tmp_path / "server.db",
                server_key=key,
                clock=clock,
                reregister=True,
                quirks="v1.9",
                zone=RECORDED_ZONE,
            )

        async with server() as first:
            replay = Reader(load(name), first, clock, zero_times=True)
            assert not any(outcome.differences for outcome in await replay.play())
            before = await replay.read(first)
        async with server() as second:
            after = await replay.read(second)
        assert after == before
        assert "null" in json.dumps(before)

    asyncio.run(main())
