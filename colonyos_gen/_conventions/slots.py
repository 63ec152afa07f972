"""The slots of a worker, as seen by what its functions call."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Protocol

from colonyos_gen_wire import Process


class Slots:
    """How many processes a worker runs at the same time, and which of them wait for others."""

    def __init__(self, size: int) -> None:
        self.size: int = size
        """How many there are."""
        self._lock = threading.Lock()
        self._waiting: Counter[Slot] = Counter()

    def begin_waiting(self, slot: Slot) -> bool:
        """The function in a slot waits; whether all slots are taken by functions that do."""
        with self._lock:
            self._waiting[slot] += 1
            return sum(not each.is_free for each in self._waiting) >= self.size

    def end_waiting(self, slot: Slot) -> None:
        """It has what it waited for."""
        with self._lock:
            self._waiting[slot] -= 1
            if self._waiting[slot] <= 0:
                del self._waiting[slot]

    def forget(self, slot: Slot) -> None:
        """The function in a slot has ended, and so has all that it waited for."""
        with self._lock:
            self._waiting.pop(slot, None)


class OwnSlot(Protocol):
    """What one process takes of a worker, as the function sees it that runs for it."""

    @property
    def process(self) -> Process:
        """The process that it is taken by."""
        ...

    @property
    def size(self) -> int:
        """How many slots the worker has."""
        ...

    def waiting(self) -> AbstractContextManager[bool]:
        """Within the block the function waits; whether all slots are taken by functions that do."""
        ...


class Slot:
    """What one process takes of a worker."""

    def __init__(self, slots: Slots, process: Process) -> None:
        self.slots: Slots = slots
        """What it is one of."""
        self.process: Process = process
        """The process that it is taken by."""
        self.is_free: bool = False
        """Whether the function has ended."""

    @property
    def size(self) -> int:
        """How many slots the worker has."""
        return self.slots.size

    @contextlib.contextmanager
    def waiting(self) -> Generator[bool]:
        """Within the block the function waits; whether all slots are taken by functions that do."""
        all_wait = self.slots.begin_waiting(self)
        try:
            yield all_wait
        finally:
            self.slots.end_waiting(self)


own_slot: ContextVar[OwnSlot | None] = ContextVar("colonyos_gen.own_slot", default=None)
"""The slot of the function that runs here; None outside of functions of workers."""
