"""The two servers of a conversation: one that is given, and the embedded one beside it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.hazards import HAZARDS, Effect

from colonyos_gen import Config, PrivateKey
from colonyos_gen.server import Server

from .comparison import Answer

PATIENCE_S = 60
_HARM = (Effect.ENDS, Effect.FREEZES, Effect.CORRUPTS)


class Peer(Protocol):
    """Whoever answers requests."""

    async def ask(self, body: bytes) -> Answer:
        """The answer to an envelope."""
        ...


class Distant:
    """A server behind a URL."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def ask(self, body: bytes) -> Answer:
        patience = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with self._session.post(self._url + API_PATH, data=body, timeout=patience) as response:
            return Answer(response.status, await response.read())


class Embedded:
    """A server of this process."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def ask(self, body: bytes) -> Answer:
        answer = await self.server.direct.answer(body, lambda: False)
        return Answer(answer.status, answer.body)

    @property
    def noticed(self) -> int:
        """How often the server has been asked for something that harms others on a real one."""
        counts = self.server.hazards.counts
        return sum(count for name, count in counts.items() if HAZARDS[name].effect in _HARM)


@dataclass(frozen=True)
class Pair:
    """Two servers with one owner."""

    real: Peer
    ours: Embedded
    server_key: PrivateKey
    zone_is_ours: bool


def embedded(server_key: PrivateKey, **options: Any) -> Server:
    """The server that is compared."""
    usual: dict[str, Any] = {"quirks": "v1.9", "hazards": "refuse", "zone": os.environ.get("TZ") or "UTC"}
    return Server(server_key=server_key, **{**usual, **options})


@contextlib.asynccontextmanager
async def beside_a_real_one() -> AsyncGenerator[Pair]:
    """The embedded server beside the one that the environment names."""
    config = Config.from_env()
    assert config.server_key is not None, "the live tests need COLONIES_SERVER_PRVKEY"
    reregister = os.environ.get("COLONIES_ALLOW_EXECUTOR_REREGISTER", "") == "true"
    async with (
        aiohttp.ClientSession() as session,
        embedded(config.server_key, reregister=reregister) as server,
    ):
        real = Distant(config.url, session)
        yield Pair(real, Embedded(server), config.server_key, zone_is_ours=bool(os.environ.get("TZ")))


@contextlib.asynccontextmanager
async def beside_another(**options: Any) -> AsyncGenerator[Pair]:
    """Two embedded servers, of which the second has `options` of its own."""
    key = PrivateKey.generate()
    zone = "Europe/Stockholm"
    async with embedded(key, zone=zone) as other, embedded(key, zone=zone, **options) as server:
        yield Pair(Embedded(other), Embedded(server), key, zone_is_ours=True)
