"""When the current request had arrived, through which connection, and when its reply leaves.

A request is under way from the moment when its last byte was received, which is well before its handler gets its turn,
until its reply is written, which may be long after. The HTTP layer knows both; a request that comes without one arrives
when it is looked at, and is under way until it was handled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar


class Arrival:
    """That a request has come.

    Args:
        connection: What it has come through; None for a request from inside the program.
        ns: When its last byte had arrived, a time of `time.monotonic_ns`.
    """

    __slots__ = ("_then", "connection", "ns")

    def __init__(self, connection: object | None, ns: int) -> None:
        self.connection: object | None = connection
        self.ns: int = ns
        self._then: Callable[[], None] | None = None

    def then(self, do: Callable[[], None]) -> None:
        """Call `do` when the first byte of the reply is about to be written, or nobody is there to read it."""
        self._then = do

    def replied(self) -> None:
        """The reply is about to be written, or its reader has left."""
        do, self._then = self._then, None
        if do is not None:
            do()


_arrival: ContextVar[Arrival | None] = ContextVar("_arrival", default=None)


def note_arrival(arrival: Arrival | None) -> None:
    """Let `arrival` be that of the current request."""
    _arrival.set(arrival)


def current_arrival() -> Arrival:
    """How the current request arrived."""
    return _arrival.get() or Arrival(None, time.monotonic_ns())
