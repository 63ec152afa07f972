"""Workflows: processes that wait for each other, and what becomes of them together.

A workflow has a row of its own, a *graph*, and each of its processes, the *members*, names it. Members refer to each
other as parents and children. The graph does not list them; `colonyos_gen.server._workflows.view` adds them for readers.

Whenever a member changes its state, whatever the cause, the graph is settled in the same commit:

- a member whose parents have all succeeded waits for them no longer, and gets their outputs as input when it is
  assigned;
- when a member that has children fails, all members fail that have not ended;
- the graph gets the state that follows from those of its members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.errors import workflow as errors
from colonyos_gen_wire.nulls import NullList
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import ProcessGraph
from msgspec.structs import replace

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.pieces import at_once
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._workflows.nodes import PIECE, accept_nodes, as_member, new_members, with_arguments
from colonyos_gen.server._workflows.view import rooted_of

if TYPE_CHECKING:
    from colonyos_gen_wire.types.workflow import WorkflowSpec

_ACTIVE = (WAITING, RUNNING)
_ENDED = (SUCCESS, FAILED, CANCELLED)


class Workflows:
    """Starts, extends, cancels and removes workflows, and settles them when their members change."""

    def __init__(self, records: Records, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._clock = clock
        self._quirks = quirks
        self._cyclic: set[str] = set()
        """Workflows with members that no root leads to, where those do not count."""
        if quirks.cycles_are_unseen:
            for graph in records.processgraphs:
                self._note_cycle(graph.processgraphid)
            records.processgraphs.watch(self._follow)
        records.processes.react(self._react)

    def start(
        self,
        spec: WorkflowSpec,
        initiatorid: str,
        initiatorname: str,
        *,
        args: Sequence[Any] = (),
        rootinput: Sequence[Any] = (),
    ) -> ProcessGraph:
        """Do all steps of `starting` at once."""
        return at_once(self.starting(spec, initiatorid, initiatorname, args=args, rootinput=rootinput))

    def starting(
        self,
        spec: WorkflowSpec,
        initiatorid: str,
        initiatorname: str,
        *,
        args: Sequence[Any] = (),
        rootinput: Sequence[Any] = (),
    ) -> Generator[None, None, ProcessGraph]:
        """Put the graph of a new workflow, and its members. The reply names the members in the order of `spec`.

        A large workflow takes many steps, of which the last one puts everything.

        `args` replace the arguments of every root, which then has no keyword arguments; `rootinput` becomes the input
        of every root. Raises Refusal if the workflow is not valid, before anything is put.
        """
        now_ns = self._clock.now_ns()
        processgraphid = lifecycle.new_id()
        graph = ProcessGraph(
            processgraphid=processgraphid,
            initiatorid=initiatorid,
            initiatorname=initiatorname,
            colonyname=spec.colonyname,
            submissiontime=moment(now_ns),
        )
        try:
            nodes = yield from accept_nodes(spec, self._quirks)
        except Refusal as refusal:
            if self._quirks.orphan_workflows and _is_late(refusal):
                self._records.processgraphs.put(graph)
            raise
        members = yield from new_members(nodes, processgraphid, initiatorid, initiatorname, now_ns)
        members = [
            member if member.parents else with_arguments(member, args, rootinput) for member in members
        ]
        if len(members) > PIECE:
            yield
        is_cyclic = self._quirks.cycles_are_unseen and len(rooted_of(members)) < len(members)
        if len(members) > PIECE:
            yield
        self._records.processgraphs.put(graph)
        self._records.processes.put_all(members, graph.colonyname)
        if is_cyclic:
            self._cyclic.add(processgraphid)
        return replace(
            graph,
            rootprocessids=[member.processid for member in members if not member.parents],
            processids=[member.processid for member in members] or NullList(),
        )

    def members(self, graph: ProcessGraph) -> list[Process]:
        """The processes of a workflow, in the order in which they were added to it."""
        return self._records.members_of_graph.find(graph.processgraphid)

    def input_of(self, process: Process) -> list[Any]:
        """The input with which `process` is to run: the outputs of its parents, or what it has if there are none."""
        if not process.parents:
            return process.input
        parents = [self._records.processes[parent] for parent in process.parents]
        return [value for parent in parents for value in parent.output] or NullList()

    def leaf_outputs(self, processgraphid: str) -> list[Any]:
        """The outputs of the members without children, in one list; empty if there is no such workflow."""
        members = self._records.members_of_graph.find(processgraphid)
        return [value for member in members if not member.children for value in member.output]

    def insert(self, parent: Process, spec: FunctionSpec) -> Process:
        """Add a member between `parent` and its children, which wait for it instead."""
        child = replace(self._child(parent, spec), children=parent.children)
        for processid in parent.children:
            follower = self._records.processes[processid]
            parents = [each for each in follower.parents if each != parent.processid]
            self._records.processes.put(replace(follower, parents=[*parents, child.processid]))
        self._records.processes.put(replace(parent, children=[child.processid]))
        return self._records.processes.put(child)

    def append(self, parent: Process, spec: FunctionSpec, follower: Process | None = None) -> Process:
        """Add a member as one more child of `parent`. The member `follower`, which is WAITING, waits for it as well."""
        child = self._child(parent, spec)
        if follower is not None:
            child = replace(child, children=[follower.processid])
            parents = [*follower.parents, child.processid]
            self._records.processes.put(replace(follower, parents=parents, waitforparents=True))
        self._records.processes.put(replace(parent, children=[*parent.children, child.processid]))
        return self._records.processes.put(child)

    def cancel(self, graph: ProcessGraph) -> None:
        """Cancel the members that have not ended, and the graph; does nothing if all is over."""
        active = [member for member in self._counting(graph.processgraphid) if member.state in _ACTIVE]
        over = not active and graph.state not in _ACTIVE
        if over and not self._quirks.cancelled_when_over:
            return
        now = self._now()
        self._records.processes.put_all(
            [lifecycle.cancelled(member, now) for member in active], graph.colonyname
        )
        self._records.processgraphs.put(replace(graph, state=CANCELLED, endtime=now))

    def remove(self, graph: ProcessGraph) -> None:
        """Remove a graph and its members, whatever their states are."""
        self._records.processes.remove_all(self._records.members_of_graph.snapshot(graph.processgraphid))
        self._records.processgraphs.remove(graph)

    def remove_in_state(self, colonyname: str, state: ProcessState | None) -> None:
        """Remove the graphs of a colony that are in `state`, or all of them, with their members, however many there are."""
        records, leaves = self._records, self._quirks.state_removal_leaves_nodes
        if state is None:
            found = records.processgraphs_of_colony.snapshot(colonyname)
        else:
            found = records.processgraphs_in_state.snapshot((colonyname, state))
        members = (records.members_of_graph.snapshot(key) for key in found)
        # Those that are active would end the real server when they are assigned or closed.
        going = {
            key: row
            for rows in members
            for key, row in rows.items()
            if not leaves or state is None or row.state is state or row.state in _ACTIVE
        }
        records.processes.remove_all(going)
        records.processgraphs.remove_all(found)
        if leaves:
            self._remove_left_behind(colonyname, state)

    def _remove_left_behind(self, colonyname: str, state: ProcessState | None) -> None:
        """Remove members whose graphs are gone already."""
        records = self._records
        if state is None:
            found = records.processes_of_colony.snapshot(colonyname)
        else:
            found = records.processes_in_state.snapshot((colonyname, state))
        get = records.processgraphs.get
        records.processes.remove_all(
            {key: row for key, row in found.items() if row.processgraphid and get(row.processgraphid) is None}
        )

    def _follow(self, old: ProcessGraph | None, new: ProcessGraph | None) -> None:
        if old is not None and new is None:
            self._cyclic.discard(old.processgraphid)

    def _note_cycle(self, processgraphid: str) -> None:
        members = self._records.members_of_graph.find(processgraphid)
        if len(rooted_of(members)) < len(members):
            self._cyclic.add(processgraphid)

    def _counting(self, processgraphid: str) -> list[Process]:
        """The members that count for the state of a workflow, and go with it."""
        members = self._records.members_of_graph.find(processgraphid)
        return rooted_of(members) if processgraphid in self._cyclic else members

    def _child(self, parent: Process, spec: FunctionSpec) -> Process:
        child = as_member(lifecycle.submitted(spec, "", "", self._clock.now_ns()), parent.processgraphid)
        return replace(child, waitforparents=True, parents=[parent.processid])

    def _react(self, old: Process, new: Process) -> None:
        processgraphid = new.processgraphid
        if not processgraphid:
            return
        if old.state is new.state:
            # A workflow that was cancelled when it was over is what it was before.
            if not self._quirks.cancelled_when_over or not lifecycle.is_closed_again(old, new):
                return
            if self._records.processgraphs.get(processgraphid) is None:  # removed by its state
                return
        elif self._quirks.workflow_states_lag and new.state is WAITING:
            return
        self._settle(new)

    def _settle(self, changed: Process) -> None:
        # The time that the change has, so that the graph and the member agree.
        now = (changed.starttime if changed.state is RUNNING else changed.endtime) or self._now()
        graph = self._records.processgraphs[changed.processgraphid]
        if changed.state is SUCCESS:
            self._release_children(graph, changed)
        elif changed.state is FAILED and changed.children:
            self._fail_with(graph, now)
        state = self._state_of(graph)
        settled = replace(
            graph,
            state=state,
            # One that has failed before anything ran never starts, though what is left of it may run.
            starttime=graph.starttime or (now if changed.state is RUNNING and state is RUNNING else None),
            endtime=now if state in _ENDED else None,
        )
        if settled != graph:
            self._records.processgraphs.put(settled)

    def _release_children(self, graph: ProcessGraph, parent: Process) -> None:
        children = (self._records.processes[processid] for processid in dict.fromkeys(parent.children))
        waiting = [child for child in children if child.waitforparents and child.state is WAITING]
        released = [replace(each, waitforparents=False) for each in waiting if self._parents_succeeded(each)]
        self._records.processes.put_all(released, graph.colonyname)

    def _parents_succeeded(self, child: Process) -> bool:
        # Parents end more or less in their order, so the last one is the likeliest to be still missing.
        return all(self._records.processes[parent].state is SUCCESS for parent in reversed(child.parents))

    def _fail_with(self, graph: ProcessGraph, now: datetime) -> None:
        members = self._counting(graph.processgraphid)
        if self._quirks.whole_graph_fails:
            swept = [lifecycle.swept_away(member) for member in members if member.state is not FAILED]
        else:
            swept = [lifecycle.failed(member, [], now) for member in members if member.state in _ACTIVE]
        self._records.processes.put_all(swept, graph.colonyname)

    def _state_of(self, graph: ProcessGraph) -> ProcessState:
        processgraphid = graph.processgraphid
        counting = (
            Counter(member.state for member in self._counting(processgraphid))
            if processgraphid in self._cyclic
            else None
        )

        def count(state: ProcessState) -> int:
            if counting is not None:
                return counting[state]
            return self._records.members_in_state.count((processgraphid, state))

        if count(FAILED):
            return FAILED
        if count(CANCELLED):
            return CANCELLED
        if not count(WAITING) and not count(RUNNING):
            return SUCCESS
        return RUNNING if count(RUNNING) or count(SUCCESS) else WAITING

    def _now(self) -> datetime:
        return moment(self._clock.now_ns())


def _is_late(refusal: Refusal) -> bool:
    """Whether the real server finds it out when it has stored the row of the workflow already."""
    return refusal.spec in (
        errors.SUBMIT_WORKFLOW_INVALID_DEPENDENCIES,
        errors.SUBMIT_WORKFLOW_FAILED_TO_ADD_PROCESS,
    )
