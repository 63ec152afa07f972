"""What a `LocalColony` passes on to others: options of the server, fields of executors."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from colonyos_gen_wire import Executor

from colonyos_gen._arguments import is_number
from colonyos_gen.server._server import Server

_OWN_KEY = "the colony has a server owner of its own, whose key is in `server_key` of the colony"
_SERVER = {
    "clock": "the colony has a clock of its own: use start=…, and `advance`",
    "server_key": _OWN_KEY,
    "server_id": _OWN_KEY,
}
_EXECUTOR = {
    "executorid": "each executor gets a key of its own, which is in `key` of what `add_executor` returns",
    "executorname": "give it as name=…",
    "colonyname": "it is that of the colony",
    "state": "use approve=…",
}


def server_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options for `Server`. Raises TypeError for those that there are not, or that the colony decides itself."""
    return _passed_on(
        "LocalColony", options, _SERVER, inspect.signature(Server).parameters, "options of Server"
    )


def executor_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an `Executor`. Raises TypeError for those that there are not, or that the colony decides itself."""
    return _passed_on("add_executor", fields, _EXECUTOR, Executor.__struct_fields__, "fields of Executor")


def require_start(start: object) -> None:
    """Raise TypeError unless it is a time with a time zone, or None."""
    if start is not None and (not isinstance(start, datetime) or start.tzinfo is None):
        raise TypeError(f"start is {start!r}; it must be a datetime with a time zone, or None")


def require_numbers(**amounts: object) -> None:
    """Raise TypeError unless all are numbers."""
    for name, amount in amounts.items():
        if not is_number(amount):
            raise TypeError(f"{name} is {amount!r}; it must be a number")


def require_worker(worker: object) -> None:
    """Raise TypeError unless it is a worker."""
    if not hasattr(worker, "serve"):
        raise TypeError(f'worker is {worker!r}; it must be a Worker, as `Worker("math")` makes it')


def _passed_on(
    taker: str, given: Mapping[str, Any], decided: Mapping[str, str], known: Iterable[str], kind: str
) -> dict[str, Any]:
    for name, value in given.items():
        if name in decided:
            raise TypeError(f"{taker} takes no {name}=…: {decided[name]}")
        if name not in known:
            others = ", ".join(sorted(set(known) - decided.keys()))
            raise TypeError(
                f"{taker} takes no {name}=… (here {value!r}); besides its own arguments it takes {kind}: {others}"
            )
    return dict(given)
