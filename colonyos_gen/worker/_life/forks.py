"""What stays with a process, and does not go to its forks: handlers of signals, and locks."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType
from typing import Any


class Handlers:
    """Handlers of this process that its forks do not get: there the signals do what they did before.

    A fork that functions make, such as one of `multiprocessing.Pool`, would else not obey SIGTERM, and wake the event loop
    of the worker with each signal.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._registered = False

    def set(self, number: signal.Signals, handler: Any) -> None:
        """Set a handler, in the main thread."""
        if not self._registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
            self._registered = True
        before = signal.signal(number, handler)
        self._before.setdefault(number, before)

    def reset(self) -> None:
        """Set those that were there before, in the main thread."""
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _after_fork(self) -> None:
        if self._before:
            signal.set_wakeup_fd(-1)
            self.reset()


handlers = Handlers()
"""Those of this process."""


def ignore(_number: int, _frame: FrameType | None) -> None:
    """A handler that does nothing; unlike SIG_IGN, programs that are started from here do not inherit it."""


class WithoutForks(set[int]):
    """Open files that forks of this process do not keep.

    A lock lasts until all that have the file are gone, and what a function has started may outlive its worker.
    """

    def __init__(self) -> None:
        super().__init__()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def _after_fork(self) -> None:
        for handle in self:
            with contextlib.suppress(OSError):
                os.close(handle)
        self.clear()


without_forks = WithoutForks()
"""Those of this process."""
