"""Subscriptions, waits and reads that would have harmed the real server are noticed."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import MAX_OPEN_DATABASE_CONNECTIONS, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_CHANNEL, SUBSCRIBE_PROCESS, SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg, SubscribeProcessMsg
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server import ManualClock
from tests.server.kit.lab import TYPE, Lab, Refused, envelope, spec
from tests.server.kit.socket_lab import Connection, line
from tests.server.kit.subscription_scene import Scene, scene
from tests.server.kit.subscription_scene import play as in_scene

from .hazard_lab import at_once, lines, noticed, play, polling, sealed

pytestmark = pytest.mark.hazards
START = datetime(2026, 1, 1, tzinfo=UTC)


def _feed(state: ProcessState, timeout: int = 30) -> SubscribeProcessesMsg:
    return SubscribeProcessesMsg(executortype=TYPE, state=state, timeout=timeout)


def test_a_subscription_before_the_change_that_it_asks_for() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        # Whether the change comes within half a second is up to the machine, so it gets some tries.
        while not noticed(here):
            process = await here.submit(user)
            async with line(here) as connection:
                request = SubscribeProcessMsg(processid=process.processid, state=RUNNING, timeout=30)
                await connection.ask(user, SUBSCRIBE_PROCESS, request)
                assert noticed(here) == {}
                await here.assign(executor)
        assert noticed(here) == {"process_subscription_near_change": 1}

    play(act)


def test_a_subscription_to_what_has_just_happened() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        # Whether it comes within 50 ms of the change is up to the machine, so it gets some tries.
        while not noticed(here):
            process = await here.submit(user)
            async with line(here) as connection:
                await here.assign(executor)
                request = SubscribeProcessMsg(processid=process.processid, state=RUNNING, timeout=30)
                await connection.ask(user, SUBSCRIBE_PROCESS, request)
        assert noticed(here) == {"process_subscription_near_change": 1}

    play(act)


def test_a_subscription_to_another_change_than_comes() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        process = await here.submit(user)
        async with line(here) as connection:
            request = SubscribeProcessMsg(processid=process.processid, state=SUCCESS, timeout=30)
            await connection.ask(user, SUBSCRIBE_PROCESS, request)
            await here.assign(executor)
            assert noticed(here) == {}

    play(act)


def test_a_subscription_long_before_the_change() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        process = await here.submit(user)
        async with line(here) as connection:
            request = SubscribeProcessMsg(processid=process.processid, state=RUNNING, timeout=30)
            await connection.ask(user, SUBSCRIBE_PROCESS, request)
            await asyncio.sleep(0.6)
            await here.assign(executor)
            assert noticed(here) == {}

    play(act)


def test_reading_instead() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        process = await here.submit(user)
        await here.assign(executor)
        await here.close(executor, process.processid)
        assert (await here.process(user, process.processid)).state is SUCCESS
        assert noticed(here) == {}

    play(act)


@pytest.mark.parametrize("second", ["subscription", "noise"])
def test_a_second_request_on_the_connection_of_a_feed(second: str) -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, _feed(SUCCESS))
            if second == "noise":
                await connection.socket.send_str("noise")
                name = "request_beside_feed"
            else:
                await connection.ask(executor, SUBSCRIBE_PROCESSES, _feed(RUNNING))
                name = "several_subscriptions_on_one_connection"
            with pytest.raises(Refused):
                await connection.item(SUBSCRIBE_PROCESSES)
            assert noticed(here) == {name: 1}

    play(act)


def test_a_connection_for_each_feed() -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        async with line(here) as one, line(here) as other:
            await one.ask(executor, SUBSCRIBE_PROCESSES, _feed(SUCCESS))
            await other.ask(executor, SUBSCRIBE_PROCESSES, _feed(RUNNING))
            assert noticed(here) == {}

    play(act)


def test_a_second_request_on_the_connection_of_a_channel() -> None:
    async def act() -> None:
        async with asyncio.timeout(300), scene() as made:
            await made.line.ask(made.user, SUBSCRIBE_CHANNEL, made.channel())
            await made.line.ask(made.user, SUBSCRIBE_CHANNEL, made.channel())
            assert noticed(made.here) == {}

    asyncio.run(act())


def test_a_feed_of_waiting_processes() -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, _feed(WAITING))
        assert noticed(here) == {"waiting_feed_takes_wakeups": 1}

    play(act)


@pytest.mark.parametrize(("timeout", "expected"), [(60, {"abandoned_feed": 1}), (30, {})])
def test_a_feed_that_is_left(timeout: int, expected: dict[str, int]) -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, _feed(SUCCESS, timeout))
        # By the time that these are answered the server has seen the client leave.
        for number in range(3):
            await here.add_user(f"u{number}")
        while expected and not noticed(here):
            await asyncio.sleep(0.001)
        assert noticed(here) == expected

    play(act)


def test_a_feed_that_the_server_ends() -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, _feed(SUCCESS, 60))
            await here.server.stop()
        assert noticed(here) == {}

    play(act)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("t", "t0"), {"types_differ_by_digit": 1}),
        (("t12", "t1"), {"types_differ_by_digit": 1}),
        (("t1", "t2"), {}),
        (("t", "tt"), {}),
        (("t", "t"), {}),
    ],
)
def test_workers_whose_types_differ_by_a_digit(types: tuple[str, str], expected: dict[str, int]) -> None:
    async def act(here: Lab) -> None:
        one = await here.add_executor("one", executortype=types[0])
        other = await here.add_executor("other", executortype=types[1])
        async with polling(here, one), polling(here, other):
            assert noticed(here) == expected

    play(act, clock=ManualClock(START))


def test_more_reads_at_once_than_the_database_has_connections() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        read = user, process_methods.GET_PROCESS, GetProcessMsg(processid=process.processid)
        await at_once(here, *[read] * MAX_OPEN_DATABASE_CONNECTIONS)
        assert noticed(here) == {}
        await at_once(here, *[read] * (MAX_OPEN_DATABASE_CONNECTIONS + 20))
        assert noticed(here) == {"too_many_reads": 1}
        assert "101 requests" in here.server.hazards.seen[0].detail

    play(act)


def test_many_reads_with_sixteen_in_flight() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        body = envelope(
            user, process_methods.GET_PROCESS.msgtype, encode(GetProcessMsg(processid=process.processid))
        )
        async with lines(here, 16) as made:
            for _ in range(20):
                for each in made:
                    each.send(body)
                for each in made:
                    assert await each.status() == 200
        assert noticed(here) == {}

    play(act)


async def _subscribe(made: Scene, held: contextlib.AsyncExitStack) -> tuple[Connection, str]:
    """A connection, and the frame that asks for a channel on it."""
    body = envelope(made.user, SUBSCRIBE_CHANNEL.msgtype, encode(made.channel()))
    return await held.enter_async_context(line(made.here)), body.decode()


def test_more_subscriptions_of_channels_begun_at_once_than_the_database_has_connections() -> None:
    async def act(made: Scene) -> None:
        async with contextlib.AsyncExitStack() as held:
            asked = [await _subscribe(made, held) for _ in range(MAX_OPEN_DATABASE_CONNECTIONS + 1)]
            for each, frame in asked[1:]:
                await each.socket.send_str(frame)
            for each, _ in asked[1:]:
                await each.settle()
            assert noticed(made.here) == {}
            again = [await _subscribe(made, held) for _ in range(MAX_OPEN_DATABASE_CONNECTIONS)]
            for each, frame in (asked[0], *again):
                await each.socket.send_str(frame)
            while not noticed(made.here):
                await asyncio.sleep(0.001)
            assert noticed(made.here) == {"too_many_reads": 1}
            [seen] = made.here.server.hazards.seen
            assert {part.msgtype for part in seen.parts} == {SUBSCRIBE_CHANNEL.msgtype}

    in_scene(act)


def test_subscriptions_of_channels_meet_other_reads() -> None:
    async def act(made: Scene) -> None:
        reads = MAX_OPEN_DATABASE_CONNECTIONS // 2
        read = made.user, process_methods.GET_PROCESS, GetProcessMsg(processid=made.processid)
        body = sealed(read)
        async with contextlib.AsyncExitStack() as held, lines(made.here, reads) as others:
            asked = [await _subscribe(made, held) for _ in range(reads + 1)]
            for other in others:
                other.send(body)
            for each, frame in asked:
                await each.socket.send_str(frame)
            while not noticed(made.here):
                await asyncio.sleep(0.001)
        assert noticed(made.here) == {"too_many_reads": 1}

    in_scene(act)


def test_subscriptions_of_channels_that_last_do_not_read() -> None:
    async def act(made: Scene) -> None:
        async with contextlib.AsyncExitStack() as held:
            for _ in range(MAX_OPEN_DATABASE_CONNECTIONS + 1):
                each, frame = await _subscribe(made, held)
                await each.socket.send_str(frame)
                await each.settle()
            await made.here.process(made.user, made.processid)
        assert noticed(made.here) == {}

    in_scene(act)


def test_many_that_wait_for_work_do_not_read() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        process = await here.submit(user, spec(executortype="nobody"))
        polls: list[asyncio.Task[Process]] = []
        for _ in range(MAX_OPEN_DATABASE_CONNECTIONS + 20):
            polls.append(asyncio.create_task(here.assign(executor, 60)))
            while here.server.listeners < len(polls):
                await asyncio.sleep(0)
        await here.process(user, process.processid)
        for poll in polls:
            poll.cancel()
        await asyncio.wait(polls)
        assert noticed(here) == {}

    play(act)
