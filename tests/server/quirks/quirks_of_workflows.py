"""Quirks of workflows and crons."""

from __future__ import annotations

import pytest
from colonyos_gen_wire import Cron, Generator, ProcessState
from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, WAITING
from colonyos_gen_wire.methods.cron import ADD_CRON
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS
from colonyos_gen_wire.methods.workflow import REMOVE_ALL_PROCESSGRAPHS
from colonyos_gen_wire.requests.cron import AddCronMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessMsg
from colonyos_gen_wire.requests.workflow import RemoveAllProcessGraphsMsg
from msgspec.structs import replace

from tests.server.kit import workflow_lab
from tests.server.kit.blueprint_lab import blueprint, define
from tests.server.kit.lab import COLONY, Refused
from tests.server.kit.socket_lab import line
from tests.server.kit.stored import node, text

from .quirk_scene import QuirkScene, outcome, posted, shows


@shows(
    "whole_graph_fails",
    strict={"a": ("SUCCESS", True, 0), "b": ("FAILED", True, 1), "c": ("FAILED", True, 0)},
    quirk={"a": ("FAILED", True, 0), "b": ("FAILED", True, 1), "c": ("FAILED", False, 0)},
)
async def cascade(here: QuirkScene) -> object:
    graph = await workflow_lab.submit(here.lab, here.user_key, node("a"), node("b", "a"), node("c", "b"))
    await here.executor.close((await here.executor.assign(COLONY, -1)).processid, output=["out"])
    await here.executor.fail((await here.executor.assign(COLONY, -1)).processid, errors=["no"])
    members = await workflow_lab.members(here.lab, here.user_key, graph.processgraphid)
    assert members["a"].output == ["out"]
    # The client learns of it although no event tells.
    last = await here.user.subscribe_process(members["c"], ProcessState.SUCCESS, 60)
    assert last.state is FAILED
    return {
        name: (member.state.name, member.endtime is not None, len(member.errors))
        for name, member in members.items()
    }


@shows("whole_graph_fails", strict="NotFoundError 404", quirk="ok")
async def channel_after_cascade(here: QuirkScene) -> object:
    child = node("b", "a")
    await workflow_lab.submit(here.lab, here.user_key, node("a"), child, node("c", "a", channels=["x"]))
    running = await here.executor.assign(COLONY, -1)
    [last] = [each for each in await here.user.get_processes(COLONY) if each.spec.nodename == "c"]
    await here.user.channel_append(last.processid, "x", 1, "kept")
    await here.executor.fail(running.processid)
    return await outcome(here.user.channel_read(last.processid, "x"))


@shows("whole_graph_fails", strict="NotFoundError 404", quirk="ok")
async def unused_channel_after_cascade(here: QuirkScene) -> object:
    child = node("b", "a", channels=["x"])
    graph = await workflow_lab.submit(here.lab, here.user_key, node("a"), child)
    await here.executor.fail((await here.executor.assign(COLONY, -1)).processid)
    return await outcome(here.user.channel_append(graph.processids[1], "x", 1, "first"))


@shows("empty_stored_workflows", strict=["InvalidError 400"] * 2, quirk=["ok", "ok"])
async def workflow_of_nothing(here: QuirkScene) -> object:
    cron = Cron(colonyname=COLONY, name="c", workflowspec="{}", interval=600)
    generator = Generator(colonyname=COLONY, name="g", workflowspec="{}", trigger=1)
    found = [
        await outcome(here.executor.add_cron(cron)),
        await outcome(here.user.add_generator(generator)),
    ]
    if found == ["ok", "ok"]:
        assert await outcome(here.user.add_cron(replace(cron, name="d"))) == "ServerFaultError 500"
        await here.user.run_cron((await here.user.get_crons(COLONY, 1))[0].cronid)
        await here.user.pack_generator((await here.user.get_generators(COLONY, 1))[0].generatorid, "x")
        here.clock.advance(5)
    assert (await here.user.get_statistics(COLONY)).waitingworkflows == 0
    return found


@shows("empty_500", strict=400, quirk=500)
async def workflow_that_is_null(here: QuirkScene) -> object:
    request = AddCronMsg(cron=Cron(colonyname=COLONY, name="c", workflowspec="null", interval=600))
    status, body = await posted(here, here.user_key, ADD_CRON, request)
    assert bool(body) == (status == 400)
    return status


@shows("silent_cron_failures", strict="ServerFaultError 500", quirk="ok")
async def cron_of_a_workflow_that_cannot_start(here: QuirkScene) -> object:
    cron = Cron(colonyname=COLONY, name="c", workflowspec=text(node("a"), node("a")), interval=600)
    added = await here.user.add_cron(cron)
    found = await outcome(here.user.run_cron(added.cronid))
    assert await here.user.get_processgraphs(COLONY, 10, WAITING) == []
    return found


