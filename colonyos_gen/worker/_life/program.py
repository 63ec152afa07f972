"""Signals that end a worker."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[str], object]) -> Generator[None]:
    """Within the block SIGINT and SIGTERM call `stop` with their name: the first two of them; the third one kills.

    To be used on an event loop in the main thread.
    """
    loop = asyncio.get_running_loop()
    received = 0

    def receive(name: str) -> None:
        nonlocal received
        received += 1
        if received == 2:  # whoever is that impatient gets what the system does by default
            for each in _SIGNALS:
                signal.signal(each, signal.SIG_DFL)
        stop(name)

    def handle(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(receive, signal.Signals(number).name)

    # Not add_signal_handler, which does not exist on Windows. The wake-up descriptor of the loop sees to it that a sleeping
    # loop notices.
    before: dict[signal.Signals, Any] = {each: signal.signal(each, handle) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
