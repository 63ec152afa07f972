"""ColonyOS for Python.

    from colonyos_gen import AsyncClient, Client, FunctionSpec

`Client` and `AsyncClient` make signed calls, one method for each function of the protocol; `colonyos_gen.errors` tells what
can go wrong; `colonyos_gen.crypto` has keys and signatures; `colonyos_gen.server` is a server to develop and test with.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from colonyos_gen.channel_stream import ChannelStream
    from colonyos_gen.client import AsyncClient
    from colonyos_gen.config import Config, ConfigError
    from colonyos_gen.crypto import InvalidKeyError, InvalidSignatureError, PrivateKey
    from colonyos_gen.errors import (
        AlreadyExistsError,
        BadSignatureError,
        ConflictError,
        ConnectionFailedError,
        DeniedError,
        InvalidError,
        InvalidRequestError,
        MissingKeyError,
        NoProcessError,
        NotFoundError,
        PausedError,
        RateLimitedError,
        RPCError,
        RPCTimeoutError,
        ServerFaultError,
        UnexpectedReplyError,
    )
    from colonyos_gen.process_stream import ProcessFeed, ProcessStream
    from colonyos_gen.stream import Ended, Stream
    from colonyos_gen.sync_client import Client
    from colonyos_gen.sync_streams import SyncChannelStream, SyncStream

__version__ = "0.1.0"

# What needs aiohttp or coincurve is imported at first use: `import colonyos_gen` stays as quick as the types alone.
_HOME = {
    "AlreadyExistsError": "errors",
    "AsyncClient": "client",
    "BadSignatureError": "errors",
    "ChannelStream": "channel_stream",
    "Client": "sync_client",
    "Config": "config",
    "ConfigError": "config",
    "ConflictError": "errors",
    "ConnectionFailedError": "errors",
    "DeniedError": "errors",
    "Ended": "stream",
    "InvalidError": "errors",
    "InvalidKeyError": "crypto",
    "InvalidRequestError": "errors",
    "InvalidSignatureError": "crypto",
    "MissingKeyError": "errors",
    "NoProcessError": "errors",
    "NotFoundError": "errors",
    "PausedError": "errors",
    "PrivateKey": "crypto",
    "ProcessFeed": "process_stream",
    "ProcessStream": "process_stream",
    "RPCError": "errors",
    "RPCTimeoutError": "errors",
    "RateLimitedError": "errors",
    "ServerFaultError": "errors",
    "Stream": "stream",
    "SyncChannelStream": "sync_streams",
    "SyncStream": "sync_streams",
    "UnexpectedReplyError": "errors",
}

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
    "AlreadyExistsError",
    "AsyncClient",
    "BadSignatureError",
    "ChannelStream",
    "Client",
    "Config",
    "ConfigError",
    "ConflictError",
    "ConnectionFailedError",
    "DeniedError",
    "Ended",
    "InvalidError",
    "InvalidKeyError",
    "InvalidRequestError",
    "InvalidSignatureError",
    "MissingKeyError",
    "NoProcessError",
    "NotFoundError",
    "PausedError",
    "PrivateKey",
    "ProcessFeed",
    "ProcessStream",
    "RPCError",
    "RPCTimeoutError",
    "RateLimitedError",
    "ServerFaultError",
    "Stream",
    "SyncChannelStream",
    "SyncStream",
    "UnexpectedReplyError",
]
__all__ += colonyos_gen_wire.__all__


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
