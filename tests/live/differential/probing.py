"""Every message by everybody, and with each of its fields gone wrong: missing, null, of another type, spelt otherwise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, cast

from colonyos_gen_wire.method import Via
from colonyos_gen_wire.methods import METHODS

from tests.server.fuzz.schema_document import Json

from .excuses import CHANGES

_WRONG: tuple[Any, ...] = (None, "", 1, -1, 1.5, True, [], {}, [None], "x")
_BY_TIME = frozenset(
    ("maxexectime", "maxwaittime", "timeout", "interval", "cronexpression", "trigger", "nextrun")
)
"""Fields whose values decide when something happens, which is at different moments on two servers."""
_UNIQUE = frozenset(("blueprintdefinitionid", "blueprintid", "functionid", "locationid"))
"""Ids that callers may choose, which others on the server may have."""
_LEFT_OUT = {"changeserveridmsg", "addcolonymsg", *CHANGES}
"""Nobody else could be the owner of the server afterwards; colonies with such names may be those of others."""
_LAST = ("remove", "reject", "cancel", "pause", "resume")


def probed() -> list[str]:
    """The messages, those that take something away behind the others."""
    names = [
        name for name, method in METHODS.items() if method.transport is Via.HTTP and name not in _LEFT_OUT
    ]
    return sorted(names, key=lambda name: (name.startswith(_LAST), name))


def spoilt(payload: Json) -> Iterator[Json]:
    """`payload` with one field gone wrong, in every way in turn, the fields of its objects included."""
    for key, value in payload.items():
        if key == "msgtype":
            continue
        yield {name: each for name, each in payload.items() if name != key}
        for other in (key.upper(), f"{key} "):
            yield {other if name == key else name: each for name, each in payload.items()}
        if key in _BY_TIME or key in _UNIQUE:
            continue
        for wrong in _values_for(value):
            yield {**payload, key: copy.deepcopy(wrong)}
        if isinstance(value, dict):
            for inner in spoilt(cast("Json", value)):
                yield {**payload, key: inner}
    yield {**payload, "unknown": {"x": 1}}


def _values_for(value: Any) -> Iterator[Any]:
    yield from (each for each in _WRONG if type(each) is not type(value) or each != value)
    if isinstance(value, str):
        yield from (value.upper(), f"{value} ", f" {value}", f"{value}-nobody", "é", "a" * 65)
