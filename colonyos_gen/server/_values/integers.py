"""What the database of the real server can hold."""

from __future__ import annotations

from colonyos_gen_wire.errors import process as errors

from colonyos_gen.server._caller.refusal import Refusal

_LARGEST = 2**31 - 1
_SMALLEST = -(2**31)


def require_integers(*numbers: int) -> None:
    """Refuse numbers that do not fit into 32 bits."""
    for number in numbers:
        if not _SMALLEST <= number <= _LARGEST:
            detail = f'value "{number}" is out of range for type integer'
            raise Refusal(errors.SUBMIT_DATABASE_REFUSED, detail=detail)
