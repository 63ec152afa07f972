"""Telling subscribers what becomes of processes.

An event is the arrival of a process in a state. A process that waits for its parents has not arrived in WAITING until
they have ended. Events are told once they are final, and to every listener whom they concern.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from colonyos_gen_wire.constants import CANCELLED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.server._clock import Clock
from colonyos_gen.server._processes.lifecycle import is_closed_again, is_released, is_swept_away
from colonyos_gen.server._processes.turns import Turns
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

    def __init__(
        self, records: Records, clock: Clock, quirks: Quirks = STRICT, turns: Turns | None = None
    ) -> None:
        self._turns = turns or Turns()
        self._records = records
        self._clock = clock
        self._quirks = quirks
        self._interested: dict[Interest, dict[Listener, None]] = {}
        self._watching: dict[str, dict[Listener, None]] = {}
        self._in_line = 0
        records.processes.follow(self._follow)

    @property
    def listeners(self) -> int:
        """How many listeners there are."""
        return sum(map(len, self._interested.values())) + self._in_line

    @contextmanager
    def listen(
        self, executortype: str, state: ProcessState, timeout: float, processid: str | None = None
    ) -> Generator[Listener]:
        """Hear of every process of an executor type, or of just one process, that arrives in `state`."""
        listener = Listener(Alarm(self._clock, timeout))
        if processid is None and self._quirks.one_listener_per_event:
            with self._in_turn(executortype, state, listener):
                yield listener
            return
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

    @contextmanager
    def _in_turn(self, executortype: str, state: ProcessState, listener: Listener) -> Generator[None]:
        turns = self._turns
        ticket = turns.join(executortype, state, "", listener.tell)
        self._in_line += 1
        try:
            yield
        finally:
            self._in_line -= 1
            if self._quirks.lost_wakeups and not listener.alarm.expired:
                # The real server finds out that a client has left when it has something for it, or at the timeout.
                turns.abandon(ticket)
                listener.alarm.at_end = lambda: turns.leave(ticket)
            else:
                listener.alarm.cancel()
                turns.leave(ticket)

    def _follow(self, old: Process | None, new: Process | None) -> None:
        if new is None:
            if old is not None and not self._quirks.silent_removals:
                self._tell_of_removal(old.processid)
            return
        again = self._quirks.repeated_pushes and is_closed_again(old, new)
        moved = _place(new) != (None if old is None else _place(old))
        if self._quirks.repeated_pushes and new.state is SUCCESS and (moved or again):
            self._tell_of_children(new)
        if (moved or again) and not _held_back(new) and not self._is_silent(old, new):
            self._tell(new, self._event(old, new), wake=not self._wakes_nobody(old, new))

    def _tell(self, process: Process, event: Process, *, wake: bool = True) -> None:
        executortype = process.spec.conditions.executortype
        for processid in (process.processid, None):
            for listener in self._interested.get((executortype, processid, process.state), ()):
                listener.tell(event)
        if wake and (self._quirks.lost_wakeups or self._quirks.one_listener_per_event):
            self._turns.give(process, event)

    def _tell_of_children(self, process: Process) -> None:
        """What the real server does at each close: whoever waits for a child hears of it, whatever its state."""
        processes = self._records.processes
        parents = [processes.get(processid) for processid in process.parents]
        if all(parent is not None and parent.state is SUCCESS for parent in parents):
            for processid in process.children:
                if (child := processes.get(processid)) is not None:
                    self._tell(child, child)

    def _wakes_nobody(self, old: Process | None, new: Process) -> bool:
        return self._quirks.lost_wakeups and is_released(old, new)

    def _tell_of_removal(self, processid: str) -> None:
        for listener in self._watching.get(processid, ()):
            listener.removed = True
            listener.alarm.ring()

    def _is_silent(self, old: Process | None, new: Process) -> bool:
        quirks = self._quirks
        return (
            (quirks.whole_graph_fails and is_swept_away(old, new))
            or (quirks.silent_workflow_cancel and new.state is CANCELLED and bool(new.processgraphid))
            or (quirks.silent_releases and is_released(old, new))
            # Those who wait for a child have heard of it by the close of its parent.
            or (quirks.repeated_pushes and old is not None and _held_back(old) and new.state is WAITING)
        )

    def _event(self, old: Process | None, new: Process) -> Process:
        """What listeners get to see of `new`."""
        if not self._quirks.stale_pushes or old is None:
            return new
        if new.state is RUNNING:
            return replace(new, execdeadline=old.execdeadline, attributes=old.attributes)
        if new.state is SUCCESS and not self._has_registered(new):
            return replace(new, output=old.output, endtime=old.endtime, attributes=old.attributes)
        if new.state is WAITING and old.assignedexecutorid:
            return replace(
                new,
                assignedexecutorid=old.assignedexecutorid,
                retries=old.retries,
                waitdeadline=old.waitdeadline,
                attributes=old.attributes,
            )
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
