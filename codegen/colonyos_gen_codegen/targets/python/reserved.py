"""Names of hand-written Python that names of the schema would meet."""

from __future__ import annotations

import builtins

BUILT_IN = frozenset(name for name in dir(builtins) if not name.startswith("_"))
"""What Python calls so without an import."""

CLIENT = frozenset(
    {
        "asynchronous",
        "close_connections",
        "from_env",
        "identity",
        "process_events",
        "run",
        "timeout",
        "trouble",
        "url",
    }
)
"""Public attributes of the clients beside the calls."""

PACKAGE = frozenset(
    {
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
        "cli",
        "config",
        "conformance",
        "connect",
        "crypto",
        "demo",
        "errors",
        "gather",
        "interceptors",
        "keys",
        "notebook",
        "pictures",
        "pytest_plugin",
        "server",
        "session",
        "spec_file",
        "spec_lint",
        "testing",
        "transport",
        "worker",
        "workflow",
        "workflows",
    }
)
"""What the package defines itself, and its public modules. It wins over a type of the same name."""

EXCEPTIONS = frozenset(
    {
        "DamagedKeyFileError",
        "ExposedKeyFileError",
        "HungError",
        "JournalError",
        "KeyFileError",
        "PassphraseNeededError",
        "PoolError",
        "ProcessDied",
        "RegistrationError",
        "WrongPassphraseError",
    }
)
"""Exceptions of its public modules which the package itself does not have."""

_PARAMETER = "it is a parameter of submit, call or task"
_SET = "submit, call and task set that field of FunctionSpec themselves"
SUBMISSION = {
    **dict.fromkeys(
        ("after", "funcname", "more_kwargs", "name", "options", "returns", "self", "timeout", "to", "what"),
        _PARAMETER,
    ),
    **dict.fromkeys(("args", "conditions", "nodename"), _SET),
    **dict.fromkeys(
        ("conditions.colonyname", "conditions.executortype", "conditions.dependencies"),
        "submit, call and task set it themselves",
    ),
}
"""Names that no option of a submission can have, and fields that it cannot be, with the reason."""
