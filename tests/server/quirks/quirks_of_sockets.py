"""Quirks of subscriptions and channels."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import aiohttp
from aiohttp import WSMsgType
from colonyos_gen_wire import Function
from colonyos_gen_wire.constants import CANCELLED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_CHANNEL, SUBSCRIBE_PROCESS, SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.subscription import (
    SubscribeChannelMsg,
    SubscribeProcessesMsg,
    SubscribeProcessMsg,
)
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process

from colonyos_gen.errors import RPCTimeoutError
from tests.server.kit.lab import COLONY, TYPE, envelope, spec
from tests.server.kit.socket_lab import Connection, WitnessedConnection, connect, line

from .quirk_scene import QuirkScene, outcome, shows


def _process(process: Process, state: ProcessState, timeout: int = 60) -> SubscribeProcessMsg:
    return SubscribeProcessMsg(processid=process.processid, state=state, timeout=timeout)


async def _pushed(connection: Connection) -> Process | None:
    """What has been pushed by now."""
    if await connection.quiet():
        return None
    return await connection.item(SUBSCRIBE_PROCESS)


@shows("abrupt_timeouts", strict=WSMsgType.CLOSE, quirk=WSMsgType.CLOSED)
async def timeout_of_a_subscription(here: QuirkScene) -> object:
    process = await here.user.submit(spec())
    with contextlib.suppress(RPCTimeoutError):
        # The client tells what it is in both cases.
        await here.user.subscribe_process(process, RUNNING, 0.3)
        raise AssertionError("the process does not run")
    async with line(here.lab) as connection:
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, _process(process, RUNNING, 5))
        here.clock.advance(6)
        return (await connection.frame()).type


@shows("overflowing_timeouts", strict=["open", "open", "open"], quirk=["over", "open", "NoProcessError 404"])
async def timeouts_of_centuries(here: QuirkScene) -> object:
    """The second is a multiple of 2^64 nanoseconds: none at all, which for channels means half a minute."""
    process = await here.user.submit(spec(channels=["c"]))
    found: list[str] = []
    async with line(here.lab) as connection:
        for timeout in (2**40, 2**62):
            request = SubscribeChannelMsg(processid=process.processid, channelname="c", timeout=timeout)
            await connection.ask(here.user_key, SUBSCRIBE_CHANNEL, request)
            found.append("over" if connection.inbox else "open")
            if not connection.inbox:
                break
            await connection.frame()
    found += ["open"] * (2 - len(found))
    await here.executor.assign(COLONY, -1)
    poll = asyncio.create_task(outcome(here.executor.assign(COLONY, 2**40)))
    _, pending = await asyncio.wait([poll], timeout=0.3)
    poll.cancel()
    return [*found, "open" if pending else poll.result()]


@shows("silent_refusals", strict=["TEXT", "BINARY"], quirk=["CLOSED", "nothing"])
async def no_envelopes(here: QuirkScene) -> object:
    found: list[str] = []
    async with line(here.lab) as connection:
        await connection.socket.send_str("hello")
        found.append((await connection.frame()).type.name)
    async with line(here.lab) as connection:
        await connection.socket.send_bytes(envelope(here.user_key, "nosuchmsg", b"{}"))
        found.append("nothing" if await connection.quiet() else (await connection.frame()).type.name)
    return found


@contextlib.asynccontextmanager
async def _witnessed(here: QuirkScene) -> AsyncGenerator[WitnessedConnection]:
    session, url = here.lab.session, here.lab.server.url
    first, witness = await connect(session, url), await connect(session, url)
    yield WitnessedConnection(first.socket, witness)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.3):
            await first.socket.close()


@shows("deaf_channel_subscriptions", strict=["PONG", "[]"], quirk=["[]", "PONG"])
async def ping_during_a_subscription(here: QuirkScene) -> object:
    process = await here.user.submit(spec(channels=["c"]))
    async with _witnessed(here) as connection:
        request = SubscribeChannelMsg(processid=process.processid, channelname="c", timeout=5)
        await connection.ask(here.user_key, SUBSCRIBE_CHANNEL, request)
        await connection.socket.ping()
        await connection.settle()
        here.clock.advance(6)
        frames: list[aiohttp.WSMessage] = [await connection.frame(), await connection.frame()]
    return ["PONG" if frame.type is WSMsgType.PONG else "[]" for frame in frames]


@shows("silent_channel_ends", strict=1, quirk=0)
async def end_of_a_channel(here: QuirkScene) -> object:
    await here.user.submit(spec(channels=["c"]))
    process = await here.executor.assign(COLONY, -1)
    stream = here.user.subscribe_channel(process.processid, "c", 0, 60)
    await here.executor.channel_append(process.processid, "c", 1, "last")
    async with line(here.lab) as connection:
        request = SubscribeChannelMsg(processid=process.processid, channelname="c", afterseq=1, timeout=60)
        await connection.ask(here.user_key, SUBSCRIBE_CHANNEL, request)
        async with stream:
            assert (await anext(stream)).payload == b"last"
            await here.executor.close(process.processid)
            # The client finds out that nothing will come any more.
            assert [entry async for entry in stream] == []
        await connection.settle()
        return len(connection.inbox)


@shows("silent_removals", strict=1, quirk=0)
async def removal(here: QuirkScene) -> object:
    process = await here.user.submit(spec())
    async with line(here.lab) as connection:
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, _process(process, RUNNING))
        watching = asyncio.create_task(here.user.subscribe_process(process, RUNNING, 60))
        await asyncio.sleep(0.05)
        await here.user.remove_process(process.processid)
        assert (await outcome(watching)).startswith("NotFoundError")
        await connection.settle()
        return len(connection.inbox)


@shows("silent_releases", strict="WAITING", quirk=None)
async def release(here: QuirkScene) -> object:
    await here.user.submit(spec())
    process = await here.executor.assign(COLONY, -1)
    async with line(here.lab) as connection:
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, _process(process, WAITING))
        await here.user.remove_executor(COLONY, "e")
        pushed = await _pushed(connection)
    return None if pushed is None else pushed.state.name


@shows("stale_pushes", strict=(1, True), quirk=(0, False))
async def pushed_success(here: QuirkScene) -> object:
    await here.user.submit(spec())
    return await _success(here)


@shows("stale_pushes", strict=(1, True), quirk=(1, True))
async def pushed_success_of_a_registered_function(here: QuirkScene) -> object:
    await here.executor.add_function(Function(executorname="e", colonyname=COLONY, funcname="f"))
    await here.user.submit(spec("f"))
    return await _success(here)


async def _success(here: QuirkScene) -> object:
    process = await here.executor.assign(COLONY, -1)
    async with line(here.lab) as connection:
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, _process(process, SUCCESS))
        waiting = asyncio.create_task(here.user.subscribe_process(process, SUCCESS, 60))
        await here.executor.close(process.processid, output=["out"])
        # The client reads the process again.
        assert (await waiting).output == ["out"]
        pushed = await _pushed(connection)
    assert pushed is not None
    return len(pushed.output), pushed.endtime is not None


@shows("stale_pushes", strict=False, quirk=True)
async def pushed_after_the_deadline(here: QuirkScene) -> object:
    await here.user.submit(spec(maxexectime=5, maxretries=3))
    process = await here.executor.assign(COLONY, -1)
    async with line(here.lab) as connection:
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, _process(process, WAITING))
        here.clock.advance(10)
        pushed = await _pushed(connection)
    assert pushed is not None
    return pushed.assignedexecutorid == here.executor_key.id


@shows("one_listener_per_event", strict=[2, 2], quirk=[1, 1])
async def two_listeners(here: QuirkScene) -> object:
    request = SubscribeProcessesMsg(executortype=TYPE, state=WAITING, timeout=60)
    async with line(here.lab) as one, line(here.lab) as other:
        for connection in (one, other):
            await connection.ask(here.executor_key, SUBSCRIBE_PROCESSES, request)
        for _ in range(2):
            await here.user.submit(spec())
        for connection in (one, other):
            await connection.settle()
        return [len(one.inbox), len(other.inbox)]


@shows("lasting_channel_access", strict="DeniedError 403", quirk="ok")
async def channel_after_the_deadline(here: QuirkScene) -> object:
    await here.user.submit(spec(channels=["c"], maxexectime=1, maxretries=3))
    process = await here.executor.assign(COLONY, -1)
    here.clock.advance(5)
    return await outcome(here.executor.channel_append(process.processid, "c", 1, "late"))


@shows("reopened_channels", strict="NotFoundError 404", quirk="ok")
async def channel_after_cancel(here: QuirkScene) -> object:
    process = await here.user.submit(spec(channels=["c"]))
    await here.user.channel_append(process.processid, "c", 1, "before")
    await here.user.cancel_process(process.processid)
    assert (await here.user.get_process(process.processid)).state is CANCELLED
    found = await outcome(here.user.channel_append(process.processid, "c", 2, "after"))
    if found == "ok":
        assert [each.payload for each in await here.user.channel_read(process.processid, "c")] == [b"after"]
    return found
