"""Quirks of processes and their assignment, and of who is a member."""

from __future__ import annotations

import asyncio

from colonyos_gen_wire import Colony, Executor
from colonyos_gen_wire.constants import (
    APPROVED,
    CLEANUP_PERIOD_S,
    RUNNING,
    STALE_EXECUTOR_S,
    UNREGISTERED,
    WAITING,
)
from colonyos_gen_wire.methods.process import FAIL, SUBMIT
from colonyos_gen_wire.requests.process import CloseFailedMsg, SubmitFunctionSpecMsg

from colonyos_gen import PrivateKey
from colonyos_gen.errors import RPCError
from tests.server.kit.blueprint_lab import blueprint, define
from tests.server.kit.lab import COLONY, TYPE, spec
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import submit

from .quirk_scene import QuirkScene, outcome, posted, read_by_client, shows

NONE = "NoProcessError 404"
UNKNOWN = "NotFoundError 404"


@shows("released_attributes", strict=[WAITING], quirk=[RUNNING])
async def attributes_of_what_was_left_behind(here: QuirkScene) -> object:
    submitted = await here.user.submit(spec(env={"A": "1"}))
    await here.executor.assign(COLONY, -1)
    await here.user.remove_executor(COLONY, "e")
    assert await outcome(here.executor.close(submitted.processid)) != "ok"
    process = await here.user.get_process(submitted.processid)
    assert process.state is WAITING
    return [attribute.state for attribute in process.attributes]


@shows("stale_assign_reply", strict=(True, [1]), quirk=(False, [0]))
async def assign_reply(here: QuirkScene) -> object:
    await here.user.submit(spec(maxexectime=60, env={"a": "b"}))
    process = await here.executor.assign(COLONY, -1)
    stored = await here.user.get_process(process.processid)
    assert stored.execdeadline is not None
    assert process.state == stored.state == 1
    return process.execdeadline is not None, [int(each.state) for each in process.attributes]


@shows("kept_output", strict=(), quirk=("late",))
async def refused_close(here: QuirkScene) -> object:
    await here.user.submit(spec())
    process = await here.executor.assign(COLONY, -1)
    await here.executor.fail(process.processid, errors=["no"])
    assert await outcome(here.executor.close(process.processid, output=["late"])) != "ok"
    return tuple((await here.user.get_process(process.processid)).output)


@shows("narrow_retention", strict=(UNKNOWN, UNKNOWN), quirk=(UNKNOWN, "ok"), retention=60)
async def forgotten(here: QuirkScene) -> object:
    processids: list[str] = []
    for close in (here.executor.close, here.executor.fail):
        await here.user.submit(spec())
        process = await here.executor.assign(COLONY, -1)
        await close(process.processid)
        processids.append(process.processid)
    here.clock.advance(200)
    one, other = [await outcome(here.user.get_process(each)) for each in processids]
    return one, other


@shows("storage_blocks", strict="assigned", quirk=NONE)
async def storage(here: QuirkScene) -> object:
    await here.user.submit(spec(storage="1Gi"))
    return await outcome(here.executor.assign(COLONY, -1), "assigned")


@shows("star_matches_nobody", strict="assigned", quirk=NONE)
async def any_name(here: QuirkScene) -> object:
    await here.user.submit(spec(executornames=["*"]))
    return await outcome(here.executor.assign(COLONY, -1), "assigned")


@shows("fickle_units", strict={"InvalidError 400"}, quirk={"InvalidError 400", "ok"})
async def kilobytes(here: QuirkScene) -> object:
    return {await outcome(here.user.submit(spec(mem="1KB"))) for _ in range(60)}


@shows("overflowing_memory", strict=["InvalidError 400"] * 2, quirk=["0Mi", "-8796093022208Mi"])
async def more_memory_than_there_is(here: QuirkScene) -> object:
    found: list[str] = []
    for mem in (f"{2**34}Gi", f"{2**33}Gi"):
        try:
            found.append((await here.user.submit(spec(mem=mem))).spec.conditions.mem)
        except RPCError as error:
            found.append(f"{type(error).__name__} {error.status}")
    return found


@shows("orphan_processes", strict=("InvalidError 400", 0), quirk=("InvalidError 400", 1))
async def nul_in_environment(here: QuirkScene) -> object:
    request = SubmitFunctionSpecMsg(spec=spec(env={"a": "b\0"}))
    refused = await read_by_client(SUBMIT, await posted(here, here.user_key, SUBMIT, request))
    left = await here.user.get_processes(COLONY)
    assert all(not process.spec.env and not process.attributes for process in left)
    return refused, len(left)


