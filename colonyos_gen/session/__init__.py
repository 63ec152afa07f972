"""Sessions: calls of functions, handles to what was submitted, and waiting for many of them.

    with connect() as session:
        print(session.call("greet", "world", to="greeter", timeout=10))

Everything goes through the generated client, at `session.rpc`. The synchronous classes run the asynchronous ones.
"""

from colonyos_gen_wire.submission import Submittable

from colonyos_gen._tracebacks import shown_as
from colonyos_gen.session._async_session import AsyncSession
from colonyos_gen.session._connecting import connect
from colonyos_gen.session._failures import (
    FunctionLookupError,
    OutputMismatch,
    ProcessCancelled,
    ProcessFailed,
    WaitTimeout,
)
from colonyos_gen.session._handles.process import AsyncProcessHandle
from colonyos_gen.session._handles.sync_process import ProcessHandle
from colonyos_gen.session._handles.sync_workflow import WorkflowHandle
from colonyos_gen.session._handles.workflow import AsyncWorkflowHandle
from colonyos_gen.session._removal.bulk import Removed
from colonyos_gen.session._removal.refusal import RemovalRefused
from colonyos_gen.session._scope import AsyncScope, Scope
from colonyos_gen.session._several import as_completed, gather
from colonyos_gen.session._sync_session import Session
from colonyos_gen.session._unknown_types import UnknownExecutorTypeWarning

shown_as(
    "colonyos_gen",
    FunctionLookupError,
    OutputMismatch,
    ProcessCancelled,
    ProcessFailed,
    RemovalRefused,
    UnknownExecutorTypeWarning,
    WaitTimeout,
)

__all__ = [
    "AsyncProcessHandle",
    "AsyncScope",
    "AsyncSession",
    "AsyncWorkflowHandle",
    "FunctionLookupError",
    "OutputMismatch",
    "ProcessCancelled",
    "ProcessFailed",
    "ProcessHandle",
    "RemovalRefused",
    "Removed",
    "Scope",
    "Session",
    "Submittable",
    "UnknownExecutorTypeWarning",
    "WaitTimeout",
    "WorkflowHandle",
    "as_completed",
    "connect",
    "gather",
]
