"""CPU and memory quantities: reading what requests say, writing what replies say.

CPU is counted in thousandths of a core and written `"500m"`; anything that does not end in `m` counts as 0. Memory is
a whole number with a unit of `MEMORY_UNITS`. The units that the real server takes or refuses at random are always
refused here, so that a specification which works here works there, unless it is a quirk that is wanted.
Replies give memory in whole Mi.
"""

from __future__ import annotations

import random
import re

from colonyos_gen_wire.constants import MEMORY_UNITS

from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._values.integers import in_64_bits

_LONGEST_FIRST = sorted(MEMORY_UNITS, key=len, reverse=True)
_FICKLE_UNITS = {
    "KB": 10**3,
    "Kb": 10**3,
    "MB": 10**6,
    "Mb": 10**6,
    "TB": 10**12,
    "Tb": 10**12,
}
_IN_CAPITALS = tuple(unit.upper() for unit in (*MEMORY_UNITS, *_FICKLE_UNITS))
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}").fullmatch
_LARGEST = 2**63 - 1

UNLIMITED = _LARGEST
"""What an executor offers that does not say how much it has."""


class QuantityError(ValueError):
    """The text is no quantity; `text` is what stands where a whole number should, empty without a known unit."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a quantity")
        self.text = text


def parse_cpu(text: str) -> int:
    """Thousandths of a core."""
    if not text.endswith("m"):
        return 0
    return _whole(text[:-1], 1)


def parse_memory(text: str, quirks: Quirks = STRICT) -> int:
    """Bytes; an empty text is 0."""
    if not text:
        return 0
    for unit in _LONGEST_FIRST:
        if text.endswith(unit):
            number = text.removesuffix(unit)
            if quirks.overflowing_memory:
                return in_64_bits(_whole(number, 1) * MEMORY_UNITS[unit])
            return _whole(number, MEMORY_UNITS[unit])
    if quirks.fickle_units and text[-2:] in _FICKLE_UNITS and random.random() < 0.5:
        return _whole(text[:-2], _FICKLE_UNITS[text[-2:]])
    # A unit in the wrong case is found, but not taken off.
    raise QuantityError(text if text.upper().endswith(_IN_CAPITALS) else "")


def format_cpu(cpu: int) -> str:
    """CPU as replies give it."""
    return f"{cpu}m"


def format_memory(size: int) -> str:
    """Memory as replies give it, rounded towards zero."""
    whole = abs(size) // MEMORY_UNITS["Mi"]
    return f"{-whole if size < 0 else whole}Mi"


def _whole(number: str, unit: int) -> int:
    # The pattern also bounds the length, as int() takes quadratic time for long texts.
    if not _INTEGER(number) or not ~_LARGEST <= (value := int(number) * unit) <= _LARGEST:
        raise QuantityError(number)
    return value
