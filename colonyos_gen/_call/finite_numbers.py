"""Numbers that JSON cannot write: NaN and the infinities. The encoder turns them into null without a word."""

from __future__ import annotations

import functools
import math
from typing import Any

import msgspec
from colonyos_gen_wire import LimitError
from colonyos_gen_wire.codec import shape_of
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf

_RULE = "a finite number, as JSON has no other"


def require_finite(request: msgspec.Struct) -> None:
    """Raise `LimitError`, with the path, if a number in `request` is not finite."""
    _search(shape_of(type(request)), request, "")


def _search(shape: Shape, value: Any, path: str) -> None:
    if value is None or not _may_hold(shape):
        return
    if isinstance(shape, StructOf):
        for name, wire, inner in _members(shape.type):
            _search(inner, getattr(value, name), f"{path}.{wire}" if path else wire)
    elif isinstance(shape, ListOf):
        for index, item in enumerate(value):
            _search(shape.item, item, f"{path}[{index}]")
    elif isinstance(shape, MapOf):
        for key, item in value.items():
            _search(shape.item, item, f"{path}.{key}")
    else:
        _search_any(value, path)


def _search_any(value: Any, path: str) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise LimitError(path, value, _RULE)
    elif isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            _search_any(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            _search_any(item, f"{path}[{index}]")


@functools.cache
def _may_hold(shape: Shape) -> bool:
    """Whether a value of this shape can hold a number that is not an integer."""
    if isinstance(shape, ListOf | MapOf):
        return _may_hold(shape.item)
    return isinstance(shape, StructOf) or shape in (Leaf.ANY, Leaf.NUMBER)


@functools.cache
def _members(type_: type[msgspec.Struct]) -> tuple[tuple[str, str, Shape], ...]:
    from colonyos_gen_wire.fields import FIELDS

    return tuple((item.name, item.wire, item.shape) for item in FIELDS[type_] if _may_hold(item.shape))
