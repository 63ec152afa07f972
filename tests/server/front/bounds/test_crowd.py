"""How many connections there may be."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE

import pytest
from aiohttp import WSCloseCode
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS
from colonyos_gen_wire.requests.subscription import SubscribeProcessMsg

from colonyos_gen import AsyncClient, RateLimitedError
from colonyos_gen.server import Server
from colonyos_gen.server._front import listening, pubsub
from colonyos_gen.server._front.bounds.crowd import Crowd, Member
from colonyos_gen.server._front.listening import Bounds
from tests.server.front.test_slow_senders import BODY, HEAD, raw, reply, rest
from tests.server.kit.lab import lab, opened, spec
from tests.server.kit.socket_lab import Connection, line

FAR, FARTHER = "192.0.2.1", "192.0.2.2"


class Doors:
    """Connections to a crowd, and which of them it has closed."""

    def __init__(self, most: int) -> None:
        self.crowd = Crowd(most)
        self.closed: list[str] = []

    def open(self, name: str, address: str = FAR) -> Member | None:
        return self.crowd.enter(address, lambda: self.closed.append(name))


def test_the_one_that_has_rested_longest_makes_room() -> None:
    doors = Doors(4)
    busy, idle = doors.open("busy", "127.0.0.1"), doors.open("idle", "127.0.0.1")
    assert busy is not None
    assert idle is not None
    doors.crowd.busy(busy)
    doors.crowd.busy(idle)
    assert doors.open("new", "127.0.0.1") is not None
    doors.crowd.resting(idle)
    assert doors.open("newer", "127.0.0.1") is not None
    assert doors.open("newest", "127.0.0.1") is not None
    assert doors.open("last", "127.0.0.1") is not None
    assert doors.closed == ["new", "idle"]
    assert len(doors.crowd) == 4
    doors.crowd.resting(idle)
    doors.crowd.leave(idle)
    assert len(doors.crowd) == 4


def test_without_room_there_is_none() -> None:
    doors = Doors(2)
    for name in ("a", "b"):
        member = doors.open(name, "127.0.0.1")
        assert member is not None
        doors.crowd.busy(member)
    assert doors.open("c", "127.0.0.1") is None
    assert doors.closed == []


def test_one_address_has_half_at_most() -> None:
    """And makes room for itself only; this machine, which may be a proxy, is no such address."""
    doors = Doors(6)
    for number in range(5):
        assert doors.open(f"far {number}") is not None
    assert doors.closed == ["far 0", "far 1"]
    for number in range(3):
        assert doors.open(f"farther {number}", FARTHER) is not None
    assert doors.closed == ["far 0", "far 1"]
    assert len(doors.crowd) == 6
    doors = Doors(6)
    for number in range(6):
        assert doors.open(f"here {number}", "::1") is not None
    assert doors.closed == []


def test_idle_connections_make_room_for_new_ones() -> None:
    async def main() -> None:
        async with Server(connections_limit=3) as server, contextlib.AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(raw(server)) for _ in range(3)]
            for reader, writer in lines:
                writer.write(HEAD + BODY)
                assert (await reply(reader))[0] == 200
            lines[0][1].write(HEAD + BODY)
            assert (await reply(lines[0][0]))[0] == 200
            for _ in range(20):
                async with raw(server) as (reader, writer):
                    writer.write(HEAD + BODY)
                    assert (await reply(reader))[0] == 200
            assert await rest(lines[1][0]) == b""

    asyncio.run(main())


def test_when_all_are_in_use_a_new_one_is_told_so() -> None:
    async def main() -> None:
        async with lab(connections_limit=2) as here:
            executor = await here.add_executor("e")
            polling = [asyncio.create_task(here.assign(executor, 60)) for _ in range(2)]
            while here.server.listeners < 2:
                await asyncio.sleep(0)
            async with raw(here.server) as (reader, writer):
                writer.write(HEAD + BODY)
                answer = await rest(reader)
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert b"Retry-After: 1\r\n" in answer
            assert b"Retry-After: 1\r\n" in answer
            assert opened(answer.partition(b"\r\n\r\n")[2])[2] == {
                "status": 429,
                "message": "Too many connections are in use; this request was not read, send it again in a while",
            }
            for task in polling:
                task.cancel()
            await asyncio.wait(polling)
            async with raw(here.server) as (reader, writer):
                writer.write(HEAD + BODY)
                assert (await reply(reader))[0] == 200

    asyncio.run(main())


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_call_that_was_refused_as_there_are_too_many_is_made_again(size: int) -> None:
    """Also one that must not be made twice, as nobody has read it."""

    async def main() -> None:
        async with lab(connections_limit=3) as here:
            executor, user = await here.add_executor("e"), await here.add_user("u")
            polling = [asyncio.create_task(here.assign(executor, 60)) for _ in range(3)]
            while here.server.listeners < 3:
                await asyncio.sleep(0)
            async with AsyncClient(here.server.url, member_key=user, retries=0) as client:
                with pytest.raises(RateLimitedError, match="Too many connections are in use"):
                    await client.submit(spec(args=["x" * size]))
            async with AsyncClient(here.server.url, member_key=user, retries=20) as client:
                submitting = asyncio.create_task(client.submit(spec(args=["x" * size])))
                await asyncio.sleep(0.1)
                for task in polling:
                    task.cancel()
                assert (await submitting).state == WAITING

    asyncio.run(main())


def test_without_a_number_there_are_as_many_as_files_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in ((None, 10_000), (100, 24), (64, 1), (1024, 832), (1_000_000, 10_000)):
        monkeypatch.setattr(listening, "files_allowed", lambda files=files: files)
        assert Bounds().connections() == most
        assert Bounds(connections_limit=500).connections() == 500


_FULL = """
import asyncio, resource
from colonyos_gen.server import Server

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    async with Server() as server:
        print(server.port, flush=True)
        await asyncio.to_thread(input)

