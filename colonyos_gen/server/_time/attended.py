"""Time during which the server was there."""

from __future__ import annotations

from colonyos_gen.server._clock import NS_PER_S, Clock

_LONGEST_NS = 10 * NS_PER_S
"""A server that is there looks at the time at least once a second; a busy one, later than that."""


class Attended:
    """Time that passes only while the server runs, and does not care what the clock on the wall is set to.

    What others must do within some time is measured by it, since they cannot while the server is stopped, suspended, or
    asleep with its machine. Not every system leaves its own sleep out of the time that has elapsed: so a look at the time
    that comes far too late says that there was nobody to look.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = clock.elapsed_ns()
        self._away = 0

    def now_ns(self) -> int:
        """Nanoseconds of attended time. To be asked for at least once a second."""
        now = self._clock.elapsed_ns()
        if now - self._seen > _LONGEST_NS:
            self._away += now - self._seen
        self._seen = now
        return now - self._away
