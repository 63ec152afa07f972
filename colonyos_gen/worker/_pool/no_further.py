"""Ending a program that something may keep from ending."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dis import opmap
from types import FrameType
from typing import Any, NoReturn

_OURS = "colonyos_gen."
_WITH = opmap["WITH_EXCEPT_START"]


def leave_at_the_next_line(leave: Callable[[], NoReturn], importer: str) -> None:
    """Call `leave` when a line of the program is reached after the exception that is raised now.

    A `with` may end its block, as that is not behind it; what catches the exception, or has something to do at the end, is.

    Args:
        importer: Name of the module that imports the program.
    """

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and not _ends_a_block(frame):
            leave()
        return trace

    frame: FrameType | None = inspect.currentframe()
    while frame is not None and (name := str(frame.f_globals.get("__name__", ""))) != importer:
        if not name.startswith(_OURS):
            frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(_nothing)  # without which those of the frames are not called


def _ends_a_block(frame: FrameType) -> bool:
    """Whether what runs is the end of a `with` that an exception has left."""
    code, place = frame.f_code.co_code, frame.f_lasti
    return _WITH in code[place : place + 4 : 2]


def _nothing(_frame: FrameType, _event: str, _: Any) -> None:
    """New frames are not followed."""
