"""What stays with the process that has it, and is not for its forks: signal handlers, and the pipes of a pool."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import weakref
from types import FrameType
from typing import Any, Protocol


class Handlers:
    """Handlers of this process that its forks do not get: there the signals do what they did before.

    A fork that functions make, such as one of `multiprocessing.Pool`, would else not obey SIGTERM, and wake the event loop
    of the worker with each signal.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._registered = False
        self._masks = threading.local()

    def set(self, number: signal.Signals, handler: Any) -> None:
        """Set a handler, in the main thread."""
        if not self._registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._hold, after_in_parent=self._let_go, after_in_child=self._after_fork
            )
            self._registered = True
        before = signal.signal(number, handler)
        self._before.setdefault(number, before)

    def reset(self) -> None:
        """Set those that were there before, in the main thread."""
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _hold(self) -> None:
        # What a fork gets before it has its own handlers would be taken by ours, and lost.
        self._masks.old = signal.pthread_sigmask(signal.SIG_BLOCK, self._before) if self._before else None

    def _let_go(self) -> None:
        if (
            old := getattr(self._masks, "old", None)
        ) is not None:  # there is none if this was set up during the fork
            signal.pthread_sigmask(signal.SIG_SETMASK, old)

    def _after_fork(self) -> None:
        if self._before:
            signal.set_wakeup_fd(-1)
            self.reset()
        self._let_go()


handlers = Handlers()
"""Those of this process."""


def ignore(_number: int, _frame: FrameType | None) -> None:
    """A handler that does nothing; unlike SIG_IGN, programs that are started from here do not inherit it."""


class _Open(Protocol):
    def fileno(self) -> int:
        """Number of the file; negative, or ValueError, if it is closed."""
        ...


class WithoutForks:
    """Open files that forks of this process do not keep.

    The other end learns that a process is gone when nobody has the file any more, and what a function has started may
    outlive its worker.
    """

    def __init__(self) -> None:
        self._files: weakref.WeakSet[_Open] = weakref.WeakSet()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def add(self, file: _Open) -> None:
        """Close this in forks."""
        self._files.add(file)

    def _after_fork(self) -> None:
        for file in self._files:
            with contextlib.suppress(OSError, ValueError):
                os.close(file.fileno())
        self._files = weakref.WeakSet()


without_forks = WithoutForks()
"""Those of this process."""
