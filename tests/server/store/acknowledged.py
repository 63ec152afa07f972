"""What a server has acknowledged, and whether it still knows after a restart."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from colonyos_gen_wire.constants import MAX_LOG_COUNT, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.workflow import ProcessGraph, WorkflowSpec

from colonyos_gen import AsyncClient
from tests.server.kit.lab import COLONY, spec

NODES = {"first": [], "left": ["first"], "right": ["first"], "last": ["left", "right"]}
"""The nodes of every workflow here, with their dependencies."""
_EVER = 10**6


def workflow() -> WorkflowSpec:
    """A workflow that forks and joins."""
    nodes = [spec("node", nodename=name, dependencies=parents) for name, parents in NODES.items()]
    return WorkflowSpec(colonyname=COLONY, functionspecs=nodes)


@dataclasses.dataclass
class Acknowledged:
    """Every request that has been answered, noted as soon as its answer was there."""

    submitted: dict[str, list[Any]] = dataclasses.field(default_factory=dict[str, list[Any]])
    """Arguments of the processes by their id."""
    workflows: dict[str, list[str]] = dataclasses.field(default_factory=dict[str, list[str]])
    """Ids of the processes of each workflow."""
    assigned: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    """Identities of the executors by the processes that they have got."""
    closed: set[str] = dataclasses.field(default_factory=set[str])
    """Ids of the processes whose closing has been answered."""
    logged: dict[str, list[str]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    """Log lines by the names of the executors."""

    async def check(self, client: AsyncClient, known: set[str]) -> None:
        """Compare with what the server says. Workflows that are in `known` are complete, and stay so; others join them."""
        listed = [
            process
            for state in ProcessState
            for process in await client.get_process_history(COLONY, _EVER, state)
        ]
        processes = {process.processid: process for process in listed}
        assert len(processes) == len(listed), "a process has two states"
        self.check_processes(processes)
        members = members_of(processes.values())
        assert members.keys() >= self.workflows.keys(), "a workflow is gone"
        for graphid in members.keys() - known:
            graph = await client.get_processgraph(graphid)
            assert set(graph.processids) == set(members[graphid]), f"{graphid} lacks processes"
        for graphid in members:
            check_workflow({each: processes[each] for each in members[graphid]})
        for state in ProcessState:
            graphs = await client.get_processgraphs(COLONY, 100, state)
            assert {graph.processgraphid for graph in graphs} <= members.keys(), "a workflow has no processes"
        known |= members.keys()
        for name, lines in self.logged.items():
            recent = await client.get_logs(COLONY, executorname=name, count=MAX_LOG_COUNT, latest=True)
            check_lines(lines[-MAX_LOG_COUNT // 2 :], recent)

    def check_processes(self, processes: dict[str, Process]) -> None:
        """Nothing that was answered is undone, and nothing that a process is made of is missing."""
        members = [each for processids in self.workflows.values() for each in processids]
        gone = {*self.submitted, *members} - processes.keys()
        assert not gone, f"gone: {gone}"
        for processid, arguments in self.submitted.items():
            assert processes[processid].spec.args == arguments, f"{processid} was submitted with {arguments}"
        for graphid, processids in self.workflows.items():
            assert {processes[each].processgraphid for each in processids} == {graphid}, f"torn: {graphid}"
        for processid, executorid in self.assigned.items():
            process = processes[processid]
            assert process.state is not WAITING, f"{processid} was assigned, and waits again"
            assert process.assignedexecutorid == executorid, f"{processid} was assigned to somebody else"
        for processid in self.closed:
            assert processes[processid].state is SUCCESS, f"{processid} was closed"
        for process in processes.values():
            # A close that nobody has heard of may have happened, but not by halves.
            assert process.state in (WAITING, RUNNING, SUCCESS), f"{process.processid} is {process.state!r}"
            ended = process.state is SUCCESS
            assert process.output == (output(process.processid) if ended else []), process.output
            assert (process.endtime is not None) == ended, f"{process.processid} has ended by halves"

    def check_rows(
        self, processes: Iterable[Process], graphs: Iterable[ProcessGraph], logs: list[Log]
    ) -> None:
        """Compare with the rows in the file of a server that has stopped."""
        rows = {process.processid: process for process in processes}
        self.check_processes(rows)
        assert {graph.processgraphid for graph in graphs} == members_of(rows.values()).keys()
        for name, lines in self.logged.items():
            check_lines(lines, [log for log in logs if log.executorname == name])


def output(processid: str) -> list[Any]:
    """What the executors here give back."""
    return [processid, 0.5, {"done": True}]


def members_of(processes: Iterable[Process]) -> dict[str, list[str]]:
    """Ids of the processes of each workflow."""
    members: dict[str, list[str]] = defaultdict(list)
    for process in processes:
        if process.processgraphid:
            members[process.processgraphid].append(process.processid)
    return members


def check_workflow(members: dict[str, Process]) -> None:
    """A workflow has all its nodes and edges, and each node waits for its parents exactly as long as it has to."""
    ids = {process.spec.nodename: process.processid for process in members.values()}
    assert ids.keys() == NODES.keys(), "a workflow is not complete"
    for process in members.values():
        parents = NODES[process.spec.nodename]
        children = [name for name, above in NODES.items() if process.spec.nodename in above]
        assert set(process.parents) == {ids[name] for name in parents}, f"{process.processid} lacks parents"
        assert set(process.children) == {ids[name] for name in children}, (
            f"{process.processid} lacks children"
        )
        waits = any(members[parent].state is not SUCCESS for parent in process.parents)
        assert process.waitforparents == waits, (
            f"{process.processid} does not know that its parents have ended"
        )


def check_lines(lines: list[str], logs: list[Log]) -> None:
    """All `lines` are there, once and in order. There may be others, whose writers got no answer."""
    found = [log.message for log in logs]
    wanted = set(lines)
    assert [message for message in found if message in wanted] == lines, "log lines are gone, or moved"
    assert len(set(found)) == len(found), "there are log lines twice"