async def waiting(here: QuirkScene, count: int) -> None:
    async with asyncio.timeout(300):
        while here.lab.server.listeners < count:
            await asyncio.sleep(0.005)


@shows("lost_wakeups", strict=["e", "assigned"], quirk=["e", NONE, "f", NONE])
async def wrong_executor_woken(here: QuirkScene) -> object:
    other = await here.lab.add_executor("f")
    polls = [asyncio.create_task(here.executor.assign(COLONY, 30))]
    await waiting(here, 1)
    polls += [asyncio.create_task(here.executor.assign(COLONY, 30, prvkey=other))]
    await waiting(here, 2)
    await here.user.submit(spec(executornames=["f"]))
    if await _one_is_woken(here):
        found = ["e", await outcome(polls[1], "assigned")]
        polls[0].cancel()
        return found
    here.clock.advance(60)
    return ["e", await outcome(polls[0], "assigned"), "f", await outcome(polls[1], "assigned")]


async def _one_is_woken(here: QuirkScene) -> bool:
    """Whether one of the two executors that wait does so no longer. The process was stored before this is asked."""
    for _ in range(20):
        await asyncio.sleep(0)
    return here.lab.server.listeners < 2


@shows("lost_wakeups", strict="assigned", quirk=NONE)
async def nobody_woken_by_a_release(here: QuirkScene) -> object:
    other = await here.lab.add_executor("f")
    await here.user.submit(spec())
    await here.executor.assign(COLONY, -1, prvkey=other)
    poll = asyncio.create_task(here.executor.assign(COLONY, 30))
    await waiting(here, 1)
    await here.user.remove_executor(COLONY, "f")
    here.clock.advance(60)
    return await outcome(poll, "assigned")


@shows("silent_polls", strict=APPROVED, quirk=UNREGISTERED)
async def long_poll(here: QuirkScene) -> object:
    poll = asyncio.create_task(here.executor.assign(COLONY, 2 * STALE_EXECUTOR_S))
    await waiting(here, 1)
    here.clock.advance(STALE_EXECUTOR_S + CLEANUP_PERIOD_S)
    found = [each.state for each in await here.user.get_executors(COLONY)]
    poll.cancel()
    return found[0]


@shows("short_deadline_check", strict="FAILED", quirk="WAITING")
async def late_in_a_long_queue(here: QuirkScene) -> object:
    await submit(here.lab, here.user_key, *(node(f"n{number}") for number in range(1000)))
    here.clock.advance(1)
    process = await here.user.submit(spec(maxwaittime=1))
    here.clock.advance(10)
    return (await here.user.get_process(process.processid)).state.name


@shows("identities_leave_all_behind", strict="ok", quirk="DeniedError 403")
async def close_with_a_new_key(here: QuirkScene) -> object:
    key = PrivateKey.generate()
    await here.user.submit(spec())
    process = await here.executor.assign(COLONY, -1)
    await here.executor.change_executor_id(COLONY, key.id)
    return await outcome(here.executor.close(process.processid, prvkey=key))


@shows("one_executor_per_identity", strict=["ok", "ok"], quirk=["ok", "DeniedError 403"])
async def two_colonies(here: QuirkScene) -> object:
    owner, key = here.lab.colony_key, here.executor_key
    await here.user.add_colony(Colony(colonyid=owner.id, name="second"))
    await here.user.add_executor(Executor.new("e", key.id, TYPE, "second"))
    await here.user.approve_executor("second", "e")
    assert [each.state for each in await here.executor.get_executors(COLONY)] == [APPROVED]
    return [await outcome(here.executor.get_processes(name, 1, WAITING)) for name in (COLONY, "second")]


@shows("colony_leftovers", strict=(0, False), quirk=(1, True))
async def next_colony_of_the_name(here: QuirkScene) -> object:
    await define(here.lab)
    await here.user.add_blueprint(blueprint())
    await here.user.pause_assignments(COLONY)
    await here.user.remove_colony(COLONY)
    await here.lab.add_colony()
    found = await here.user.get_blueprints(COLONY, prvkey=here.lab.colony_key)
    status = await here.user.get_pause_status(COLONY, prvkey=await here.lab.add_user("v"))
    return len(found), status.ispaused


@shows("late_errors", strict=["InvalidError 400", "RUNNING"], quirk=["InvalidError 400", "FAILED"])
async def errors_that_the_database_refuses(here: QuirkScene) -> object:
    process = await here.user.submit(spec())
    await here.executor.assign(COLONY, -1)
    request = CloseFailedMsg(processid=process.processid, errors=["a\0b"])
    refused = await read_by_client(FAIL, await posted(here, here.executor_key, FAIL, request))
    found = await here.user.get_process(process.processid)
    assert found.errors == []
    return [refused, found.state.name]
