"""Those who wait for processes of one colony, as far as lists can show these."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from colonyos_gen._waiting.ended_lists import EndedLists
from colonyos_gen._waiting.pace import reads_in_turn
from colonyos_gen._waiting.reading import Reading
from colonyos_gen._waiting.wait import Wait
from colonyos_gen._waiting.workflow_members import WorkflowMembers

FEW = 3
"""As many are read one by one; for more, lists are looked at."""
RECENT_S = 2.0
"""Those that have waited for less count as recent; the others can be looked at seldom."""
_SWEEP_S = 0.5
"""Seconds between two reads of those whose turn it is, unless there are so many who wait that it takes more."""


class Colony:
    """The waits of one colony, and what is known of its lists and workflows.

    There may be thousands of waits, and lists are looked at often, so nothing here goes through all of them each time.
    """

    def __init__(self, reading: Reading, colonyname: str) -> None:
        self.waits: dict[str, Wait] = {}
        """By the id of the process, those that came last at the end."""
        self.lists: EndedLists = EndedLists(reading, colonyname)
        self.looking: bool = False
        """Whether its lists are being looked at."""
        self.looking_at_members: bool = False
        self._members: set[Wait] = set()
        """Those that wait for processes of workflows."""
        self._reading = reading
        self._swept_at = 0.0
        """When one was read last whose turn it was."""

    @functools.cached_property
    def members(self) -> WorkflowMembers:
        """What finds those that wait for processes of workflows."""
        return WorkflowMembers(self._reading)

    def add(self, wait: Wait, now: float) -> None:
        """Look after a wait from `now` on."""
        wait.listed_at = now
        # It would take the place of one that has been told and is about to go, out of the sequence.
        self.waits.pop(wait.processid, None)
        self.waits[wait.processid] = wait
        if wait.processgraphid:
            self._members.add(wait)

    def discard(self, wait: Wait) -> None:
        """Look after it no longer."""
        self._members.discard(wait)
        if self.waits.get(wait.processid) is wait:
            del self.waits[wait.processid]

    def alone(self, now: float) -> tuple[list[Wait], bool]:
        """Those who are to be read one by one, and whether the others are to be looked for in the lists.

        Recent and older ones count apart: a few of either kind are read, as what they need is not what the others need.
        """
        if self.lists.refused:
            return [wait for wait in self.waits.values() if not wait.reached.done()], False
        older = _few(self.waits.values(), lambda wait: now - wait.listed_at >= RECENT_S)
        recent = _few(reversed(self.waits.values()), lambda wait: now - wait.listed_at < RECENT_S)
        return (older or []) + (recent or []), older is None or recent is None

    async def look(self, now: float) -> list[Wait]:
        """Look for all of them in the lists that are due; returns those that have to be read one by one."""
        return [*await self.lists.look(self.waits, now), *self._in_turn(now)]

    def rest(self, now: float) -> None:
        """Decide when to look at the lists next, in the interest of who has waited least."""
        newest = next(reversed(self.waits.values()), None)
        self.lists.rest(0.0 if newest is None else now - newest.began, now)

    @property
    def members_waited_for(self) -> list[Wait]:
        """Those that wait for processes of workflows."""
        return [wait for wait in self._members if not wait.reached.done()]

    def _in_turn(self, now: float) -> list[Wait]:
        """A few of those who have not been read for longest."""
        elapsed = now - self._swept_at
        if elapsed < _SWEEP_S:
            return []
        self._swept_at = now
        pending = [
            wait
            for wait in self.waits.values()
            if not wait.reached.done() and now - wait.read_at >= RECENT_S / 2
        ]
        count = reads_in_turn(len(pending), elapsed, self._reading.of_one.seconds)
        return sorted(pending, key=lambda wait: wait.read_at)[:count]


def _few(waits: Iterable[Wait], belongs: Callable[[Wait], bool]) -> list[Wait] | None:
    """Those at the beginning of `waits` that belong together, or None if they are more than a few."""
    found: list[Wait] = []
    for wait in waits:
        if wait.reached.done():
            continue
        if not belongs(wait):
            break
        found.append(wait)
        if len(found) > FEW:
            return None
    return found
