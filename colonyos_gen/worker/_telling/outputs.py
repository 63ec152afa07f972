"""What a function returned, as the output list of its process."""

from __future__ import annotations

from typing import Any

import msgspec


class OutputError(Exception):
    """A returned value cannot be written as JSON."""


def as_output(value: Any) -> list[Any]:
    """The output for what a function returned.

    None is no output, a tuple is one output for each of its elements, and anything else, lists included, is one output.
    Dataclasses, msgspec structs, dates, enums, sets and the like are written as msgspec writes them, arrays and scalars of
    numpy as lists and numbers.

    Raises:
        OutputError: There is no JSON for it.
    """
    if value is None:
        return []
    values: list[Any] = [*value] if type(value) is tuple else [value]  # named tuples are one value each
    try:
        return [msgspec.to_builtins(each, str_keys=True, enc_hook=_plain) for each in values]
    except RecursionError:
        raise OutputError("the returned value contains itself; JSON cannot write that") from None
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise OutputError(f"the returned value cannot be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    convert = getattr(value, "tolist", None)  # numpy's, which need not be installed
    if callable(convert):
        return convert()
    raise TypeError(f"a {type(value).__module__}.{type(value).__qualname__} is no JSON value")
