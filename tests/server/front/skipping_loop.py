"""An event loop for tests of what takes long: time passes only when there is nothing to do, and then at once.

So a limit is reached because nothing came, and never because the machine is busy.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

_GRACE_S = 0.01
"""How long nothing has to happen on any socket, of real time, before there is nothing to do."""


class _Pace(selectors.DefaultSelector):
    """Waits for nothing but sockets, and moves the time on where it would wait for a timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else min(timeout, _GRACE_S))
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class _SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._pace = _Pace()
        super().__init__(self._pace)

    def time(self) -> float:
        return self._pace.now


def run(main: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run` with such a loop."""
    with asyncio.Runner(loop_factory=_SkippingLoop) as runner:
        runner.run(main)
