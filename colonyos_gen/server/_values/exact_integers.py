"""Integers that the real server would store as others, or does not read."""

from __future__ import annotations

from typing import Any

import msgspec
from colonyos_gen_wire.codec import numbers_in
from colonyos_gen_wire.constants import JSON_SAFE_INTEGER
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf

from colonyos_gen.server._caller.refusal import INEXACT_INTEGER, Refusal

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_MANY_DIGITS = b"0" * len(str(JSON_SAFE_INTEGER))
_AS_ZEROS = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))


def may_be_inexact(text: bytes) -> bool:
    """Whether there may be such an integer in a JSON text; most have not enough digits in a row."""
    return _MANY_DIGITS in text.translate(_AS_ZEROS)


def overflows(request: msgspec.Struct) -> bool:
    """Whether a field that must be an integer holds one that does not fit into 64 bits."""
    return _overflows(StructOf(type(request)), request)


def _overflows(shape: Shape, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(shape, StructOf):
        fields = FIELDS[shape.type]
        return any(_overflows(field.shape, getattr(value, field.name)) for field in fields)
    if isinstance(shape, ListOf):
        return any(_overflows(shape.item, item) for item in value)
    if isinstance(shape, MapOf):
        return any(_overflows(shape.item, item) for item in value.values())
    return shape is Leaf.INTEGER and not _SMALLEST <= value <= _LARGEST


def require_exact_integers(request: msgspec.Struct) -> None:
    """Refuse integers in arguments, outputs and whatever else may be any JSON that no 64-bit float holds exactly."""
    for path, number in numbers_in(request):
        if isinstance(number, int) and abs(number) > JSON_SAFE_INTEGER:
            raise Refusal(INEXACT_INTEGER, field=path)
