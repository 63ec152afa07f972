"""How many requests that read processes are under way at once.

This server answers each of them at once, so they never pile up inside of it. They do so in front of it: all whose last
byte has arrived, and whose reply is not written, would hold a database connection each on the real server.
"""

from __future__ import annotations

from collections import deque

from colonyos_gen.server.hazards._traffic import Passing


class Reads:
    """Counts reading requests by the times at which they arrived and were answered.

    The most are under way at the moment when one of them arrives, so it is enough to look at these moments.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: dict[Passing, None] = {}
        self._ended: deque[tuple[int, Passing]] = deque(maxlen=4 * limit)
        self._over = False

    def begin(self, passing: Passing) -> list[Passing]:
        """Take note of a request. The others that it met, if with it they are more than the limit for the first time."""
        others = self._others(passing)
        self._open[passing] = None
        over, self._over = self._over, len(others) >= self._limit
        return others if self._over and not over else []

    def end(self, passing: Passing, ns: int) -> None:
        """It reads no longer since `ns`; an assign that waits does not."""
        if passing in self._open:
            del self._open[passing]
            self._ended.append((ns, passing))

    def _others(self, passing: Passing) -> list[Passing]:
        found = [other for other in self._open if other.arrived <= passing.arrived]
        for ended, other in reversed(self._ended):
            if ended <= passing.arrived or len(found) >= self._limit:
                break
            if other.arrived <= passing.arrived:
                found.append(other)
        return found
