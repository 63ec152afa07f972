"""Members and the owner of one colony send what belongs to another: nothing is told, and nothing is changed."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import aiohttp
import msgspec
import pytest
from colonyos_gen_wire.method import Role, Via
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.envelope import RPCReplyMsg
from hypothesis import given
from hypothesis import strategies as st

from colonyos_gen.server import ManualClock, Server
from tests.server.kit.lab import COLONY, Lab, envelope
from tests.server.kit.socket_lab import line

from .furnished import Furnished, furnish
from .fuzz_target import Shot, rows_of
from .schema_strategies import Requests
from .test_fuzz import few

_ID = re.compile(rb"[0-9a-f]{64}")
MINE = f'"{COLONY}"'.encode()
FOREIGNERS = ("other executor", "other colony", "stranger")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return asyncio.run(furnish(tmp_path_factory.mktemp("furnished")))


class Spied:
    """A server on which two colonies live, and what the first of them owns."""

    def __init__(self, server: Server, lab: Lab, furnished: Furnished) -> None:
        self._server = server
        self._lab = lab
        self._keys = furnished.keys

    def owned(self) -> set[tuple[str, str, bytes]]:
        """Every row that has to do with the first colony."""
        tables = rows_of(self._server._records)  # pyright: ignore[reportPrivateUsage]
        return {
            (name, key, row)
            for name, rows in tables.items()
            for key, row in rows.items()
            if MINE in row or key == COLONY
        }

    async def ask(self, shot: Shot) -> bytes:
        """The payload of the answer; nothing for a refusal."""
        body = envelope(self._keys[shot.signer], shot.msgtype, shot.payload)
        if METHODS[shot.msgtype].transport is Via.WEBSOCKET:
            async with line(self._lab) as connection:
                await connection.socket.send_bytes(body)
                await connection.settle()
                frames = [frame.data for frame in connection.inbox if frame.type is aiohttp.WSMsgType.BINARY]
        else:
            frames = [(await self._lab.post(body))[1]]
        replies = [msgspec.json.decode(frame, type=RPCReplyMsg) for frame in frames]
        return b"".join(reply.payload or b"" for reply in replies if not reply.error)


def messages() -> list[str]:
    """Those that are for members or owners of a colony, and do not wait."""
    unlimited = {Role.NONE, Role.SERVER_OWNER}
    return [
        msgtype
        for msgtype, method in METHODS.items()
        if not unlimited & set(method.roles) and msgtype != "assignprocessmsg"
    ]


@pytest.mark.hazards("child_of_unknown_parent")
def test_ids_of_another_colony(furnished: Furnished, tmp_path: Path) -> None:
    requests = Requests(furnished.known)

    @st.composite
    def shots(draw: st.DrawFn) -> Shot:
        msgtype = draw(st.sampled_from(messages()))
        payload = draw(requests.valid(msgtype))
        return Shot(draw(st.sampled_from(FOREIGNERS)), msgtype, json.dumps(payload).encode())

    @few(15)
    @given(script=st.lists(shots(), min_size=20, max_size=40))
    def check(script: list[Shot]) -> None:
        asyncio.run(spy(furnished, tmp_path / "server.db", script))

    check()


async def spy(furnished: Furnished, file: Path, script: list[Shot]) -> None:
    """Send the script, and see that the first colony has lost nothing, gained nothing, and told nothing."""
    file.write_bytes(furnished.content)
    async with (
        Server(server_key=furnished.keys["server"], db=file, clock=ManualClock()) as server,
        aiohttp.ClientSession() as session,
    ):
        spied = Spied(server, Lab(server, session), furnished)
        before = spied.owned()
        secrets = {found for row in before for found in _ID.findall(row[2])}
        assert secrets
        for shot in script:
            answer = await spied.ask(shot)
            told = (secrets & set(_ID.findall(answer))) - set(_ID.findall(shot.payload))
            assert not told, f"{shot} is told {told}"
        after = spied.owned()
        assert before - after == set(), "rows are gone, or changed"
        assert after - before == set(), "rows have come"
