"""Workflows as crons and generators hold them, for the tests of both."""

from __future__ import annotations

from datetime import datetime

from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.requests.process import GetProcessesMsg
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import WorkflowSpec
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey

from .lab import COLONY, Lab, spec


def node(name: str, *parents: str, **settings: object) -> FunctionSpec:
    """A node whose function is called as the node is."""
    made = replace(spec(name, **settings), nodename=name)
    return replace(made, conditions=replace(made.conditions, dependencies=list(parents)))


def text(*nodes: FunctionSpec, colonyname: str = COLONY) -> str:
    """A workflow as text; with one node if none are given."""
    return encode(WorkflowSpec(colonyname=colonyname, functionspecs=list(nodes) or [node("one")])).decode()


async def processes(here: Lab, key: PrivateKey, state: ProcessState = WAITING) -> list[Process]:
    """The processes in a state, in the order in which they will be served."""
    request = GetProcessesMsg(colonyname=COLONY, count=100, state=state)
    return await here.call(key, process_methods.GET_PROCESSES, request)


async def submissions(here: Lab, key: PrivateKey, funcname: str = "one") -> list[datetime]:
    """When the waiting processes with this function were submitted."""
    found = [each for each in await processes(here, key) if each.spec.funcname == funcname]
    return sorted(each.submissiontime for each in found if each.submissiontime is not None)
