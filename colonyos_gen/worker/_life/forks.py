"""Signal handlers that stay with the process that set them."""

from __future__ import annotations

import os
import signal
import threading
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
