"""What a program may do as long as it looks afterwards what has become of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from colonyos_gen.server.hazards._traffic import Passing

LOOK_S = 2.0
"""How many seconds there are for looking."""


class Unread:
    """Findings that are not counted yet, as their cause may still be made up for."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[asyncio.TimerHandle]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, reader: str, colonyname: str, count: Callable[[], None]) -> None:
        """Call `count` unless `reader` reads something of the colony in time."""
        key = reader, colonyname

        def late() -> None:
            timers = self._waiting[key]
            timers.remove(timer)
            if not timers:
                del self._waiting[key]
            count()

        timer = asyncio.get_running_loop().call_later(LOOK_S, late)
        self._waiting.setdefault(key, []).append(timer)

    def looked(self, passing: Passing) -> None:
        """A request that reads has been answered."""
        for timer in self._waiting.pop((passing.signer, passing.colonyname), ()):
            timer.cancel()

    def clear(self) -> None:
        """Forget all of them."""
        for timers in self._waiting.values():
            for timer in timers:
                timer.cancel()
        self._waiting.clear()
