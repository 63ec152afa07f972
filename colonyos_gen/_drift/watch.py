"""Looks at some of the replies that a client gets, and tells what the schema does not say of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from colonyos_gen_wire.constants import SERVER_VERSION
from colonyos_gen_wire.method import Method

from colonyos_gen._drift.choices import OnDrift
from colonyos_gen.errors import UnexpectedReplyError

if TYPE_CHECKING:
    from colonyos_gen._drift.comparing import Finding

Look: TypeAlias = Callable[[Method[Any, Any], bytes], None]

EVERY = 512
"""Of the replies to a message the first, second, fourth and so on are looked at, and then one in so many."""
MOST = 32
"""Elements of each list that are looked at then."""
_SHOWN = 20

_logger = logging.getLogger("colonyos_gen")
_decode = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_counts: dict[str, dict[str, int]] = {}
"""By address of the server and message type, how many replies there were. For all clients, so that short-lived ones look
no more often."""
_told: set[tuple[str, str, str, str]] = set()
"""What was warned of: message type, kind, path, and the value of an enum."""


def look_of(on_drift: OnDrift, url: str) -> Look | None:
    """What looks at the replies of a client; None if nothing does."""
    if on_drift == "ignore":
        return None
    return _refuse if on_drift == "raise" else _some_of(_counts.setdefault(url, {}))


def forget() -> None:
    """Start anew, as a new process does."""
    _told.clear()
    for counts in _counts.values():
        counts.clear()


def _some_of(counts: dict[str, int]) -> Look:
    def look(method: Method[Any, Any], payload: bytes) -> None:
        number = counts[method.msgtype] = counts.get(method.msgtype, 0) + 1
        if number & (number - 1) and number % EVERY:
            return
        _warn(method, payload)

    return look


def _warn(method: Method[Any, Any], payload: bytes) -> None:
    new: list[Finding] = []
    for finding in _findings(method, payload, MOST):
        value = finding.found if finding.kind in ("enum", "mistyped") else ""
        key = (method.msgtype, finding.kind, finding.path, value)
        if key not in _told:
            _told.add(key)
            new.append(finding)
    if new:
        _logger.warning(
            "%s is answered otherwise than the schema says, which is that of server %s: %s. The reply is taken as far as it"
            " is understood; `colonyos-gen schema drift --server` tells all, and on_drift='ignore' is silent",
            method.name,
            SERVER_VERSION,
            told(new),
        )


def _refuse(method: Method[Any, Any], payload: bytes) -> None:
    found = _findings(method, payload, None)
    if found:
        text = f"the reply is otherwise than the schema says, which is that of server {SERVER_VERSION}: {told(found)}"
        error = UnexpectedReplyError(text, method=method.name, status=200)
        error.payload = bytes(payload)
        raise error


def _findings(method: Method[Any, Any], payload: bytes, most: int | None) -> list[Finding]:
    from colonyos_gen._drift.comparing import (
        findings,
    )  # which loads every type, and is not felt before a reply
    from colonyos_gen._drift.forms import reply_form

    form = reply_form(method)
    if form is None:
        return []
    try:
        value = _decode(payload)
    except _UNREADABLE:  # which the decode by type passed over
        return []
    return findings(form, value, most=most)


def told(found: list[Finding]) -> str:
    """Findings in words, each path once."""
    words = list(dict.fromkeys(map(_words, found)))
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _words(finding: Finding) -> str:
    path = finding.path or "the reply"
    match finding.kind:
        case "unknown":
            return f"{path} is unknown ({finding.found})"
        case "missing":
            return f"{path} is missing ({finding.expected})"
        case "mistyped":
            return f"{path} is {finding.found} (not {finding.expected})"
        case "enum":
            return f"{path} is {finding.found}, which {finding.expected} does not have"
