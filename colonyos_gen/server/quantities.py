"""CPU and memory quantities: reading what requests say, writing what replies say.

CPU is counted in thousandths of a core and written `"500m"`; anything that does not end in `m` counts as 0. Memory is
a whole number with a unit, the letters exactly as below. The real server also knows `KB Kb MB Mb TB Tb`, but
takes or refuses them at random; here they are always refused, so that a specification which works here works there.
Replies give memory in whole Mi.
"""

from __future__ import annotations

import re

_MI = 1024**2
_UNITS = {
    "Ki": 1024,
    "KiB": 1024,
    "Mi": _MI,
    "MiB": _MI,
    "Gi": 1024**3,
    "GiB": 1024**3,
    "TiB": 1024**4,
    "K": 1000,
    "M": 1000**2,
    "G": 1000**3,
    "Gb": 1000**3,
}
_LONGEST_FIRST = sorted(_UNITS, key=len, reverse=True)
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


def parse_memory(text: str) -> int:
    """Bytes; an empty text is 0."""
    if not text:
        return 0
    for unit in _LONGEST_FIRST:
        if text.endswith(unit):
            return _whole(text.removesuffix(unit), _UNITS[unit])
    raise QuantityError("")


def format_cpu(cpu: int) -> str:
    """CPU as replies give it."""
    return f"{cpu}m"


def format_memory(size: int) -> str:
    """Memory as replies give it, rounded towards zero."""
    whole = abs(size) // _MI
    return f"{-whole if size < 0 else whole}Mi"


def _whole(number: str, unit: int) -> int:
    # The pattern also bounds the length, as int() takes quadratic time for long texts.
    if not _INTEGER(number) or abs(value := int(number) * unit) > _LARGEST:
        raise QuantityError(number)
    return value
