"""What the database of the real server, and its numbers, can hold."""

from __future__ import annotations

from colonyos_gen_wire.constants import LARGEST_INT32, SMALLEST_INT32
from colonyos_gen_wire.errors import process as errors

from colonyos_gen.server._caller.refusal import Refusal


def require_integers(*numbers: int) -> None:
    """Refuse numbers that do not fit into 32 bits."""
    for number in numbers:
        if not SMALLEST_INT32 <= number <= LARGEST_INT32:
            detail = f'value "{number}" is out of range for type integer'
            raise Refusal(errors.SUBMIT_DATABASE_REFUSED, detail=detail)


def in_nanoseconds(seconds: int) -> int:
    """So many seconds in the 64 bits of a duration in Go, where more than 292 years run over."""
    return in_64_bits(seconds * 1_000_000_000)


def in_64_bits(number: int) -> int:
    """What is left of a number in 64 bits, of which one is the sign."""
    half = 1 << 63
    return (number + half) % (2 * half) - half
