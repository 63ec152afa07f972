"""Time, as the server sees it.

Everything in the server that depends on time asks a `Clock`, so that a test can hold time still and move it on at
will. `SystemClock` is the real one. `ManualClock` stands still until `advance` is called; it then runs every timer
that falls due, in order, each at its own moment: two hours of deadlines pass in milliseconds.

    clock = ManualClock()
    async with Server(clock=clock) as server:
        ...
        clock.advance(hours=2)
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

NS_PER_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timer(Protocol):
    """A call that is to happen later, and can still be prevented."""

    def cancel(self) -> None:
        """Prevent the call; does nothing once it has happened."""
        ...


class Clock(Protocol):
    """What the server knows of time."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` on the server's event loop when `delay` seconds have passed."""
        ...


def moment(ns: int) -> datetime:
    """The time `ns` nanoseconds after the Unix epoch, in UTC and cut to the microseconds that a datetime holds."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


class SystemClock:
    """The clock of the machine. Timers run on the event loop, so setting the wall clock does not disturb them."""

    def now_ns(self) -> int:
        return time.time_ns()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay, callback)


class ManualTimer:
    """A timer of a `ManualClock`."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """A clock that stands still until it is told to move.

    Not thread-safe: `advance` must be called on the server's event loop, or through its `call_soon_threadsafe`.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = (start - _EPOCH) // timedelta(microseconds=1) * 1000
        self._timers: list[tuple[int, int, ManualTimer]] = []
        self._ordinal = itertools.count()

    def now_ns(self) -> int:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        timer = ManualTimer(callback)
        heapq.heappush(self._timers, (self._now + round(delay * NS_PER_S), next(self._ordinal), timer))
        return timer

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Move time on, and run what falls due on the way.

        Timers that a timer sets run too, if they fall into the same span. Coroutines that were woken continue as
        soon as the event loop gets its turn.
        """
        target = self._now + round((seconds + 60 * minutes + 3600 * hours) * NS_PER_S)
        while self._timers and self._timers[0][0] <= target:
            due, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, due)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
        self._now = target
