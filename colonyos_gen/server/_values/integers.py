"""What the database of the real server, and its numbers, can hold."""

from __future__ import annotations

from colonyos_gen_wire.constants import LARGEST_INT32, SMALLEST_INT32
from colonyos_gen_wire.errors import process as errors
from colonyos_gen_wire.method import ErrorSpec

from colonyos_gen.server._caller.refusal import Refusal

_EARLIEST_S = -210_866_803_200
"""The beginning of the Julian calendar, 4714-11-24 BC, in seconds since 1970."""
_LATEST_S = 9_224_318_016_000
"""The end of the year 294276."""


def require_integers(*numbers: int, refused: ErrorSpec | None = None) -> None:
    """Refuse numbers that do not fit into 32 bits."""
    for number in numbers:
        if not SMALLEST_INT32 <= number <= LARGEST_INT32:
            detail = f'value "{number}" is out of range for type integer'
            raise Refusal(refused or errors.SUBMIT_DATABASE_REFUSED, detail=detail)


def require_interval(now_s: int, seconds: int) -> None:
    """Refuse a time so many seconds before now that the database of the real server cannot reckon with."""
    if not -(2**63) <= seconds * 1_000_000 < 2**63:
        raise Refusal(errors.SUBMIT_DATABASE_REFUSED, detail="interval out of range")
    if not _EARLIEST_S <= now_s - seconds < _LATEST_S:
        raise Refusal(errors.SUBMIT_DATABASE_REFUSED, detail="timestamp out of range")


def in_nanoseconds(seconds: int) -> int:
    """So many seconds in the 64 bits of a duration in Go, where more than 292 years run over."""
    return in_64_bits(seconds * 1_000_000_000)


def in_64_bits(number: int) -> int:
    """What is left of a number in 64 bits, of which one is the sign."""
    half = 1 << 63
    return (number + half) % (2 * half) - half
