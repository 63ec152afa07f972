"""The server as an older release: what came later is refused, not read, and not answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import pytest
from colonyos_gen_wire import Colony, User
from colonyos_gen_wire.constants import RELEASES, SERVER_VERSION
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.process import Conditions, FunctionSpec

from colonyos_gen import AsyncClient, Client
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.errors import RPCError
from colonyos_gen.server import Server, ServerThread
from colonyos_gen.server._front.as_version import AsVersion
from tests.server.kit.lab import envelope, opened

STRANGER = PrivateKey.generate()


def on_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test that is a coroutine function."""

    @wraps(test)
    def run(*args: Any, **options: Any) -> None:
        async def main() -> None:
            await test(*args, **options)

        asyncio.run(main())

    return run


@pytest.mark.parametrize("version", RELEASES)
@on_a_loop
async def test_later_messages_are_unknown(version: str) -> None:
    """Each release has what came with it or before, and refuses the rest in its own words."""
    server = Server(as_version=version)
    for msgtype, method in METHODS.items():
        status, body = await server.answer(
            envelope(STRANGER, msgtype, b'{"msgtype": "%s"}' % msgtype.encode())
        )
        message = opened(body)[2].get("message", "")
        is_later = method.since in RELEASES[RELEASES.index(version) + 1 :]
        if method.transport.value == "http":
            comma = ", " if version == "v1.9.4" else ": "
            assert (message == f"invalid rpcMsg.PayloadType{comma}{msgtype}") == is_later, msgtype
            assert not is_later or status == 403


def test_an_unknown_release_names_those_that_are_known() -> None:
    with pytest.raises(
        ValueError, match=r"no server release '1\.9\.5' is known; known are v1\.9\.4, v1\.9\.6,"
    ):
        Server(as_version="1.9.5")


def test_the_newest_release_has_everything() -> None:
    assert RELEASES[-1] == SERVER_VERSION
    newest = AsVersion()
    assert not newest.is_older
    assert all(newest.has(field.since) for fields in FIELDS.values() for field in fields)


async def _submitted(version: str) -> dict[str, Any]:
    async with (
        Server(as_version=version) as server,
        AsyncClient(server.url, server_key=server.server_key) as client,
    ):
        owner, member = PrivateKey.generate(), PrivateKey.generate()
        await client.add_colony(Colony(name="lab", colonyid=owner.id))
        await client.add_user(User(colonyname="lab", userid=member.id, name="someone"), prvkey=owner)
        spec = FunctionSpec(
            funcname="f",
            conditions=Conditions(colonyname="lab", executortype="t", locationname="here"),
            channels=["news"],
        )
        process = await client.submit(spec, prvkey=member)
        assert (await client.get_version()).buildversion == f"{version}-embedded"
        with pytest.raises(RPCError, match=r"invalid msg\.State") as refused:
            await client.get_processes("lab", state=99, prvkey=member)
        try:
            await client.get_processes("lab", state=4, prvkey=member)
            state = ""
        except RPCError as error:
            state = error.message
            assert state == refused.value.message
        return {
            "location": process.spec.conditions.locationname,
            "channels": process.spec.channels,
            "state": bool(state),
        }


@on_a_loop
async def test_later_fields_and_values() -> None:
    old, middle, new = [await _submitted(version) for version in ("v1.9.4", "v1.9.7", "v1.9.12")]
    assert (old["location"], old["channels"], old["state"]) == ("", [], True)
    assert (middle["location"], middle["channels"], middle["state"]) == ("here", ["news"], True)
    assert (new["location"], new["channels"], new["state"]) == ("here", ["news"], False)


@on_a_loop
async def test_later_fields_are_not_written() -> None:
    for version, expected in (("v1.9.10", False), ("v1.9.12", True)):
        server = Server(as_version=version)
        assert server.server_key is not None
        body = envelope(server.server_key, "getstatisticsmsg", b'{"msgtype": "getstatisticsmsg"}')
        assert ("cancelledprocesses" in opened((await server.answer(body)).body)[2]) == expected


def test_a_thread_takes_it_as_well() -> None:
    with ServerThread(as_version="1.9.7") as thread, Client(thread.url) as client:
        assert client.get_version().buildversion == "v1.9.7-embedded"
