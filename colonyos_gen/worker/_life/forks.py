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
        self._forking = threading.local()

    def set(self, number: signal.Signals, handler: Any) -> None:
        """Set a handler, in the main thread."""
        if not self._registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork, after_in_parent=self._let_come, after_in_child=self._after_fork
            )
            self._registered = True
        before = signal.signal(number, handler)
        self._before.setdefault(number, before)

    def reset(self) -> None:
        """Set those that were there before, in the main thread."""
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _before_fork(self) -> None:
        # A signal that the fork gets before it has its own handlers waits for them, as it would be lost on ours.
        self._forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._before.keys())

    def _after_fork(self) -> None:
        if self._before:
            signal.set_wakeup_fd(-1)
            self.reset()
        self._let_come()

    def _let_come(self) -> None:
        mask = getattr(self._forking, "mask", None)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


handlers = Handlers()
"""Those of this process."""


def ignore(_number: int, _frame: FrameType | None) -> None:
    """A handler that does nothing; unlike SIG_IGN, programs that are started from here do not inherit it."""
