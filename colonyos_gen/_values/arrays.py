"""Moments and spans of numpy, which it gives as bare numbers where Python has nothing as fine, and pandas' series of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from colonyos_gen._values.losses import is_a

_PER_SECOND = {"ns": 9, "ps": 12, "fs": 15, "as": 18}
"""Units that are finer than those of Python, as powers of ten."""
_MONTHS = {"Y": "Y", "M": "M"}
_SPAN = re.compile(r"(-?)P(?:(\d+)([YM])|T(\d+)(?:\.(\d{7,18}))?S)", re.ASCII)


def plain_array(value: Any) -> Any:
    """What has `tolist` as a list or a scalar of Python, moments and spans as ISO 8601 has them, to the last digit."""
    dtype: Any = getattr(value, "dtype", None)
    kind = getattr(dtype, "kind", "")
    if getattr(dtype, "names", None) and _is_numpy(value):  # with fields
        return list(value) if value.ndim else {name: value[name] for name in dtype.names}
    if kind not in ("m", "M") or not _is_numpy(value):
        found = value.tolist()
        if type(found) is type(value):  # such as a longdouble, for which Python has nothing
            raise TypeError(f"Python has no number like a {dtype}; make it a float or text")
        return found
    if getattr(value, "ndim", 0):
        return list(value)  # whose items are looked at one by one
    scalar = value[()]
    found = scalar.item()
    if found is None or not is_a(found, int):
        return found  # of which Python knows as much
    return str(scalar) if kind == "M" else _span(found, _unit(scalar))


def read_moment(value: Any, _: bool) -> Any:
    """A `datetime64`, of ISO 8601 to the last digit; with a time zone in UTC, which numpy has alone."""
    make = sys.modules["numpy"].datetime64
    if value is None:
        return make("NaT")
    if not is_a(value, str):
        return value if is_a(value, make) else make(value)
    if re.search(r"(Z|[+-]\d\d:?\d\d)$", value[10:]):
        value = datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None).isoformat()
    return make(value)


def read_span(value: Any, _: bool) -> Any:
    """A `timedelta64`, of a duration as ISO 8601 has it, or a number without a unit."""
    make = sys.modules["numpy"].timedelta64
    if value is None:
        return make("NaT")
    if not is_a(value, str):
        return value if is_a(value, make) else make(value)
    if (found := _SPAN.fullmatch(value)) and (found[3] or found[5]):
        sign, months, unit, seconds, rest = found.groups()
        if unit:
            return make(int(sign + months), unit)
        digits = next(digits for digits in sorted(_PER_SECOND.values()) if len(rest) <= digits)
        units = {digits: unit for unit, digits in _PER_SECOND.items()}
        return make(int(sign + seconds + rest.ljust(digits, "0")), units[digits])
    return make(msgspec.convert(value, timedelta))


def array_of(read: Callable[[Any, bool], Any]) -> Callable[[Any, bool], Any]:
    """What reads nested lists of moments or spans."""

    def each_of(value: Any) -> Any:
        return [each_of(each) for each in value] if is_a(value, (list, tuple)) else read(value, False)

    return lambda value, _: sys.modules["numpy"].asarray(each_of(value))


def _is_numpy(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "numpy"


def _unit(scalar: Any) -> str:
    return str(sys.modules["numpy"].datetime_data(scalar.dtype)[0])


def _span(count: int, unit: str) -> Any:
    if unit in _MONTHS:
        return f"{'-' if count < 0 else ''}P{abs(count)}{unit}"
    if unit not in _PER_SECOND:
        return count
    digits = _PER_SECOND[unit]
    seconds = Decimal(abs(count)).scaleb(-digits)
    return f"{'-' if count < 0 else ''}PT{seconds:.{digits}f}S"
