"""Quirks of what is pushed, and to whom."""

from __future__ import annotations

import asyncio

from colonyos_gen_wire import Colony, Executor, Process
from colonyos_gen_wire.constants import OUT, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_CHANNEL, SUBSCRIBE_PROCESS, SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.subscription import (
    SubscribeChannelMsg,
    SubscribeProcessesMsg,
    SubscribeProcessMsg,
)
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.common import ProcessState

from colonyos_gen import PrivateKey
from tests.server.kit.lab import COLONY, TYPE, Refused, spec
from tests.server.kit.socket_lab import Connection, connect, line
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import submit

from .quirk_scene import QuirkScene, outcome, shows


async def _feed(connection: Connection, state: ProcessState, key: PrivateKey) -> None:
    request = SubscribeProcessesMsg(executortype=TYPE, state=state, timeout=600)
    await connection.ask(key, SUBSCRIBE_PROCESSES, request)


async def _told(connection: Connection) -> list[Process]:
    """What has been pushed by now."""
    await connection.settle()
    return [await connection.item(SUBSCRIBE_PROCESS) for _ in range(len(connection.inbox))]


def _states(process: Process) -> list[int]:
    return [int(attribute.state) for attribute in process.attributes]


@shows("stale_pushes", strict=(True, [1]), quirk=(False, [0]))
async def pushed_by_an_assign(here: QuirkScene) -> object:
    async with line(here.lab) as connection:
        await _feed(connection, RUNNING, here.executor_key)
        await here.user.submit(spec(maxexectime=60, env={"a": "b"}))
        await here.executor.assign(COLONY, -1)
        (pushed,) = await _told(connection)
    assert pushed.isassigned
    assert pushed.assignedexecutorid == here.executor_key.id
    return pushed.execdeadline is not None, _states(pushed)


@shows("stale_pushes", strict=(False, "", 1, [0], True), quirk=(False, "e", 0, [1], False))
async def pushed_by_a_deadline(here: QuirkScene) -> object:
    await here.user.submit(spec(maxexectime=5, maxretries=3, maxwaittime=600, env={"a": "b"}))
    process = await here.executor.assign(COLONY, -1)
    async with line(here.lab) as connection:
        await _feed(connection, WAITING, here.executor_key)
        here.clock.advance(10)
        (pushed,) = await _told(connection)
    assert pushed.endtime is not None
    assert pushed.starttime == process.starttime
    name = "e" if pushed.assignedexecutorid == here.executor_key.id else pushed.assignedexecutorid
    moved = pushed.waitdeadline != process.waitdeadline
    return pushed.isassigned, name, pushed.retries, _states(pushed), moved


@shows("stale_pushes", strict=[2, 2], quirk=[1, 0])
async def attributes_pushed_by_a_close(here: QuirkScene) -> object:
    await here.user.submit(spec(env={"a": "b"}))
    process = await here.executor.assign(COLONY, -1)
    await here.executor.add_attr(
        Attribute(targetid=process.processid, targetcolonyname=COLONY, attributetype=OUT, key="k", value="v")
    )
    async with line(here.lab) as connection:
        await _feed(connection, SUCCESS, here.executor_key)
        await here.executor.close(process.processid)
        (pushed,) = await _told(connection)
    return _states(pushed)


@shows("repeated_pushes", strict=1, quirk=2)
async def a_close_that_is_repeated(here: QuirkScene) -> object:
    await here.user.submit(spec())
    process = await here.executor.assign(COLONY, -1)
    async with line(here.lab) as connection:
        await _feed(connection, SUCCESS, here.executor_key)
        await here.executor.close(process.processid)
        await here.executor.close(process.processid)
        return len(await _told(connection))


@shows(
    "repeated_pushes",
    strict=[["a", "b"], ["c"]],
    quirk=[["a", "b"], ["c waits on"], ["c"], ["c"]],
)
async def children_of_those_who_close(here: QuirkScene) -> object:
    await submit(here.lab, here.user_key, node("a"), node("b"), node("c", "a", "b"))
    found: list[list[str]] = [["a", "b"]]
    async with line(here.lab) as connection:
        await _feed(connection, WAITING, here.executor_key)
        parents = [await here.executor.assign(COLONY, -1) for _ in range(2)]
        for process in (*parents, parents[0]):
            await here.executor.close(process.processid)
            told = await _told(connection)
            if told:
                found.append([each.spec.nodename + " waits on" * each.waitforparents for each in told])
    return found


