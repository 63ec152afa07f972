"""Time, as the server sees it.

Everything in the server that depends on time asks a `Clock`, so that a test can hold time still and move it on at
will. `SystemClock` is the real one. `ManualClock` stands still until `advance` is called; it then runs every timer
that falls due, in order, each at its own moment: two hours of deadlines pass in milliseconds. `OffsetClock` can do
that as well, and besides passes by itself.

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
        """Nanoseconds since the Unix epoch: what is shown and stored. It can be set, forward and back."""
        ...

    def elapsed_ns(self) -> int:
        """Nanoseconds since some moment of its choice: how long something takes. It cannot be set, and never goes back."""
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

    def elapsed_ns(self) -> int:
        return time.monotonic_ns()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay, callback)


class ManualTimer:
    """A timer of a clock that can be moved on."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Agenda:
    """Timers in the order in which they fall due; those of one moment in the order in which they were set."""

    def __init__(self) -> None:
        self._timers: list[tuple[int, int, ManualTimer]] = []
        self._ordinal = itertools.count()

    def add(self, due: int, callback: Callable[[], None]) -> Timer:
        """A timer for the moment `due`, in nanoseconds since the Unix epoch."""
        timer = ManualTimer(callback)
        heapq.heappush(self._timers, (due, next(self._ordinal), timer))
        return timer

    def first(self) -> int | None:
        """The moment of the timer that is next; None if there is none."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def run(self, until: int, at: Callable[[int], None]) -> None:
        """Run what falls due up to `until`, after calling `at` with its moment."""
        while (due := self.first()) is not None and due <= until:
            _, _, timer = heapq.heappop(self._timers)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                at(due)
                callback()


class ManualClock:
    """A clock that stands still until it is told to move.

    Not thread-safe: `advance` must be called on the server's event loop, or through its `call_soon_threadsafe`.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = nanoseconds(start)
        self._set_by = 0
        self._agenda = Agenda()

    def now_ns(self) -> int:
        return self._now + self._set_by

    def elapsed_ns(self) -> int:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return self._agenda.add(self._now + round(delay * NS_PER_S), callback)

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Move time on, and run what falls due on the way.

        Timers that a timer sets run too, if they fall into the same span. Coroutines that were woken continue as
        soon as the event loop gets its turn. Raises ValueError if time would go back.
        """
        target = self._now + _span(seconds, minutes, hours)
        self._agenda.run(target, self._reach)
        self._now = target

    def set(self, time: datetime) -> None:
        """Set the time of day, as the owner of a machine or NTP does it. No time passes, and no timer runs for it."""
        self._set_by = nanoseconds(time) - self._now

    def _reach(self, now: int) -> None:
        self._now = max(self._now, now)


class OffsetClock:
    """A clock that passes by itself, and can be moved on besides.

    A long poll of ten seconds lasts ten seconds on it, or until `advance` has skipped what was left of them. It starts
    at `start`, or at the time of the machine, and is not disturbed when the wall clock is set.

    Not thread-safe: `advance` must be called on the server's event loop, or through its `call_soon_threadsafe`.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = (time.time_ns() if start is None else nanoseconds(start)) - time.monotonic_ns()
        self._held: int | None = None
        self._agenda = Agenda()
        self._alarm: asyncio.TimerHandle | None = None

    def now_ns(self) -> int:
        return self.elapsed_ns()

    def elapsed_ns(self) -> int:
        return time.monotonic_ns() + self._offset if self._held is None else self._held

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        timer = self._agenda.add(self.now_ns() + round(delay * NS_PER_S), callback)
        if self._held is None:
            self._arm()
        return timer

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Move time on, and run what falls due on the way.

        Timers that a timer sets run too, if they fall into the same span. Coroutines that were woken continue as
        soon as the event loop gets its turn. Raises ValueError if time would go back.
        """
        span = _span(seconds, minutes, hours)
        # While it moves, time stands at the moment of each timer in turn, and at no moment in between.
        self._held = start = self.now_ns()
        try:
            self._agenda.run(start + span, self._hold)
        finally:
            self._held = None
            self._offset += span
            self._arm()

    def _hold(self, now: int) -> None:
        self._held = max(self.now_ns(), now)

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        due = self._agenda.first()
        delay = 0 if due is None else max(0, due - self.now_ns()) / NS_PER_S
        self._alarm = None if due is None else asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        try:
            self._agenda.run(self.now_ns(), _leave)
        finally:
            self._arm()


def _leave(now: int) -> None:
    """Real timers see the real time, which may be a little later than their moment."""


def nanoseconds(time: datetime) -> int:
    """Those since the Unix epoch; the opposite of `moment`."""
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def _span(seconds: float, minutes: float, hours: float) -> int:
    span = round((seconds + 60 * minutes + 3600 * hours) * NS_PER_S)
    if span < 0:
        raise ValueError("time does not go back")
    return span
