"""ColonyOS for Python.

    from colonyos_gen import AsyncClient, Client, FunctionSpec

`Client` and `AsyncClient` make signed calls, one method for each function of the protocol; `colonyos_gen.errors` tells what
can go wrong; `colonyos_gen.crypto` has keys and signatures; `colonyos_gen.server` is a server to develop and test with.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from colonyos_gen._version import __version__ as __version__

if TYPE_CHECKING:
    import colonyos_gen_wire
    from colonyos_gen_wire import *  # noqa: F403  # the types of the protocol are this package's vocabulary
    from colonyos_gen_wire.constants import (
        APPROVED,
        CANCELLED,
        ENV,
        ERR,
        FAILED,
        IN,
        OUT,
        PENDING,
        REJECTED,
        RUNNING,
        SUCCESS,
        UNREGISTERED,
        WAITING,
    )

    from colonyos_gen._client.client import AsyncClient
    from colonyos_gen._client.sync_client import Client
    from colonyos_gen._streams.channel import AsyncChannelStream
    from colonyos_gen._streams.stream import AsyncStream, Ended
    from colonyos_gen._streams.sync_stream import ChannelStream, Stream
    from colonyos_gen.config import Config, ConfigError
    from colonyos_gen.crypto import InvalidKeyError, InvalidSignatureError, PrivateKey
    from colonyos_gen.errors import (
        ConnectionFailedError,
        InvalidRequestError,
        MissingKeyError,
        RPCTimeoutError,
        UnexpectedReplyError,
    )
    from colonyos_gen.interceptors import Interceptor, OutgoingCall, ProcessRun
    from colonyos_gen.session import (
        AsyncProcessHandle,
        AsyncSession,
        AsyncWorkflowHandle,
        FunctionLookupError,
        OutputMismatch,
        ProcessCancelled,
        ProcessFailed,
        ProcessHandle,
        RemovalRefused,
        Removed,
        Session,
        UnknownExecutorTypeWarning,
        WaitTimeout,
        WorkflowHandle,
        as_completed,
        connect,
        gather,
    )
    from colonyos_gen.transport import Transport
    from colonyos_gen.worker import Context, Worker
    from colonyos_gen.workflows import Task, Workflow, WorkflowError, workflow

    __all__ = [
        "APPROVED",
        "CANCELLED",
        "ENV",
        "ERR",
        "FAILED",
        "IN",
        "OUT",
        "PENDING",
        "REJECTED",
        "RUNNING",
        "SUCCESS",
        "UNREGISTERED",
        "WAITING",
        "AsyncChannelStream",
        "AsyncClient",
        "AsyncProcessHandle",
        "AsyncSession",
        "AsyncStream",
        "AsyncWorkflowHandle",
        "ChannelStream",
        "Client",
        "Config",
        "ConfigError",
        "ConnectionFailedError",
        "Context",
        "Ended",
        "FunctionLookupError",
        "Interceptor",
        "InvalidKeyError",
        "InvalidRequestError",
        "InvalidSignatureError",
        "MissingKeyError",
        "OutgoingCall",
        "OutputMismatch",
        "PrivateKey",
        "ProcessCancelled",
        "ProcessFailed",
        "ProcessHandle",
        "ProcessRun",
        "RPCTimeoutError",
        "RemovalRefused",
        "Removed",
        "Session",
        "Stream",
        "Task",
        "Transport",
        "UnexpectedReplyError",
        "UnknownExecutorTypeWarning",
        "WaitTimeout",
        "Worker",
        "Workflow",
        "WorkflowError",
        "WorkflowHandle",
        "as_completed",
        "connect",
        "gather",
        "workflow",
    ]
    __all__ += colonyos_gen_wire.__all__

# Everything is imported at first use, so that the import of this package is not felt: not even in test runs that know it
# for its pytest plugin only.
_CONSTANTS = (
    "APPROVED",
    "CANCELLED",
    "ENV",
    "ERR",
    "FAILED",
    "IN",
    "OUT",
    "PENDING",
    "REJECTED",
    "RUNNING",
    "SUCCESS",
    "UNREGISTERED",
    "WAITING",
)
_HOME = {
    "AsyncChannelStream": "_streams.channel",
    "AsyncClient": "_client.client",
    "AsyncProcessHandle": "session",
    "AsyncSession": "session",
    "AsyncStream": "_streams.stream",
    "AsyncWorkflowHandle": "session",
    "ChannelStream": "_streams.sync_stream",
    "Client": "_client.sync_client",
    "Config": "config",
    "ConfigError": "config",
    "ConnectionFailedError": "errors",
    "Context": "worker",
    "Ended": "_streams.stream",
    "FunctionLookupError": "session",
    "Interceptor": "interceptors",
    "InvalidKeyError": "crypto",
    "InvalidRequestError": "errors",
    "InvalidSignatureError": "crypto",
    "MissingKeyError": "errors",
    "OutgoingCall": "interceptors",
    "OutputMismatch": "session",
    "PrivateKey": "crypto",
    "ProcessCancelled": "session",
    "ProcessFailed": "session",
    "ProcessHandle": "session",
    "ProcessRun": "interceptors",
    "RPCTimeoutError": "errors",
    "RemovalRefused": "session",
    "Removed": "session",
    "Session": "session",
    "Stream": "_streams.sync_stream",
    "Task": "workflows",
    "Transport": "transport",
    "UnexpectedReplyError": "errors",
    "UnknownExecutorTypeWarning": "session",
    "WaitTimeout": "session",
    "Worker": "worker",
    "Workflow": "workflows",
    "WorkflowError": "workflows",
    "WorkflowHandle": "session",
    "as_completed": "session",
    "connect": "session",
    "gather": "session",
    "workflow": "workflows",
}


def __getattr__(name: str) -> Any:
    value = _public_names() if name == "__all__" else getattr(_home_of(name), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_public_names()})


def _home_of(name: str) -> ModuleType:
    if name in _HOME:
        return import_module(f"{__name__}.{_HOME[name]}")
    if name in _CONSTANTS:
        return import_module("colonyos_gen_wire.constants")
    wire = import_module("colonyos_gen_wire")
    if name not in wire.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return wire


def _public_names() -> list[str]:
    return [*_CONSTANTS, *_HOME, *import_module("colonyos_gen_wire").__all__]
