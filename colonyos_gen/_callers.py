"""Which code is ours, and which line of the program has called it."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from types import FrameType
from typing import Any

OURS: tuple[str, ...] = ("colonyos_gen", "colonyos_gen_wire")
"""The packages that are ours."""
_BETWEEN = (
    "aiohappyeyeballs",
    "aiohttp",
    "asyncio",
    "concurrent",
    "contextlib",
    "selectors",
    "threading",
    "uvloop",
)
"""What runs our code for a caller."""


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of this package."""
    return _package(frame) in OURS


def is_between(frame: FrameType) -> bool:
    """Whether a frame runs code that only hands on to other code, such as that of asyncio."""
    return _package(frame) in _BETWEEN


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a program."""

    filename: str
    lineno: int
    module: str
    registry: dict[Any, Any]
    """Which warnings were shown for its module."""

    def warn(self, message: str, category: type[Warning]) -> None:
        """Warn as if it came from there. Raises the warning where it is an error."""
        warnings.warn_explicit(message, category, self.filename, self.lineno, self.module, self.registry)


def caller() -> Place:
    """The line from which our code was called; the outermost one if there is none but ours."""
    frame = sys._getframe()  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and (is_ours(frame) or is_between(frame)):
        frame = frame.f_back
    names = frame.f_globals
    registry = names.setdefault("__warningregistry__", {})
    return Place(frame.f_code.co_filename, frame.f_lineno, names.get("__name__", "<unknown>"), registry)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
