"""Outputs, read by the annotation that a caller gives."""

from __future__ import annotations

from typing import Any, get_origin

from colonyos_gen_wire import Process

from colonyos_gen._values.reading import Reader
from colonyos_gen.session._failures import OutputMismatch


class Returns:
    """What an output is to be.

    Args:
        annotation: As of a parameter.

    Raises:
        TypeError: Nothing can be read by it.
    """

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation
        self._reader = Reader(annotation)
        if self._reader.unreadable:
            raise TypeError(
                f"returns is {annotation!r}; nothing can be read by {self._reader.unreadable[0]!r}: give a class with "
                "fields, such as a dataclass, or leave it out for what JSON gives"
            )

    def read(self, process: Process, value: Any) -> Any:
        """The output of a process, which a function call would return as `value`. Raises OutputMismatch."""
        try:
            return self._reader.read(value)
        except Exception as error:  # whatever the classes of the program raise
            if value is process.output or not self._is_tuple():
                raise OutputMismatch(process, self._annotation, str(error)) from error
        try:  # tuples of one element, and of none, look like what is in them
            return self._reader.read(process.output)
        except Exception as error:  # as above
            raise OutputMismatch(process, self._annotation, str(error)) from error

    def _is_tuple(self) -> bool:
        return self._annotation is tuple or get_origin(self._annotation) is tuple
