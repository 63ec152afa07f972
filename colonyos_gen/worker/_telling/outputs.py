"""What a function returned, as the output list of its process."""

from __future__ import annotations

from typing import Any

from colonyos_gen._values.writing import ValueWritingError, to_plain


class OutputError(Exception):
    """A returned value cannot be written as JSON."""


def as_output(value: Any) -> list[Any]:
    """The output for what a function returned.

    None is no output, a tuple is one output for each of its elements, and anything else, lists included, is one output. It
    is written as `to_plain` writes it.

    Raises:
        OutputError: There is no JSON for it, whatever it raises when it is asked what it holds.
    """
    if value is None:
        return []
    values: list[Any] = [*value] if type(value) is tuple else [value]  # named tuples are one value each
    try:
        return [to_plain(each, f"out[{index}]") for index, each in enumerate(values)]
    except ValueWritingError as error:
        raise OutputError(f"the returned value cannot be written as JSON: {error}") from None
    except BaseException as error:  # SystemExit and the like, which must end nothing but this
        raise OutputError(
            f"the returned value cannot be written as JSON: it raised {type(error).__name__}"
        ) from None
