"""Workflows: processes that are submitted together and wait for each other."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import MAX_COUNT, RUNNING, WAITING
from colonyos_gen_wire.errors import process as process_errors
from colonyos_gen_wire.errors import workflow as errors
from colonyos_gen_wire.methods import workflow as methods
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.workflow import ProcessGraph
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.refusal import FOREIGN_PROCESS, NOT_WAITING, UNKNOWN_PROCESS, Refusal
from colonyos_gen.server._processes.submission import accept_spec
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.pieces import step_by_step
from colonyos_gen.server._store.records import Records, colony_of
from colonyos_gen.server._workflows.view import drawn, outlined
from colonyos_gen.server._workflows.workflows import Workflows

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.workflow import (
        AddChildMsg,
        CancelProcessGraphMsg,
        GetProcessGraphMsg,
        GetProcessGraphsMsg,
        RemoveAllProcessGraphsMsg,
        RemoveProcessGraphMsg,
        SubmitWorkflowSpecMsg,
    )

_EVERY_STATE = -1
_LARGE = 200
"""Members of a workflow that is drawn beside the loop."""


class Graphs:
    """Serves the workflow messages. Those about one workflow look for it before they look at rights."""

    def __init__(
        self, records: Records, access: Access, workflows: Workflows, quirks: Quirks = STRICT
    ) -> None:
        self._records = records
        self._quirks = quirks
        self._access = access
        self._workflows = workflows

    async def submit_workflow(self, request: SubmitWorkflowSpecMsg, signer: str, /) -> ProcessGraph:
        spec = request.workflowspec
        # Asked again before each step, as it then comes after what was done meanwhile.
        require = partial(self._access.require, methods.SUBMIT_WORKFLOW, signer, spec.colonyname)
        require()
        name = self._records.name_of(spec.colonyname, signer)
        graph = await step_by_step(self._workflows.starting(spec, signer, name), require)
        # The real server has no times in this reply.
        return replace(graph, submissiontime=None)

    async def get_processgraph(self, request: GetProcessGraphMsg, signer: str, /) -> ProcessGraph:
        graph = self._records.processgraphs.get(request.processgraphid)
        if graph is None:
            raise Refusal(errors.GET_PROCESSGRAPH_GRAPH_NOT_FOUND)
        self._access.require(methods.GET_PROCESSGRAPH, signer, graph.colonyname)
        members = self._workflows.members(graph)
        draw = partial(drawn, graph, members, rooted=self._quirks.cycles_are_unseen)
        # Others go on meanwhile, as rows are never changed in place.
        return await asyncio.to_thread(draw) if len(members) > _LARGE else draw()

    async def get_processgraphs(self, request: GetProcessGraphsMsg, signer: str, /) -> list[ProcessGraph]:
        self._access.require(methods.GET_PROCESSGRAPHS, signer, request.colonyname)
        if not request.state.is_known:
            raise Refusal(errors.GET_PROCESSGRAPHS_INVALID_STATE)
        if request.count > MAX_COUNT:
            raise Refusal(errors.GET_PROCESSGRAPHS_COUNT_TOO_LARGE, limit=MAX_COUNT)
        if request.count < 0:
            raise Refusal(process_errors.GET_PROCESSES_NEGATIVE_LIMIT)
        latest = self._records.latest_processgraphs.find_last(
            (request.colonyname, request.state), request.count
        )
        rooted = self._quirks.cycles_are_unseen
        return [outlined(graph, self._workflows.members(graph), rooted=rooted) for graph in latest]

    async def cancel_processgraph(self, request: CancelProcessGraphMsg, signer: str, /) -> None:
        graph = self._records.processgraphs.get(request.processgraphid)
        if graph is None:
            raise Refusal(errors.CANCEL_PROCESSGRAPH_GRAPH_NOT_FOUND)
        self._access.require(methods.CANCEL_PROCESSGRAPH, signer, graph.colonyname)
        self._workflows.cancel(graph)

    async def remove_processgraph(self, request: RemoveProcessGraphMsg, signer: str, /) -> None:
        graph = self._records.processgraphs.get(request.processgraphid)
        if graph is None:
            raise Refusal(errors.REMOVE_PROCESSGRAPH_GRAPH_NOT_FOUND)
        self._access.require(methods.REMOVE_PROCESSGRAPH, signer, graph.colonyname)
        if graph.state is RUNNING:
            raise Refusal(errors.REMOVE_PROCESSGRAPH_CANNOT_REMOVE_A_RUNNING_PROCESSGRAPH)
        self._workflows.remove(graph)

    async def remove_all_processgraphs(self, request: RemoveAllProcessGraphsMsg, signer: str, /) -> None:
        self._access.require(methods.REMOVE_ALL_PROCESSGRAPHS, signer, request.colonyname)
        if request.state == RUNNING:
            raise Refusal(errors.REMOVE_ALL_PROCESSGRAPHS_NOT_POSSIBLE_TO_REMOVE_RUNNING_PROCESSGRAPHS)
        if request.state != _EVERY_STATE and not ProcessState(request.state).is_known:
            raise Refusal(errors.REMOVE_ALL_PROCESSGRAPHS_INVALID_STATE_WHEN_DELETING_ALL_PROCESSGRAPHS)
        state = None if request.state == _EVERY_STATE else ProcessState(request.state)
        self._workflows.remove_in_state(request.colonyname, state)

    async def add_child(self, request: AddChildMsg, signer: str, /) -> Process:
        colonyname = request.spec.conditions.colonyname
        self._access.require(methods.ADD_CHILD, signer, colonyname)
        parent = self._find(request.parentprocessid, colonyname)
        if parent.state is not RUNNING:
            raise Refusal(errors.ADD_CHILD_PROCESS_IS_NOT_RUNNING, id=parent.processid)
        if parent.assignedexecutorid != signer:
            raise Refusal(
                errors.ADD_CHILD_PROCESS_IS_NOT_ASSIGNED_TO_EXECUTOR,
                processid=parent.processid,
                executorid=signer,
            )
        if not parent.processgraphid:
            raise Refusal(errors.ADD_CHILD_PROCESS_DOES_NOT_BELONG_TO_A_PROCESSGRAPH, id=parent.processid)
        _require_member(parent, request.processgraphid or parent.processgraphid)
        spec = accept_spec(request.spec, self._quirks, of_workflow=True)
        if request.insert:
            return self._workflows.insert(parent, spec)
        if not request.childprocessid:
            return self._workflows.append(parent, spec)
        follower = self._find(request.childprocessid, colonyname)
        _require_member(follower, parent.processgraphid)
        # Whatever comes before a running process has ended, so this also keeps cycles out.
        if follower.state is not WAITING:
            raise Refusal(NOT_WAITING, id=follower.processid)
        return self._workflows.append(parent, spec, follower)

    def _find(self, processid: str, colonyname: str) -> Process:
        process = self._records.processes.get(processid)
        if process is None or colony_of(process) != colonyname:
            raise Refusal(UNKNOWN_PROCESS, id=processid, name=colonyname)
        return process


def _require_member(process: Process, processgraphid: str) -> None:
    if process.processgraphid != processgraphid:
        raise Refusal(FOREIGN_PROCESS, id=process.processid, processgraphid=processgraphid)
