"""Keys that are published with ColonyOS are for servers that nobody else can reach."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from colonyos_gen_wire.constants import DEMO_COLONY_ID, DEMO_MEMBER_ID, DEMO_SERVER_ID
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.user import User

from colonyos_gen import AsyncClient, PrivateKey
from colonyos_gen.server import Server

ANYWHERE = "0.0.0.0"


def test_the_owner() -> None:
    Server(server_id=DEMO_SERVER_ID)
    with pytest.raises(
        ValueError, match=r"^the server owner has a key that is published .* listen on 127\.0\.0\.1$"
    ):
        Server(host=ANYWHERE, allow_remote=True, server_id=DEMO_SERVER_ID)


@pytest.mark.parametrize("who", ["the owner of colony 'dev'", "the user 'u'", "the executor 'e'"])
def test_whoever_is_in_the_file(tmp_path: Path, who: str) -> None:
    owner, colony_key, db = PrivateKey.generate(), PrivateKey.generate(), tmp_path / "server.db"

    async def prepare() -> None:
        async with (
            Server(server_key=owner, db=db) as server,
            AsyncClient(server.url, server_key=owner, colony_key=colony_key) as client,
        ):
            colonyid = DEMO_COLONY_ID if "colony" in who else colony_key.id
            await client.add_colony(Colony(colonyid=colonyid, name="dev"))
            if "user" in who:
                await client.add_user(User(colonyname="dev", userid=DEMO_MEMBER_ID, name="u"))
            if "executor" in who:
                await client.add_executor(Executor.new("e", DEMO_MEMBER_ID, "worker", "dev"))

    asyncio.run(prepare())
    with pytest.raises(ValueError, match=f"^{who} has a key that is published with ColonyOS"):
        Server(host=ANYWHERE, allow_remote=True, server_key=owner, db=db)
    asyncio.run(serve_and_stop(Server(server_key=owner, db=db)))


async def serve_and_stop(server: Server) -> None:
    async with server:
        pass
