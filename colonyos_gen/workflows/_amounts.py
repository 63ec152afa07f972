"""Amounts of CPU and memory, and counts, as callers write them, in the form in which they are sent."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from numbers import Rational, Real
from types import MappingProxyType
from typing import SupportsIndex

from colonyos_gen_wire.constants import MEMORY_UNITS

from colonyos_gen._arguments import refused

_CORES = "a number of cores, such as 2 or 0.5, or text with thousandths of one, such as '500m'"
_BYTES = (
    "text with a whole or decimal number and a unit, such as '512Mi', '4Gi' or '1.5GB', or a number of bytes"
)
_LARGEST = 2**62
"""The server counts in 64 bits, and what is sent is rounded up."""
_MI = MEMORY_UNITS["Mi"]
_DECIMAL = re.compile(r"[0-9]{1,19}(?:\.[0-9]{1,9})?", re.ASCII)
_WITH_UNIT = re.compile(rf"({_DECIMAL.pattern}) ?([A-Za-z]*)", re.ASCII)
_ALSO = {
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "T": 1000**4,
    "TB": 1000**4,
    "Ti": 1024**4,
}
"""Units that are clear, but that the server does not know, or takes or refuses at random."""
_UNITS = {**_ALSO, **MEMORY_UNITS}
_USUAL = ("Ki", "Mi", "Gi", "Ti", "KB", "MB", "GB", "TB")


def cores(method: str, name: str, value: object) -> str:
    """CPU in thousandths of a core, rounded up. Raises InvalidRequestError if it is no amount."""
    thousandths: Fraction | None = None
    if isinstance(value, str):
        text = value.strip()
        if _DECIMAL.fullmatch(text):
            thousandths = Fraction(text) * 1000
        elif text.endswith("m") and _DECIMAL.fullmatch(text[:-1]):
            thousandths = Fraction(text[:-1])
    elif (number := _exact(value)) is not None:
        thousandths = number * 1000
    if thousandths is None or not 0 <= thousandths <= _LARGEST:
        raise refused(method, name, value, _CORES)
    return f"{math.ceil(thousandths)}m"


def memory(method: str, name: str, value: object) -> str:
    """Memory with a unit; what the server would not take as it stands in whole Mi, rounded up.

    Raises InvalidRequestError if it is no amount, or a few bytes: whoever writes 4 means something else.
    """
    if isinstance(value, str):
        return _memory_of_text(method, name, value)
    number = _exact(value)
    if number is None or not 0 <= number <= _LARGEST:
        raise refused(method, name, value, _BYTES)
    if 0 < number < _MI:
        rule = f"at least 2**20 as a number, which counts bytes; with a unit it is text, such as '{math.ceil(number)}Gi'"
        raise refused(method, name, value, rule)
    return _in_mi(number)


def _memory_of_text(method: str, name: str, value: str) -> str:
    found = _WITH_UNIT.fullmatch(value.strip())
    number, unit = found.groups() if found else ("", "")
    if unit not in _UNITS or Fraction(number) * _UNITS[unit] > _LARGEST:
        near = [each for each in _USUAL if unit not in _UNITS and each[0] == unit[:1].upper()]
        meant = f"; did you mean {' or '.join(repr(number + each) for each in near)}?" if near else ""
        raise refused(method, name, value, _BYTES + meant)
    if number.isdecimal() and unit in MEMORY_UNITS:
        return number + unit
    return _in_mi(Fraction(number) * _UNITS[unit])


def _in_mi(size: Fraction) -> str:
    return f"{math.ceil(size / _MI)}Mi"


def _exact(value: object) -> Fraction | None:
    """The number as it is written in decimals; None for what is no number, or not finite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    if isinstance(value, Rational):
        return Fraction(value)
    return Fraction(repr(float(value))) if math.isfinite(value) else None


def whole_number(method: str, name: str, value: object, least: int | None, most: int | None) -> int:
    """A count. Raises InvalidRequestError unless it is a whole number within the limits."""
    number: int | None = None
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        number = operator.index(value)  # numbers of numpy as well
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        bounds = (
            f"{least} or more" if least is not None else "",
            f"at most {most}" if most is not None else "",
        )
        raise refused(method, name, value, ", ".join(("a whole number", *filter(None, bounds))))
    return number


QUANTITIES: Mapping[str, Callable[[str, str, object], str]] = MappingProxyType(
    {"cores": cores, "bytes": memory}
)
"""How to write what a number of an option counts."""
