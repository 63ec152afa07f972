"""Sessions: calls of functions, handles to what was submitted, and waiting for many of them.

    with connect() as session:
        print(session.call("greet", "world", to="greeter", timeout=10))

Everything goes through the generated client, at `session.rpc`. The synchronous classes run the asynchronous ones.
"""

from colonyos_gen.session.async_session import AsyncSession
from colonyos_gen.session.connecting import connect
from colonyos_gen.session.failures import FunctionLookupError, ProcessCancelled, ProcessFailed, WaitTimeout
from colonyos_gen.session.feeds.feed import AsyncFeed, Feed
from colonyos_gen.session.handles.process import AsyncProcessHandle
from colonyos_gen.session.handles.sync_process import ProcessHandle
from colonyos_gen.session.handles.sync_workflow import WorkflowHandle
from colonyos_gen.session.handles.workflow import AsyncWorkflowHandle
from colonyos_gen.session.removal.bulk import Removed
from colonyos_gen.session.removal.refusal import RemovalRefused
from colonyos_gen.session.several import as_completed, gather
from colonyos_gen.session.sync_session import Session

__all__ = [
    "AsyncFeed",
    "AsyncProcessHandle",
    "AsyncSession",
    "AsyncWorkflowHandle",
    "Feed",
    "FunctionLookupError",
    "ProcessCancelled",
    "ProcessFailed",
    "ProcessHandle",
    "RemovalRefused",
    "Removed",
    "Session",
    "WaitTimeout",
    "WorkflowHandle",
    "as_completed",
    "connect",
    "gather",
]
