"""What falls due when."""

from __future__ import annotations

import heapq
from datetime import datetime


class Agenda:
    """Keys with a moment each. Finding those that are due takes no look at the others."""

    def __init__(self) -> None:
        self._moments: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def __bool__(self) -> bool:
        return bool(self._moments)

    def put(self, key: str, moment: datetime) -> None:
        """Note that `key` falls due at `moment`, and no longer at any other."""
        if self._moments.get(key) != moment:
            self._moments[key] = moment
            heapq.heappush(self._heap, (moment, key))

    def drop(self, key: str) -> None:
        """Forget `key`, if it was noted at all."""
        self._moments.pop(key, None)

    def take(self, now: datetime) -> list[str]:
        """Take out the keys whose moment lies before `now`, earliest first."""
        taken: list[str] = []
        while self._heap and self._heap[0][0] < now:
            due, key = heapq.heappop(self._heap)
            # Entries that were moved or dropped are still in the heap; they mean nothing.
            if self._moments.get(key) == due:
                del self._moments[key]
                taken.append(key)
        return taken
