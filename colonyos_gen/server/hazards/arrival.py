"""When the current request had arrived, and through which connection.

A request counts as under way from the moment when its last byte was received, which is well before its handler gets its
turn. The HTTP layer knows; requests that come without one arrive when they are looked at.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import NamedTuple


class Arrival(NamedTuple):
    """A connection, or None for a request from inside the program, and a time of `time.monotonic_ns`."""

    connection: object | None
    ns: int


_arrival: ContextVar[Arrival | None] = ContextVar("_arrival", default=None)


def note_arrival(arrival: Arrival | None) -> None:
    """Let `arrival` be that of the current request."""
    _arrival.set(arrival)


def current_arrival() -> Arrival:
    """How the current request arrived."""
    return _arrival.get() or Arrival(None, time.monotonic_ns())
