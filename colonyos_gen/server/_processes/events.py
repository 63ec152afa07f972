"""Telling subscribers what becomes of processes.

An event is the arrival of a process in a state. A process that waits for its parents has not arrived in WAITING until
they have ended. Events are told once they are final, and to every listener whom they concern.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from colonyos_gen_wire.constants import CANCELLED, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.server._clock import Clock
from colonyos_gen.server._processes.lifecycle import is_released, is_swept_away
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records, colony_of
from colonyos_gen.server._time.alarm import Alarm

Key = TypeVar("Key")

BACKLOG_LIMIT = 10_000
"""Events that may wait for a listener who takes none, before it is given up."""

Interest = tuple[str, str | None, ProcessState]
"""An executor type, a process or None for any, and a state."""


class Listener:
    """The events that one subscriber has not taken yet."""

    def __init__(self, alarm: Alarm) -> None:
        self.alarm = alarm
        self.removed: bool = False
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

    def __init__(self, records: Records, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._clock = clock
        self._quirks = quirks
        self._interested: dict[Interest, dict[Listener, None]] = {}
        self._watching: dict[str, dict[Listener, None]] = {}
        records.processes.follow(self._follow)

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
            if old is not None and not self._quirks.silent_removals:
                self._tell_of_removal(old.processid)
        elif (
            _place(new) != (None if old is None else _place(old))
            and not _held_back(new)
            and not self._is_silent(old, new)
        ):
            executortype, event = new.spec.conditions.executortype, self._event(old, new)
            for listener in self._interested.get((executortype, new.processid, new.state), ()):
                listener.tell(event)
            for listener in self._next_listeners((executortype, None, new.state)):
                listener.tell(event)

    def _tell_of_removal(self, processid: str) -> None:
        for listener in self._watching.get(processid, ()):
            listener.removed = True
            listener.alarm.ring()

    def _next_listeners(self, interest: Interest) -> list[Listener]:
        listeners = self._interested.get(interest, {})
        if not self._quirks.one_listener_per_event or not listeners:
            return list(listeners)
        first = next(iter(listeners))
        del listeners[first]
        listeners[first] = None
        return [first]

    def _is_silent(self, old: Process | None, new: Process) -> bool:
        quirks = self._quirks
        return (
            (quirks.whole_graph_fails and is_swept_away(old, new))
            or (quirks.silent_workflow_cancel and new.state is CANCELLED and bool(new.processgraphid))
            or (quirks.silent_releases and is_released(old, new))
        )

    def _event(self, old: Process | None, new: Process) -> Process:
        """What listeners get to see of `new`."""
        if not self._quirks.stale_pushes or old is None:
            return new
        if new.state is SUCCESS and not self._has_registered(new):
            return replace(new, output=old.output, endtime=old.endtime)
        if new.state is WAITING and old.assignedexecutorid:
            return replace(new, isassigned=old.isassigned, assignedexecutorid=old.assignedexecutorid)
        return new

    def _has_registered(self, process: Process) -> bool:
        """Whether the executor of a process has registered the function that it runs."""
        colonyname = colony_of(process)
        executor = self._records.executor_of(colonyname, process.assignedexecutorid, approved=False)
        if executor is None:
            return False
        functions = self._records.functions_of_executor.find((colonyname, executor.executorname))
        return any(function.funcname == process.spec.funcname for function in functions)


def _held_back(process: Process) -> bool:
    return process.state is WAITING and process.waitforparents


def _place(process: Process) -> tuple[ProcessState, bool]:
    return process.state, _held_back(process)


def _discard(table: dict[Key, dict[Listener, None]], key: Key, listener: Listener) -> None:
    listeners = table[key]
    del listeners[listener]
    if not listeners:
        del table[key]