@shows("silent_workflow_cancel", strict="CANCELLED", quirk=None)
async def cancelled_workflow(here: QuirkScene) -> object:
    graph = await workflow_lab.submit(here.lab, here.user_key, node("a"))
    [processid] = graph.processids
    async with line(here.lab) as connection:
        request = SubscribeProcessMsg(processid=processid, state=CANCELLED, timeout=60)
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, request)
        await here.user.cancel_processgraph(graph.processgraphid)
        quiet = await connection.quiet()
        pushed = None if quiet else (await connection.item(SUBSCRIBE_PROCESS)).state.name
    assert (
        await here.user.subscribe_process((await here.user.get_process(processid)), RUNNING, 60)
    ).state is CANCELLED
    return pushed


@shows("cancelled_when_over", strict="SUCCESS", quirk="CANCELLED")
async def cancel_what_is_over(here: QuirkScene) -> object:
    graph = await workflow_lab.submit(here.lab, here.user_key, node("a"))
    await here.executor.close((await here.executor.assign(COLONY, -1)).processid)
    await here.user.cancel_processgraph(graph.processgraphid)
    return (await here.user.get_processgraph(graph.processgraphid)).state.name


@shows("cancelled_when_over", strict=["SUCCESS", "SUCCESS"], quirk=["CANCELLED", "SUCCESS"])
async def close_again_after_a_cancel(here: QuirkScene) -> object:
    graph = await workflow_lab.submit(here.lab, here.user_key, node("a"))
    running = await here.executor.assign(COLONY, -1)
    await here.executor.close(running.processid)
    await here.user.cancel_processgraph(graph.processgraphid)
    cancelled = await here.user.get_processgraph(graph.processgraphid)
    await here.executor.close(running.processid)
    closed = await here.user.get_processgraph(graph.processgraphid)
    return [cancelled.state.name, closed.state.name]


@shows("orphan_workflows", strict=(), quirk=(0,))
async def unknown_dependency(here: QuirkScene) -> object:
    with pytest.raises(Refused, match="invalid dependencies"):
        await workflow_lab.submit(here.lab, here.user_key, node("a", "nobody"))
    return tuple(len(each.processids) for each in await here.user.get_processgraphs(COLONY, state=WAITING))


@shows("unchecked_node_priority", strict=["refused"] * 3, quirk=["accepted", "accepted", "refused"])
async def node_priority(here: QuirkScene) -> object:
    found: list[str] = []
    for priority in (60_000, 2**31 - 1, 2**31):
        try:
            await workflow_lab.submit(here.lab, here.user_key, node("a", priority=priority))
        except Refused:
            found.append("refused")
        else:
            found.append("accepted")
    return found


@shows("cancelled_blocks_cron", strict=2, quirk=1)
async def cron_after_cancelled(here: QuirkScene) -> object:
    cron = await here.user.add_cron(
        Cron(
            colonyname=COLONY,
            name="c",
            interval=60,
            cronexpression="",
            workflowspec=text(),
            waitforprevprocessgraph=True,
        )
    )
    await here.user.run_cron(cron.cronid)
    [first] = await here.user.get_processgraphs(COLONY, state=WAITING)
    await here.user.cancel_processgraph(first.processgraphid)
    await here.user.run_cron(cron.cronid)
    here.clock.advance(2)
    found = [await here.user.get_processgraphs(COLONY, state=state) for state in (WAITING, CANCELLED)]
    return sum(map(len, found))


async def states(here: QuirkScene) -> tuple[int, int, int]:
    """How many workflows wait, run and are cancelled, by the statistics, which agree with the lists and the graphs."""
    counts = await here.user.get_statistics(COLONY)
    found = (counts.waitingworkflows, counts.runningworkflows, counts.cancelledworkflows)
    for state, count in zip((WAITING, RUNNING, CANCELLED), found, strict=True):
        listed = await here.user.get_processgraphs(COLONY, state=state)
        assert len(listed) == count
        for graph in listed:
            assert (await here.user.get_processgraph(graph.processgraphid)).state is state
    return found


@shows("workflow_states_lag", strict=[(1, 0, 0), (0, 1, 0)], quirk=[(0, 1, 0), (0, 1, 0)])
async def node_that_goes_back_at_its_deadline(here: QuirkScene) -> object:
    await workflow_lab.submit(here.lab, here.user_key, node("a", maxexectime=1), node("b", "a"))
    await here.executor.assign(COLONY, -1)
    here.clock.advance(3)
    waiting = await states(here)
    await here.executor.assign(COLONY, -1)
    return [waiting, await states(here)]


@shows("workflow_states_lag", strict=[(1, 0, 0), (0, 1, 0)], quirk=[(0, 1, 0), (0, 1, 0)])
async def node_that_goes_back_without_its_executor(here: QuirkScene) -> object:
    await workflow_lab.submit(here.lab, here.user_key, node("a"), node("b", "a"))
    other = await here.lab.add_executor("other")
    await here.executor.assign(COLONY, -1, prvkey=other)
    await here.user.remove_executor(COLONY, "other")
    waiting = await states(here)
    await here.executor.assign(COLONY, -1)
    return [waiting, await states(here)]