@shows("any_executor_hears", strict=[0, "Refused"], quirk=[2, WAITING])
async def an_executor_that_was_removed(here: QuirkScene) -> object:
    process = await here.user.submit(spec())
    async with line(here.lab) as feed, line(here.lab) as other:
        await _feed(feed, WAITING, here.executor_key)
        await here.user.submit(spec())
        before = len(await _told(feed))
        assert before == 1
        await here.user.remove_executor(COLONY, "e")
        for _ in range(2):
            await here.user.submit(spec())
        request = SubscribeProcessMsg(processid=process.processid, state=WAITING, timeout=60)
        await other.ask(here.executor_key, SUBSCRIBE_PROCESS, request)
        try:
            single: object = (await other.item(SUBSCRIBE_PROCESS)).state
        except Refused:
            single = "Refused"
        return [len(await _told(feed)), single]


@shows("any_executor_hears", strict=[0, 0], quirk=[1, 0])
async def an_executor_that_is_not_approved(here: QuirkScene) -> object:
    """One of the colony hears; one of another colony never does."""
    pending, foreign, owner = (
        await here.lab.add_executor("p", approve=False),
        PrivateKey.generate(),
        here.lab.colony_key,
    )
    await here.user.add_colony(Colony(colonyid=owner.id, name="second"))
    await here.user.add_executor(Executor.new("x", foreign.id, TYPE, "second"))
    await here.user.approve_executor("second", "x")
    async with line(here.lab) as one, line(here.lab) as other:
        await _feed(one, WAITING, pending)
        await _feed(other, WAITING, foreign)
        await here.user.submit(spec())
        return [len(await _told(one)), len(await _told(other))]


@shows("owners_hear", strict=["Refused"] * 4, quirk=[WAITING, WAITING, "Refused", "Refused"])
async def owners_subscribe_to_a_process(here: QuirkScene) -> object:
    """Those of the colony and of the server; not that of another colony, nor a stranger."""
    process, other = await here.user.submit(spec()), PrivateKey.generate()
    await here.user.add_colony(Colony(colonyid=other.id, name="second"))
    told: list[object] = []
    for key in (here.lab.colony_key, here.lab.server_key, other, PrivateKey.generate()):
        async with line(here.lab) as feed:
            request = SubscribeProcessMsg(processid=process.processid, state=WAITING, timeout=60)
            await feed.ask(key, SUBSCRIBE_PROCESS, request)
            try:
                told.append((await feed.item(SUBSCRIBE_PROCESS)).state)
            except Refused:
                told.append("Refused")
    return told


@shows("lasting_channel_access", strict=["before", "Refused"], quirk=["before", "after"])
async def a_subscription_after_a_reassignment(here: QuirkScene) -> object:
    other = await here.lab.add_executor("f")
    await here.user.submit(spec(channels=["c"], maxexectime=5, maxretries=3))
    process = await here.executor.assign(COLONY, -1)
    async with line(here.lab) as connection:
        request = SubscribeChannelMsg(processid=process.processid, channelname="c", timeout=600)
        await connection.ask(here.executor_key, SUBSCRIBE_CHANNEL, request)
        await here.user.channel_append(process.processid, "c", 1, "before")
        found = await _entries(connection)
        here.clock.advance(10)
        await here.executor.assign(COLONY, -1, prvkey=other)
        await here.user.channel_append(process.processid, "c", 2, "after")
        return found + await _entries(connection)


async def _entries(connection: Connection) -> list[str]:
    await connection.settle()
    found: list[str] = []
    try:
        while connection.inbox:
            found += [(entry.payload or b"").decode() for entry in await connection.item(SUBSCRIBE_CHANNEL)]
    except Refused:
        found.append("Refused")
    return found


@shows("silent_channel_ends", strict=[1, 1], quirk=[0, 1])
async def a_channel_of_a_removed_process(here: QuirkScene) -> object:
    """It ends at the removal, or at the timeout."""
    process = await here.user.submit(spec(channels=["c"]))
    async with line(here.lab) as connection:
        request = SubscribeChannelMsg(processid=process.processid, channelname="c", timeout=5)
        await connection.ask(here.user_key, SUBSCRIBE_CHANNEL, request)
        await here.user.remove_process(process.processid)
        await connection.settle()
        at_removal = len(connection.inbox)
        here.clock.advance(10)
        await connection.settle()
        return [at_removal, len(connection.inbox)]


@shows("empty_500", strict="TEXT", quirk="CLOSED")
async def null_on_a_socket(here: QuirkScene) -> object:
    connection = await connect(here.lab.session, here.lab.server.url)
    await connection.socket.send_str("null")
    found = (await connection.frame()).type.name
    await connection.socket.close()
    return found


@shows("lasting_polls", strict="DeniedError 403", quirk="ok")
async def removed_while_it_polls(here: QuirkScene) -> object:
    poll = asyncio.create_task(outcome(here.executor.assign(COLONY, 30)))
    while not here.lab.server.listeners:
        await asyncio.sleep(0.005)
    await here.user.remove_executor(COLONY, "e")
    await here.user.submit(spec())
    return await poll
