"""How often something may happen."""

from __future__ import annotations

from colonyos_gen.server._clock import NS_PER_S, Clock


class TokenBucket:
    """Allows `burst` events at once, and `rate` events per second in the long run."""

    __slots__ = ("_burst", "_clock", "_filled_ns", "_rate", "_tokens")

    def __init__(self, clock: Clock, rate: float, burst: int) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled_ns = clock.elapsed_ns()

    def take(self) -> bool:
        """Count one event, if it is allowed; returns whether it is."""
        now = self._clock.elapsed_ns()
        passed_s = (now - self._filled_ns) / NS_PER_S
        self._filled_ns = now
        self._tokens = min(self._burst, self._tokens + passed_s * self._rate)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
