"""Recorded JSON against ours, field for field."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from colonyos_gen_wire.constants import RELEASES
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf

MISSING: Any = object()


def instant(text: str) -> datetime | None:
    """The instant that RFC 3339 text stands for, to the microsecond; None for years up to 1, which mean unset."""
    if int(text[:4]) <= 1:
        return None
    head, dot, rest = text.partition(".")
    if not dot:
        return datetime.fromisoformat(text)
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest[len(digits) :]
    return datetime.fromisoformat(f"{head}.{digits[:6]:0<6}{zone}")


def is_zero(shape: Shape, value: Any) -> bool:
    """Whether `value` is what Go takes an absent field for."""
    if isinstance(shape, StructOf) and isinstance(value, dict):
        entries: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return all(is_zero(field.shape, entries.get(field.wire)) for field in FIELDS[shape.type])
    if shape is Leaf.TIME:
        return value is None or instant(value) is None
    return not value


def differences(shape: Shape, recorded: Any, ours: Any, *, exact: bool = False, path: str = "$") -> list[str]:
    """What differs between a recorded value and ours, as lines of text.

    Times are compared as instants, null equals empty, and a field that only one side has must be zero there. With `exact`
    both sides must have the same keys. What came with a later release than the recorded one has what is given for it.
    """
    if isinstance(shape, StructOf):
        return _struct(shape, recorded, ours, exact, path)
    if isinstance(shape, ListOf | MapOf):
        return _container(shape, recorded, ours, exact, path)
    return [] if _same(shape, recorded, ours) else [f"{path}: {recorded!r} became {ours!r}"]


def _struct(shape: StructOf, recorded: Any, ours: Any, exact: bool, path: str) -> list[str]:
    if recorded is None or ours is None:
        other = ours if recorded is None else recorded
        same = recorded is ours if exact else is_zero(shape, other)
        return [] if same else [f"{path}: {recorded!r} became {ours!r}"]
    found: list[str] = []
    for field in FIELDS[shape.type]:
        key = f"{path}.{field.wire}"
        theirs = recorded.get(field.wire, MISSING)
        mine = ours.get(field.wire, MISSING)
        if theirs is MISSING and (mine is MISSING or field.since not in (None, *RELEASES)):
            continue
        if theirs is MISSING or mine is MISSING:
            value = mine if theirs is MISSING else theirs
            if exact or not is_zero(field.shape, value):
                found.append(f"{key}: {'added' if theirs is MISSING else 'lost'} {value!r}")
        else:
            found += differences(field.shape, theirs, mine, exact=exact, path=key)
    return found


def _container(shape: ListOf | MapOf, recorded: Any, ours: Any, exact: bool, path: str) -> list[str]:
    if recorded is None or ours is None:
        return [] if not recorded and not ours else [f"{path}: {recorded!r} became {ours!r}"]
    old, new = _entries(shape, recorded), _entries(shape, ours)
    if old is None or new is None:
        return [f"{path}: {recorded!r} became {ours!r}"]
    if old.keys() != new.keys():
        return [f"{path}: {recorded!r} became {ours!r}"]
    found: list[str] = []
    for key, item in old.items():
        found += differences(shape.item, item, new[key], exact=exact, path=f"{path}[{key!r}]")
    return found


def _entries(shape: ListOf | MapOf, value: Any) -> dict[Any, Any] | None:
    """The items of a list or map by index or key; None when `value` is not what `shape` says."""
    if isinstance(shape, ListOf):
        return dict(enumerate(value)) if isinstance(value, list) else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]


def _same(shape: Shape, recorded: Any, ours: Any) -> bool:
    if shape is Leaf.TIME:
        then = None if recorded is None else instant(recorded)
        now = None if ours is None else instant(ours)
        if then is None or now is None:
            return then is now
        return abs(then - now) <= timedelta(microseconds=1)
    if shape is Leaf.NUMBER and isinstance(recorded, int | float) and isinstance(ours, int | float):
        # Large ones may have been written with other digits of the same number.
        return float(recorded) == float(ours)
    if shape is Leaf.BYTES:
        return _bytes(recorded) == _bytes(ours)
    if isinstance(recorded, bool) or isinstance(ours, bool):
        return recorded is ours
    return recorded == ours or (recorded is None and shape is not Leaf.ANY and not ours)


def _bytes(value: Any) -> bytes:
    if isinstance(value, list):
        items: list[int] = value  # pyright: ignore[reportUnknownVariableType]
        return bytes(items)
    return base64.b64decode(value or "")
