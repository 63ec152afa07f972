"""Waiting for something to happen, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from colonyos_gen.server._clock import Clock


class Alarm:
    """Wakes one coroutine whenever it is rung, and for the last time when `timeout` seconds have passed.

    Rings are not counted: one that comes while the coroutine is busy makes its next wait end at once, and so do ten.
    """

    __slots__ = ("_rung", "_timer", "at_end", "expired")

    def __init__(self, clock: Clock, timeout: float) -> None:
        self.expired: bool = timeout <= 0
        """Whether the time is over."""
        self.at_end: Callable[[], object] | None = None
        """What is called when the time is over."""
        self._rung = asyncio.Event()
        self._timer = None if self.expired else clock.call_later(timeout, self._expire)

    def ring(self) -> None:
        """Wake the coroutine."""
        self._rung.set()

    async def wait(self) -> None:
        """Wait for a ring since the last wait, or for the end of the time."""
        if not self.expired:
            await self._rung.wait()
            self._rung.clear()

    def cancel(self) -> None:
        """Stop the timer; nobody waits any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        self.expired = True
        if self.at_end is not None:
            self.at_end()
        self.ring()
