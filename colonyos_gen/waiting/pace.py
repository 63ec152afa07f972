"""When to look again, and what reading costs."""

from __future__ import annotations

from colonyos_gen_wire import ProcessState

FINAL = frozenset(state for state in ProcessState if state.is_final)
"""States that a process never leaves."""

FIRST_LOOK_S = 0.002
"""Seconds after which a process is looked at first."""
LONGEST_PAUSE_S = 2.0
"""Seconds within which every change is seen, however long it takes to come."""
AGAIN_S = 0.05
"""Seconds before the server is asked again after it could not be reached, at first; doubled each time."""
LATENESS = 0.05
"""How much later an end may be seen than it came, as a part of the time that it was waited for."""


def pause_after(waited: float, cost: float = 0.0) -> float:
    """Seconds until the next look at what has been waited for during `waited` seconds, and costs `cost` seconds to read."""
    return min(LONGEST_PAUSE_S, max(FIRST_LOOK_S, cost, LATENESS * waited))


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
