"""One assignment of a process to this executor, and how to see that it is over."""

from __future__ import annotations

import time
from dataclasses import dataclass

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, WAITING

from colonyos_gen.worker._telling.failure_text import plain_text

DOUBT_S = 2.0
"""Seconds before its deadline from which a process may be taken back although its close was accepted."""
CANCELLED_REASON = "it was cancelled"
"""Why an attempt is over that somebody has cancelled."""


def goes_back(process: Process) -> bool:
    """Whether the server gives a process to another worker, once this attempt at it has passed its deadline."""
    spec = process.spec
    return spec.maxexectime > 0 and (spec.maxretries < 0 or process.retries < spec.maxretries)


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One assignment of a process to this executor."""

    processid: str
    executorid: str
    """Identity of this executor."""
    retries: int | None = None
    """How many attempts had expired before; None if the assignment could not be read."""
    deadline: float | None = None
    """When (`time.monotonic`) the server may take the process back; None for never, or if that is unknown."""
    doubt: float = 0.0
    """Seconds before the deadline from which an accepted close or fail proves nothing by itself."""

    @classmethod
    def of(cls, process: Process, *, found: bool = False) -> Attempt:
        """The attempt that begins now; with `found` one that began earlier, nobody knows when."""
        limit = process.spec.maxexectime
        if limit <= 0:
            return cls(process.processid, process.assignedexecutorid, process.retries)
        # The deadline in an assign reply may be that of an earlier attempt, so it is counted from here.
        deadline = time.monotonic() + (0 if found else limit)
        return cls(
            process.processid, process.assignedexecutorid, process.retries, deadline, min(DOUBT_S, limit / 2)
        )

    @property
    def is_doubtful(self) -> bool:
        """Whether it is so late that what the server accepts now it may undo by itself."""
        return self.deadline is not None and time.monotonic() >= self.deadline - self.doubt

    def why_over(self, found: Process) -> str:
        """Why the attempt is over, given the process as it is now; empty if it is not."""
        if found.state is CANCELLED:
            return CANCELLED_REASON
        if found.state is FAILED:
            return plain_text(
                "it was failed by the server: " + ("; ".join(found.errors) or "with its workflow")
            )
        if found.state is WAITING:
            return "the server took it back"
        if found.assignedexecutorid != self.executorid:
            return "the server gave it to another executor"
        # Times of an assign reply may be a little off those that are stored.
        if self.retries is not None and found.retries != self.retries:
            return "the server took it back, and assigned it anew"
        if found.state is not RUNNING:
            return "it was closed by somebody else"
        return ""
