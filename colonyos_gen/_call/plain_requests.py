"""Requests as JSON: whatever their arguments and outputs hold, and no number that would arrive as another one."""

from __future__ import annotations

import functools
import math
from typing import Any, cast

import msgspec
from colonyos_gen_wire import LimitError
from colonyos_gen_wire.codec import may_hold_numbers, numbers_in
from colonyos_gen_wire.constants import JSON_SAFE_INTEGER
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf
from msgspec.structs import replace

from colonyos_gen._values.writing import ValueWritingError, plain_once, to_plain
from colonyos_gen.errors import InvalidRequestError

_FINITE = "a finite number, as JSON has no other"
_EXACT = "an integer from -2**53 to 2**53, as the server reads larger ones as floats, which changes them; send it as text"

UNWRITABLE = (TypeError, msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError)
"""What else than our own errors is raised for what cannot be written."""

encode = msgspec.json.Encoder(enc_hook=plain_once).encode
"""Writes requests without a closer look."""


def unwritable(method: str, request: msgspec.Struct, error: Exception) -> InvalidRequestError:
    """The error for a request that cannot be written, with the place and the value, as far as they are known."""
    text = f"the request cannot be written as JSON: {error}"
    field, value = type(request).__name__, cast("object", request)
    if isinstance(error, ValueWritingError):
        field, value = error.path, error.value
    return InvalidRequestError(text, method=method, field=field, value=value, rule="made of JSON values")


def encoded_with_care(request: msgspec.Struct) -> bytes:
    """The same as `encoded`, for a request that needs a closer look."""
    plain = _plain(StructOf(type(request)), request, "")
    for path, number in numbers_in(plain):
        if isinstance(number, float):
            if not math.isfinite(number):
                raise LimitError(path, number, _FINITE)
        elif abs(number) > JSON_SAFE_INTEGER:
            raise LimitError(path, number, _EXACT)
    return encode(plain)


def _plain(shape: Shape, value: Any, path: str) -> Any:
    """`value` with plain JSON values where any may be."""
    if value is None or not may_hold_numbers(shape):
        return value
    if isinstance(shape, StructOf):
        changed: dict[str, Any] = {}
        for name, wire, inner in _members(shape.type):
            old = getattr(value, name)
            new = _plain(inner, old, f"{path}.{wire}" if path else wire)
            if new is not old:
                changed[name] = new
        return replace(value, **changed) if changed else value
    if isinstance(shape, ListOf):
        items = cast("list[Any]", value)
        return [_plain(shape.item, each, f"{path}[{index}]") for index, each in enumerate(items)]
    if isinstance(shape, MapOf):
        return {key: _plain(shape.item, item, f"{path}.{key}") for key, item in value.items()}
    return to_plain(value, path) if shape is Leaf.ANY else value


@functools.cache
def _members(type_: type[msgspec.Struct]) -> tuple[tuple[str, str, Shape], ...]:
    from colonyos_gen_wire.fields import FIELDS

    return tuple((item.name, item.wire, item.shape) for item in FIELDS[type_] if may_hold_numbers(item.shape))
