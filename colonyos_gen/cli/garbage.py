"""When the garbage collector looks at everything: when nobody waits.

By itself it does so whenever there is a quarter more than before, and with 100,000 processes it takes half a second, in which
nobody is answered. What is new is looked at all the time and within a millisecond, so what is left for the whole look are
cycles that have lived for a while. Only a program of ours may decide that for its whole process: `Server` in a program
of somebody else does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncGenerator

NEVER = 10**9
"""Looks at what is half old, after which the collector would look at everything by itself."""
_PERIOD_S = 1.0
_QUIET = 0.03
"""Part of the time in which the process was busy that still counts as quiet."""
_ENOUGH = 20
"""Looks at what is half old that make a look at the rest worth while."""
_AT_LATEST_S = 3600.0
"""After which it comes even if it is never quiet."""


class Garbage:
    """Has the collector look at what has become old.

    Args:
        now: Seconds on a clock that is never set.
    """

    def __init__(self, now: float) -> None:
        self._cpu = 0.0
        self._at = self._looked = now
        self._half_old = _half_old()

    def tick(self, now: float, cpu: float) -> None:
        """Some time has passed, in which the process has used more of `cpu`, both in seconds."""
        is_quiet = cpu - self._cpu <= _QUIET * (now - self._at)
        self._at, self._cpu = now, cpu
        if _half_old() - self._half_old < _ENOUGH or not (is_quiet or now - self._looked >= _AT_LATEST_S):
            return
        gc.collect()  # and nothing is set aside: what is in use now may be garbage later
        self._looked, self._half_old = now, _half_old()


@contextlib.asynccontextmanager
async def looked_through_at_leisure() -> AsyncGenerator[None]:
    """Within the block, the garbage collector of this process looks at everything at quiet moments only."""
    before = gc.get_threshold()
    # What there is by now are rows that were read, and no garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(before[0], before[1], NEVER)
    looking = asyncio.create_task(_look(Garbage(time.monotonic())))
    try:
        yield
    finally:
        looking.cancel()
        gc.set_threshold(*before)


async def _look(garbage: Garbage) -> None:
    while True:
        await asyncio.sleep(_PERIOD_S)
        garbage.tick(time.monotonic(), time.process_time())


def _half_old() -> int:
    """How often the collector has looked at what is half old."""
    return int(gc.get_stats()[1]["collections"])