asyncio.run(main())
"""


def test_more_connections_than_files() -> None:
    """They make room for each other, and nothing is logged."""

    async def main() -> None:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _FULL, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        assert server.stdout is not None
        port = int(await server.stdout.readline())
        lines = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(300)))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + BODY)
        assert (await reply(reader))[0] == 200
        for _, each in (*lines, (reader, writer)):
            each.transport.abort()
        _, errors = await server.communicate(b"\n")
        assert errors == b""

    asyncio.run(main())


def test_limits_that_allow_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="connections_limit is 0"):
        Server(connections_limit=0)
    with pytest.raises(ValueError, match="bodies_limit is 5, too little for one body of body_limit, 6 bytes"):
        Server(body_limit=6, bodies_limit=5)


@pytest.mark.hazards
def test_connections_without_a_subscription_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that has none for longest leaves; one with a subscription stays."""
    monkeypatch.setattr(pubsub, "MOST_IDLE", 3)

    async def main() -> None:
        async with lab() as here, contextlib.AsyncExitStack() as stack:
            user = await here.add_user("u")
            submitted = await here.submit(user)
            wanted = SubscribeProcessMsg(processid=submitted.processid, state=WAITING, timeout=60)

            async def another() -> Connection:
                return await stack.enter_async_context(line(here))

            busy = await another()
            await busy.ask(user, SUBSCRIBE_PROCESS, wanted)
            await busy.item(SUBSCRIBE_PROCESS)
            idle = [await another() for _ in range(5)]
            for each in idle[:2]:
                assert await each.close_code() == WSCloseCode.TRY_AGAIN_LATER
            for each in (*idle[2:], busy):
                assert not each.socket.closed
            await idle[2].ask(user, SUBSCRIBE_PROCESS, wanted)
            await idle[2].item(SUBSCRIBE_PROCESS)

    asyncio.run(main())
