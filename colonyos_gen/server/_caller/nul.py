"""NUL characters, which no text may hold that goes to the database of the real server.

The database refuses them in words of its own. The status tells where the request was when it asked: 403 while rights were
looked at, and else what the handlers of a kind of message make of any fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.method import ErrorSpec, Method
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.server._caller.refusal import Refusal

_AnyMethod = Method[Any, Any]

_FAULTS = {"blueprint", "snapshot"} | {
    "add_function",
    "get_functions",
    "report_allocations",
    "update_executor",
}
"""Domains and messages in which it is a 500."""
_BY_COLONY_AND_NAME = {
    "get_executor",
    "approve_executor",
    "reject_executor",
    "remove_executor",
    "resolve_generator",
    "remove_colony",
}
"""Messages that look something up by the name of the colony too, before anybody's rights."""
_LATER = {"arg", "message", "initiator", "location", "availablecpu", "availablemem"}
"""Texts that are not looked up, so that their handlers say what becomes of them."""
_LATER_DOMAINS = {"channel", "identity", "subscription", "server"}
_COLONY = "colonyname"


def has_nul(texts: Iterable[str]) -> bool:
    """Whether one of the texts holds a NUL character."""
    return any("\0" in text for text in texts)


def require_no_nul(method: _AnyMethod, request: msgspec.Struct) -> None:
    """Refuse a request that would have something looked up by a text with a NUL character in it."""
    if has_nul([getattr(request, name) for name in _looked_up(method.name)]):
        raise Refusal(nul_refused(method))


def require_text(method: _AnyMethod, *texts: str) -> None:
    """Refuse to store texts that hold a NUL character."""
    if has_nul(texts):
        raise Refusal(nul_refused(method))


def nul_refused(method: _AnyMethod) -> ErrorSpec:
    """How `method` refuses a NUL character."""
    return errors.NUL_REFUSED_500 if {method.domain, method.name} & _FAULTS else errors.NUL_REFUSED


@cache
def _looked_up(name: str) -> tuple[str, ...]:
    method: _AnyMethod = next(method for method in METHODS.values() if method.name == name)
    fields: tuple[Any, ...] = msgspec.structs.fields(method.request)
    if method.domain in _LATER_DOMAINS:
        return tuple(field.name for field in fields if field.type is str and field.name == "processid")
    return tuple(
        field.name
        for field in fields
        if field.type is str and field.name not in _LATER
        if field.name != _COLONY or name in _BY_COLONY_AND_NAME
    )
