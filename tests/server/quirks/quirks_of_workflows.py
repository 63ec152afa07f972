"""Quirks of workflows and crons."""

from __future__ import annotations

import pytest
from colonyos_gen_wire import Cron, ProcessState
from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS
from colonyos_gen_wire.requests.subscription import SubscribeProcessMsg

from tests.server.kit import workflow_lab
from tests.server.kit.lab import COLONY, Refused
from tests.server.kit.socket_lab import line
from tests.server.kit.stored import node, text

from .quirk_scene import QuirkScene, outcome, shows


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


@shows("orphan_workflows", strict=(), quirk=(0,))
async def unknown_dependency(here: QuirkScene) -> object:
    with pytest.raises(Refused, match="invalid dependencies"):
        await workflow_lab.submit(here.lab, here.user_key, node("a", "nobody"))
    return tuple(len(each.processids) for each in await here.user.get_processgraphs(COLONY, state=WAITING))


@shows("unchecked_node_priority", strict="refused", quirk="accepted")
async def node_priority(here: QuirkScene) -> object:
    try:
        await workflow_lab.submit(here.lab, here.user_key, node("a", priority=60_000))
    except Refused:
        return "refused"
    return "accepted"


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
