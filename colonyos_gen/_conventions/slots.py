"""The slots of a worker, as seen by what its functions call."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Generator
from contextvars import ContextVar

from colonyos_gen_wire import Process


class Slots:
    """How many processes a worker runs at the same time, and which of them wait for others."""

    def __init__(self, size: int) -> None:
        self.size: int = size
        """How many there are."""
        self._lock = threading.Lock()
        self._waiting: Counter[Slot] = Counter()

    @contextlib.contextmanager
    def waiting(self, slot: Slot) -> Generator[bool]:
        """Within the block the function in a slot waits; whether all slots are taken by functions that do."""
        with self._lock:
            self._waiting[slot] += 1
            all_wait = sum(not each.is_free for each in self._waiting) >= self.size
        try:
            yield all_wait
        finally:
            with self._lock:
                self._waiting[slot] -= 1
                if not self._waiting[slot]:
                    del self._waiting[slot]


class Slot:
    """What one process takes of a worker."""

    def __init__(self, slots: Slots, process: Process) -> None:
        self.slots: Slots = slots
        """What it is one of."""
        self.process: Process = process
        """The process that it is taken by."""
        self.is_free: bool = False
        """Whether the function has ended."""


own_slot: ContextVar[Slot | None] = ContextVar("colonyos_gen.own_slot", default=None)
"""The slot of the function that runs here; None outside of functions of workers."""
