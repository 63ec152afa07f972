"""How a worker is, for whoever looks after it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """How a worker is at one moment (see `Worker.health`)."""

    slots: int
    """How many processes it runs at the same time."""
    busy: int
    """Slots that have a process, hung ones included."""
    hung: int
    """Slots that are lost to functions which were told to stop, and have not for `hung_after` seconds."""
    heard_s: float | None
    """Seconds since the server last answered; None if it has not since the worker was started, or the worker does not run."""
    draining: bool
    """Whether it takes no more processes, and ends when those that run have ended."""
