"""Telling subscribers what becomes of processes.

An event is the arrival of a process in a state. A process that waits for its parents has not arrived in WAITING until
they have ended. Events are told once they are final, and to every listener whom they concern.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server.alarm import Alarm
from colonyos_gen.server.clock import Clock
from colonyos_gen.server.store import Table

Key = TypeVar("Key")

BACKLOG_LIMIT = 10_000
"""Events that may wait for a listener who takes none, before it is given up."""

Interest = tuple[str, str | None, ProcessState]
"""An executor type, a process or None for any, and a state."""


class Listener:
    """The events that one subscriber has not taken yet."""

    def __init__(self, alarm: Alarm) -> None:
        self.alarm = alarm
        self.removed = False
        """Whether the process that it listens to is no more."""
        self.overrun: bool = False
        """Whether events were lost, because too many had been waiting."""
        self._events: deque[Process] = deque()

    def tell(self, process: Process) -> None:
        """Add an event, unless the time of the listener is over."""
        if self.alarm.expired:
            return
        if len(self._events) >= BACKLOG_LIMIT:
            self._events.clear()
            self.overrun = True
        if not self.overrun:
            self._events.append(process)
        self.alarm.ring()

    def take(self) -> Process | None:
        """The event that has waited longest, if there is one."""
        return self._events.popleft() if self._events else None


class ProcessEvents:
    """Follows the table of processes, and tells listeners of events."""

    def __init__(self, processes: Table[Process], clock: Clock) -> None:
        self._clock = clock
        self._interested: dict[Interest, dict[Listener, None]] = {}
        self._watching: dict[str, dict[Listener, None]] = {}
        processes.follow(self._follow)

    @property
    def listeners(self) -> int:
        """How many listeners there are."""
        return sum(map(len, self._interested.values()))

    @contextmanager
    def listen(
        self, executortype: str, state: ProcessState, timeout: float, processid: str | None = None
    ) -> Generator[Listener]:
        """Hear of every process of an executor type, or of just one process, that arrives in `state`."""
        listener = Listener(Alarm(self._clock, timeout))
        interest: Interest = executortype, processid, state
        self._interested.setdefault(interest, {})[listener] = None
        if processid is not None:
            self._watching.setdefault(processid, {})[listener] = None
        try:
            yield listener
        finally:
            listener.alarm.cancel()
            _discard(self._interested, interest, listener)
            if processid is not None:
                _discard(self._watching, processid, listener)

    def _follow(self, old: Process | None, new: Process | None) -> None:
        if new is None:
            for listener in self._watching.get(old.processid, ()) if old is not None else ():
                listener.removed = True
                listener.alarm.ring()
        elif _place(new) != (None if old is None else _place(old)) and not _held_back(new):
            executortype = new.spec.conditions.executortype
            for processid in (new.processid, None):
                for listener in self._interested.get((executortype, processid, new.state), ()):
                    listener.tell(new)


def _held_back(process: Process) -> bool:
    return process.state is WAITING and process.waitforparents


def _place(process: Process) -> tuple[ProcessState, bool]:
    return process.state, _held_back(process)


def _discard(table: dict[Key, dict[Listener, None]], key: Key, listener: Listener) -> None:
    listeners = table[key]
    del listeners[listener]
    if not listeners:
        del table[key]
