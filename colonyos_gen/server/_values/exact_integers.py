"""Integers that the real server would store as others."""

from __future__ import annotations

import msgspec
from colonyos_gen_wire.codec import numbers_in
from colonyos_gen_wire.constants import JSON_SAFE_INTEGER

from colonyos_gen.server._caller.refusal import INEXACT_INTEGER, Refusal

_MANY_DIGITS = b"0" * len(str(JSON_SAFE_INTEGER))
_AS_ZEROS = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))


def may_be_inexact(text: bytes) -> bool:
    """Whether there may be such an integer in a JSON text; most have not enough digits in a row."""
    return _MANY_DIGITS in text.translate(_AS_ZEROS)


def require_exact_integers(request: msgspec.Struct) -> None:
    """Refuse integers in arguments, outputs and whatever else may be any JSON that no 64-bit float holds exactly."""
    for path, number in numbers_in(request):
        if isinstance(number, int) and abs(number) > JSON_SAFE_INTEGER:
            raise Refusal(INEXACT_INTEGER, field=path)
