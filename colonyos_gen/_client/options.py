"""What can be said of a client when it is made, checked; for those, too, who pass it on to one that they make later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from colonyos_gen._arguments import (
    require_choice,
    require_flag,
    require_path,
    require_span,
    require_whole_number,
)
from colonyos_gen._call.network.address import parse
from colonyos_gen._drift.choices import ON_DRIFT

_CHECKS: dict[str, Callable[[str, object], None]] = {
    "timeout": lambda argument, value: require_span(argument, value, positive=True),
    "retries": lambda argument, value: require_whole_number(argument, value, 0),
    "max_reply_bytes": lambda argument, value: require_whole_number(argument, value, 1, 2**63 - 1),
    "pool_size": lambda argument, value: require_whole_number(argument, value, 1),
    "max_in_flight": lambda argument, value: require_whole_number(argument, value, 1),
    "insecure": require_flag,
    "strict": require_flag,
    "on_drift": lambda argument, value: require_choice(argument, value, ON_DRIFT),
    "ca_file": require_path,
}


def require_values(options: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError for the first option with a value that it cannot have. Keys are not looked at."""
    for name, value in options.items():
        if name in _CHECKS:
            _CHECKS[name](name, value)


def require_addresses(options: Mapping[str, Any]) -> None:
    """Raise ValueError for a url or proxy that is not one, unless there is a transport that uses neither."""
    if options.get("transport") is not None:
        return
    if "url" in options:
        parse(options["url"])
    if options.get("proxy"):
        parse(options["proxy"], "proxy")
