"""Whether a thread that calls may run the event loop itself, and what Ctrl-C does to it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

_ROOM = 250
"""Frames of Python that must be left: far more than an event loop and a call need."""
_SMALL_STACK = 512 * 1024
_PATIENCE_S = 1.0
"""Seconds after the first Ctrl-C after which another one breaks into whatever holds up the event loop."""

_signals: Any = sys.modules.get("_signal", signal)
"""What `signal` is made of: it makes an enum of each answer, which takes ten times as long."""
_numbers: tuple[int, ...] = tuple(map(int, signal.valid_signals()))


def may_lead(*, main: bool) -> bool:
    """Whether the event loop may run on this thread: no other one does, there is room for it, and nothing breaks into it.

    Args:
        main: Whether this is the main thread.

    An exception that a signal handler raises may come between any two steps of an event loop, which would forget what it was
    doing for others. Only that of Ctrl-C is kept off (`Interrupts`).
    """
    if os.name != "posix" or asyncio._get_running_loop() is not None:
        return False
    if main and _may_be_broken_into():
        return False
    if 0 < threading.stack_size() < _SMALL_STACK:
        return False
    try:
        sys._getframe(max(sys.getrecursionlimit() - _ROOM, 0))  # pyright: ignore[reportPrivateUsage]
    except ValueError:
        return True  # the stack is not as deep as that
    return False


def is_main_thread() -> bool:
    """Whether this is the thread on which Python runs signal handlers."""
    return threading.get_ident() == threading.main_thread().ident


def _may_be_broken_into() -> bool:
    handler_of, of_python = _signals.getsignal, signal.default_int_handler
    for number in _numbers:  # a loop, since it is run for each call
        handler = handler_of(number)
        if handler.__class__ is not int and handler is not None and handler is not of_python:
            return True
    return False


class Interrupts:
    """Ctrl-C, while the event loop runs on the main thread: it breaks into nothing, and is raised at the end.

    Args:
        tell: Called by the first one, as a signal handler, at any moment.
    """

    __slots__ = ("_before", "_came_at", "_tell", "may_raise")

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._before: Callable[[int, FrameType | None], object] | int | None = None
        self._came_at = 0.0
        self.may_raise: bool = True
        """Whether impatience breaks into what runs."""

    def __enter__(self) -> Self:
        if _signals.getsignal(signal.SIGINT) is signal.default_int_handler:
            # In another interpreter of this process there are no signals.
            with contextlib.suppress(ValueError):
                self._before = _signals.signal(signal.SIGINT, self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            self.may_raise = False
            _signals.signal(signal.SIGINT, self._before)
            if self._came_at:
                raise KeyboardInterrupt

    @property
    def came(self) -> bool:
        """Whether there was one."""
        return self._came_at > 0.0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self._came_at:
            self._came_at = now
            self._tell()
        elif self.may_raise and now > self._came_at + _PATIENCE_S:
            raise KeyboardInterrupt
