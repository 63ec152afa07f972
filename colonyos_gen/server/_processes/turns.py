"""Whose turn it is: how the real server chooses the one listener that hears of a process, for the quirks that need it.

Executors whose assign waits, and subscribers to the processes of a type, are listeners of one kind. They line up at
targets, which are texts: executor type, state and location, one behind the other. A process with a location is told at its
target and, if nobody is there, at that without a location; one without at the first whose text begins with its type and
state, be it that of another location, of a type that goes on with a digit, or of a state with two. Colonies are not told
apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple

from colonyos_gen_wire.types.process import Process

Tell = Callable[[Process], None]


class Ticket(NamedTuple):
    """A place at a target."""

    target: str
    number: int


class Turns:
    """Listeners at their targets, and which comes next at each."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[int, Tell]] = {}
        self._next: dict[str, int] = {}
        self._numbers = itertools.count()

    def join(self, executortype: str, state: int, location: str, tell: Tell) -> Ticket:
        """Line up. `tell` is called with a process at every turn."""
        ticket = Ticket(f"{executortype}{int(state)}{location}", next(self._numbers))
        self._listeners.setdefault(ticket.target, {})[ticket.number] = tell
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give a place up, if it was not given up before."""
        listeners = self._listeners.get(ticket.target, {})
        listeners.pop(ticket.number, None)
        if not listeners:
            self._listeners.pop(ticket.target, None)

    def abandon(self, ticket: Ticket) -> None:
        """Stay, but let the next turn pass unheard, and give the place up then."""
        listeners = self._listeners.get(ticket.target, {})
        if ticket.number in listeners:
            listeners[ticket.number] = lambda _: self.leave(ticket)

    def give(self, process: Process, shown: Process) -> None:
        """Tell whoever comes next of `process`, as `shown`."""
        for target in self._targets(process):
            if listeners := self._listeners.get(target):
                # Who leaves shifts the turns of those behind; nobody starts anew.
                turn = self._next.get(target, 0) % len(listeners)
                self._next[target] = (turn + 1) % len(listeners)
                listeners[list(listeners)[turn]](shown)
                return

    def _targets(self, process: Process) -> Iterable[str]:
        conditions = process.spec.conditions
        kind = f"{conditions.executortype}{int(process.state)}"
        if conditions.locationname:
            return kind + conditions.locationname, kind
        return [target for target in self._listeners if target.startswith(kind)]