@shows(
    "cycles_are_unseen",
    strict=[(3, 3, 2), "RUNNING", ["CANCELLED", "CANCELLED", "SUCCESS"]],
    quirk=[(1, 1, 0), "SUCCESS", ["SUCCESS", "WAITING", "WAITING"]],
)
async def cycle_beside_a_root(here: QuirkScene) -> object:
    graph = await workflow_lab.submit(here.lab, here.user_key, node("r"), node("a", "b"), node("b", "a"))
    seen = await here.user.get_processgraph(graph.processgraphid)
    [listed] = await here.user.get_processgraphs(COLONY, state=WAITING)
    assert listed.processids == seen.processids
    await here.executor.close((await here.executor.assign(COLONY, -1)).processid)
    closed = await here.user.get_processgraph(graph.processgraphid)
    await here.user.cancel_processgraph(graph.processgraphid)
    left = [await here.user.get_process(processid) for processid in graph.processids]
    shown = len(seen.processids), len(seen.nodes), len(seen.edges)
    return [shown, closed.state.name, sorted(process.state.name for process in left)]


@shows("cycles_are_unseen", strict=[0, ["FAILED"] * 4], quirk=[2, ["FAILED", "FAILED", "WAITING", "WAITING"]])
async def cycle_in_a_failed_workflow(here: QuirkScene) -> object:
    nodes = node("r"), node("x", "r"), node("a", "b"), node("b", "a")
    graph = await workflow_lab.submit(here.lab, here.user_key, *nodes)
    await here.executor.fail((await here.executor.assign(COLONY, -1)).processid)
    left = [await here.user.get_process(processid) for processid in graph.processids]
    waiting = (await here.user.get_statistics(COLONY)).waitingprocesses
    return [waiting, sorted(process.state.name for process in left)]


@shows("state_removal_leaves_nodes", strict=["", ""], quirk=["SUCCESS", ""])
async def workflows_removed_by_state(here: QuirkScene) -> object:
    graph = await workflow_lab.submit(here.lab, here.user_key, node("a"), node("b"), node("c"))
    await here.executor.close((await here.executor.assign(COLONY, -1)).processid)
    await here.executor.fail((await here.executor.assign(COLONY, -1)).processid)

    async def remove(state: int) -> None:
        request = RemoveAllProcessGraphsMsg(colonyname=COLONY, state=state)
        await here.lab.call(here.lab.colony_key, REMOVE_ALL_PROCESSGRAPHS, request)

    async def left() -> str:
        found: list[str] = []
        for state in ProcessState:
            found += [process.state.name for process in await here.user.get_processes(COLONY, state=state)]
        assert await outcome(here.user.get_processgraph(graph.processgraphid)) == "NotFoundError 500"
        return " ".join(found)

    await remove(FAILED)
    # The one that waits would end the real server when it is assigned, so it goes.
    first = await left()
    for process in await here.user.get_processes(COLONY, state=ProcessState.SUCCESS):
        assert await outcome(here.user.remove_process(process.processid)) != "ok"
    await remove(-1)
    return [first, await left()]


@shows("nameless_crons_stand_still", strict=[2, 2, True], quirk=[1, 1, False])
async def cron_of_a_blueprint_of_the_owner(here: QuirkScene) -> object:
    """It runs by itself, or by hand, only with a name; its process of the beginning is there in any case."""
    await define(here.lab)
    await here.user.add_blueprint(blueprint(), prvkey=here.lab.colony_key)
    [cron] = await here.user.get_crons(COLONY)
    for _ in range(2):
        here.clock.advance(35)
    counts = [len(await here.user.get_processes(COLONY, count=10))]
    for each in await here.user.get_processgraphs(COLONY, count=10):
        await here.user.cancel_processgraph(each.processgraphid)
    before = await here.user.get_cron(cron.cronid)
    await outcome(here.user.run_cron(cron.cronid))
    counts.append(len(await here.user.get_processes(COLONY, count=10)))
    after = await here.user.get_cron(cron.cronid)
    return [*counts, after.lastrun is not None and after.nextrun != before.nextrun]


@shows("nameless_crons_stand_still", strict=False, quirk=True)
async def cron_of_somebody_who_has_left(here: QuirkScene) -> object:
    gone = await here.lab.add_user("gone")
    cron = Cron(colonyname=COLONY, name="c", interval=10, workflowspec=text(node("a")))
    added = await here.user.add_cron(cron, prvkey=gone)
    here.clock.advance(5)
    planned = (await here.user.get_cron(added.cronid)).nextrun
    await here.user.remove_user(COLONY, "gone")
    here.clock.advance(30)
    assert await here.user.get_processes(COLONY, count=10) == []
    return (await here.user.get_cron(added.cronid)).nextrun == planned
