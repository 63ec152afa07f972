"""JSON values and their types as the real server writes them into the text of an error, which is the way of Go."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

_NULL = "<nil>"
_WITHOUT_EXPONENT = range(-4, 6)


def go_type(value: object) -> str:
    """What Go calls the type of a JSON value."""
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "[]interface {}"
    return "map[string]interface {}" if isinstance(value, dict) else "float64"


def go_text(value: object) -> str:
    """A JSON value as Go prints it: texts without quotes, the entries of objects sorted."""
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, cast('list[object]', value)))}]"
    if isinstance(value, dict):
        entries = sorted(cast("dict[str, object]", value).items())
        return f"map[{' '.join(f'{key}:{go_text(each)}' for key, each in entries)}]"
    return _number(cast("float", value))


def _number(value: float) -> str:
    """Every number is a double there, written with as few digits as tell it from others."""
    try:
        exact = Decimal(repr(float(value))).normalize()
    except OverflowError:
        return str(value)
    if exact.adjusted() in _WITHOUT_EXPONENT:
        return f"{exact:f}"
    mantissa, _, exponent = f"{exact:e}".partition("e")
    return f"{mantissa}e{int(exponent):+03d}"
