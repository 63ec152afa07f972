"""Workflows on the lab's server, for the tests of the server."""

from __future__ import annotations

from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods import workflow as methods
from colonyos_gen_wire.requests.process import CloseFailedMsg
from colonyos_gen_wire.requests.workflow import (
    AddChildMsg,
    CancelProcessGraphMsg,
    GetProcessGraphMsg,
    GetProcessGraphsMsg,
    RemoveAllProcessGraphsMsg,
    RemoveProcessGraphMsg,
    SubmitWorkflowSpecMsg,
)
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import ProcessGraph, WorkflowSpec

from colonyos_gen.crypto import PrivateKey

from .lab import COLONY, Lab
from .stored import node

DIAMOND = [node("a"), node("b", "a"), node("c", "a"), node("d", "b", "c")]


async def submit(here: Lab, key: PrivateKey, *nodes: FunctionSpec, colonyname: str = COLONY) -> ProcessGraph:
    workflow = WorkflowSpec(colonyname=colonyname, functionspecs=list(nodes))
    return await here.call(key, methods.SUBMIT_WORKFLOW, SubmitWorkflowSpecMsg(workflowspec=workflow))


async def graph(here: Lab, key: PrivateKey, processgraphid: str) -> ProcessGraph:
    request = GetProcessGraphMsg(processgraphid=processgraphid)
    return await here.call(key, methods.GET_PROCESSGRAPH, request)


async def graphs(here: Lab, key: PrivateKey, state: ProcessState, count: int = 100) -> list[ProcessGraph]:
    request = GetProcessGraphsMsg(colonyname=COLONY, count=count, state=state)
    return await here.call(key, methods.GET_PROCESSGRAPHS, request)


async def cancel(here: Lab, key: PrivateKey, processgraphid: str) -> None:
    await here.call(key, methods.CANCEL_PROCESSGRAPH, CancelProcessGraphMsg(processgraphid=processgraphid))


async def remove(here: Lab, key: PrivateKey, processgraphid: str) -> None:
    await here.call(key, methods.REMOVE_PROCESSGRAPH, RemoveProcessGraphMsg(processgraphid=processgraphid))


async def remove_all(here: Lab, key: PrivateKey, state: int) -> None:
    request = RemoveAllProcessGraphsMsg(colonyname=COLONY, state=state)
    await here.call(key, methods.REMOVE_ALL_PROCESSGRAPHS, request)


async def add_child(
    here: Lab,
    key: PrivateKey,
    parent: Process,
    spec: FunctionSpec,
    *,
    follower: str = "",
    insert: bool = False,
    processgraphid: str | None = None,
) -> Process:
    request = AddChildMsg(
        processgraphid=parent.processgraphid if processgraphid is None else processgraphid,
        parentprocessid=parent.processid,
        childprocessid=follower,
        spec=spec,
        insert=insert,
    )
    return await here.call(key, methods.ADD_CHILD, request)


async def fail(here: Lab, key: PrivateKey, process: Process, *errors: str) -> None:
    request = CloseFailedMsg(processid=process.processid, errors=list(errors))
    await here.call(key, process_methods.FAIL, request)


async def members(here: Lab, key: PrivateKey, processgraphid: str) -> dict[str, Process]:
    """The processes of a workflow by the names of their nodes."""
    found = await graph(here, key, processgraphid)
    processes = [await here.process(key, processid) for processid in found.processids]
    return {process.spec.nodename: process for process in processes}


async def states(here: Lab, key: PrivateKey, processgraphid: str) -> dict[str, ProcessState]:
    """The states of the processes of a workflow by the names of their nodes."""
    found = await members(here, key, processgraphid)
    return {name: process.state for name, process in found.items()}
