"""Outputs, read by the annotation that a caller gives."""

from __future__ import annotations

from typing import Any, get_origin

from colonyos_gen_wire import Process

from colonyos_gen._values.reading import Reader
from colonyos_gen.session._failures import OutputMismatch


class Returns:
    """What an output is to be.

    Args:
        annotation: As of a parameter; None for what JSON gives.

    Raises:
        TypeError: Nothing can be read by it.
    """

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation
        self._reader = Reader(annotation)
        if annotation is not None and self._reader.unreadable:
            raise TypeError(
                f"returns is {annotation!r}; nothing can be read by {self._reader.unreadable[0]!r}: give a class with "
                "fields, such as a dataclass, or leave it out for what JSON gives"
            )

    def value_of(self, process: Process) -> Any:
        """The output of a process, as a function call would return it. Raises OutputMismatch."""
        value = value_of(process)
        if self._annotation is None:
            return value
        try:
            return self._reader.read(value)
        except Exception as error:  # whatever the classes of the program raise
            if value is not process.output and self._is_tuple():
                return self._whole(process)  # tuples of one element, and of none, look like what is in them
            raise OutputMismatch(process, self._annotation, str(error)) from error

    def _is_tuple(self) -> bool:
        return self._annotation is tuple or get_origin(self._annotation) is tuple

    def _whole(self, process: Process) -> Any:
        try:
            return self._reader.read(process.output)
        except Exception as error:  # as above
            raise OutputMismatch(process, self._annotation, str(error)) from error


def value_of(process: Process) -> Any:
    """The output of a process, as a function call would return it."""
    match process.output:
        case []:
            return None
        case [value]:
            return value
        case values:
            return values
