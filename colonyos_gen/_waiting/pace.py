"""When to look again, and what reading costs."""

from __future__ import annotations

FIRST_LOOK_S = 0.002
"""Seconds after which a process is looked at first, unless it is known better."""
_EACH_WITHIN_S = 60.0
"""Seconds within which everybody is read once, whatever the lists say: nothing else shows that a process was removed."""
_QUICKEST_READ_S = 0.001
_SHORTEST_LOOK_S = 0.0003
_SOONER, _LATER = 0.95, 1.25
"""Four of five first looks come in time for the end then."""
_COSTS = 2
"""How many times as long as a look takes the first one may wait, if processes have mostly not ended before."""
_MOST_FUNCTIONS = 256
LONGEST_PAUSE_S = 2.0
"""Seconds within which every change is seen, however long it takes to come."""
AGAIN_S = 0.05
"""Seconds before the server is asked again after it could not be reached, at first; doubled each time."""
LATENESS = 0.05
"""How much later an end may be seen than it came, as a part of the time that it was waited for."""


def pause_after(waited: float, cost: float = 0.0, shortest: float = FIRST_LOOK_S) -> float:
    """Seconds until the next look at what has been waited for during `waited` seconds, and costs `cost` seconds to read."""
    return min(LONGEST_PAUSE_S, max(shortest, cost, LATENESS * waited))


def reads_in_turn(waiting: int, elapsed: float, cost: float) -> int:
    """How many of those that no list has shown are to be read one by one, `elapsed` seconds after the last ones.

    Everybody within a minute, and sooner as long as that takes no more than a twentieth of the time, where a read takes
    `cost` seconds.
    """
    elapsed = min(elapsed, LONGEST_PAUSE_S)
    affordable = LATENESS * elapsed / max(cost, _QUICKEST_READ_S)
    return min(waiting, max(1, int(waiting * elapsed / _EACH_WITHIN_S), int(affordable)))


class FirstLooks:
    """How soon the processes of a function are worth a first look: when most of them have ended, if that is soon."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def of(self, function: str) -> float:
        """Seconds from the beginning of a wait to its first look."""
        return self._seconds.get(function, FIRST_LOOK_S)

    def looked(self, function: str, cost: float, *, ended: bool) -> None:
        """Take note of what a first look has shown, and that it has cost so many seconds."""
        seconds = self._seconds.pop(function, FIRST_LOOK_S) * (_SOONER if ended else _LATER)
        self._seconds[function] = min(max(_SHORTEST_LOOK_S, seconds), max(FIRST_LOOK_S, _COSTS * cost))
        if len(self._seconds) > _MOST_FUNCTIONS:
            del self._seconds[next(iter(self._seconds))]


class Cost:
    """What one kind of read takes lately, in seconds, the wait for its turn included."""

    def __init__(self) -> None:
        self.seconds: float = 0.0

    def spent(self, seconds: float) -> None:
        """Take note of one read. A single slow one counts little."""
        self.seconds = seconds if not self.seconds else self.seconds + (min(seconds, 1.0) - self.seconds) / 8


class Rate:
    """How often something happens lately, per second."""

    def __init__(self) -> None:
        self.per_second: float = 0.0

    def happened(self, times: int, seconds: float) -> None:
        """Take note of what happened in the last `seconds`."""
        weight = min(1.0, seconds / 0.5)
        self.per_second += (times / max(seconds, 1e-3) - self.per_second) * weight
