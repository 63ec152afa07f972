"""Taking in a workflow specification: what is refused, and the processes that the rest becomes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from colonyos_gen_wire.errors import process as process_errors
from colonyos_gen_wire.errors import workflow as errors
from colonyos_gen_wire.types.process import FunctionSpec, Process
from msgspec.structs import replace

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._processes.submission import accept_spec
from colonyos_gen.server._quirks import STRICT, Quirks

if TYPE_CHECKING:
    from colonyos_gen_wire.types.workflow import WorkflowSpec

_NO_LIMIT = -1
PIECE = 200
"""Nodes at each step."""


def accept_nodes(
    workflow: WorkflowSpec, quirks: Quirks = STRICT
) -> Generator[None, None, list[FunctionSpec]]:
    """The nodes of `workflow` in the form in which processes keep them. Nothing is stored if one is refused.

    Cycles pass: their nodes wait for each other until the workflow is cancelled or removed.
    """
    names: set[str] = set()
    for node in workflow.functionspecs:
        if not node.nodename:
            raise Refusal(errors.SUBMIT_WORKFLOW_NODENAME_MISSING)
        if node.nodename in names:
            raise Refusal(errors.SUBMIT_WORKFLOW_DUPLICATE_NODENAME, name=node.nodename)
        names.add(node.nodename)
    if any(not names.issuperset(node.conditions.dependencies) for node in workflow.functionspecs):
        raise Refusal(errors.SUBMIT_WORKFLOW_INVALID_DEPENDENCIES)
    accepted: list[FunctionSpec] = []
    for node in workflow.functionspecs:
        accepted.append(_accept_node(node, workflow.colonyname, quirks))
        if len(accepted) % PIECE == 0:
            yield
    return accepted


def _accept_node(node: FunctionSpec, colonyname: str, quirks: Quirks) -> FunctionSpec:
    try:
        return accept_spec(
            replace(
                node,
                maxexectime=node.maxexectime or _NO_LIMIT,
                conditions=replace(node.conditions, colonyname=colonyname),
            ),
            quirks,
            of_workflow=True,
        )
    except Refusal as refusal:
        if refusal.spec is process_errors.SUBMIT_PRIORITY_OUT_OF_RANGE:
            raise
        raise Refusal(errors.SUBMIT_WORKFLOW_FAILED_TO_ADD_PROCESS) from refusal


def new_members(
    nodes: Sequence[FunctionSpec],
    processgraphid: str,
    initiatorid: str,
    initiatorname: str,
    now_ns: int,
) -> Generator[None, None, list[Process]]:
    """A process for each of `nodes`, in their order, linked as their dependencies say."""
    processes: dict[str, Process] = {}
    for node in nodes:
        process = lifecycle.submitted(node, initiatorid, initiatorname, now_ns)
        processes[node.nodename] = as_member(process, processgraphid)
        if len(processes) % PIECE == 0:
            yield
    parents = {node.nodename: node.conditions.dependencies for node in nodes}
    children: dict[str, list[str]] = {node.nodename: [] for node in nodes}
    for name, names in parents.items():
        for parent in names:
            children[parent].append(name)

    def ids(names: list[str]) -> list[str]:
        return [processes[name].processid for name in names]

    members: list[Process] = []
    for name, process in processes.items():
        links = {"parents": ids(parents[name]), "children": ids(children[name])}
        members.append(replace(process, waitforparents=bool(parents[name]), **links))
        if len(members) % PIECE == 0:
            yield
    return members


def as_member(process: Process, processgraphid: str) -> Process:
    """A new `process` as a part of a workflow."""
    attributes = [replace(each, targetprocessgraphid=processgraphid) for each in process.attributes]
    return replace(process, processgraphid=processgraphid, attributes=attributes)


def with_arguments(root: Process, args: Sequence[Any], rootinput: Sequence[Any]) -> Process:
    """A `root` that gets arguments in the place of its own, and input, unless there are none of them."""
    if args:
        root = replace(root, spec=replace(root.spec, args=list(args), kwargs={}))
    return replace(root, input=list(rootinput)) if rootinput else root
