"""Finding those that have ended in the lists of a colony: one read answers for all who wait."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import CANCELLED, FAILED, MAX_COUNT, SUCCESS

from colonyos_gen.errors import RPCError
from colonyos_gen.reconnection import passes
from colonyos_gen.waiting.pace import FINAL, LATENESS, LONGEST_PAUSE_S, Cost, Rate
from colonyos_gen.waiting.reading import Reading, all_of
from colonyos_gen.waiting.wait import LONG_AGO, Wait

_SHORTEST_PAUSE_S = 0.008
"""Seconds between two looks while processes end."""
_IDLE_PAUSE_S = {SUCCESS: 0.025, FAILED: 0.1, CANCELLED: 0.25}
"""As many at most while there is somebody who has not waited for long, by how likely each end is."""
_COST_SHARE = 1.0
"""A pause lasts at least as many times as long as the read before it."""
_GROWTH = 1.5
_SPARE = 5
"""How many more processes are asked for than are expected to have ended."""


class EndedLists:
    """The three lists of a colony's ended processes, each looked at when it is worth it.

    The server gives the last that ended first. So a short list is enough if it reaches back to the look before; what it is
    too short to show is read one by one. A process may show up in a list some time after its end, since the server first
    takes the time and then stores it: how much later that was lately is what a list must reach back further.
    """

    def __init__(self, reading: Reading, colonyname: str) -> None:
        self._reading = reading
        self._colonyname = colonyname
        self._lists = {state: _List(state) for state in (SUCCESS, FAILED, CANCELLED)}
        self.refused: bool = False
        """Whether the server does not show the lists to this signer."""

    @property
    def due(self) -> float:
        """When the next look is due, on the clock of the event loop."""
        return min(each.due for each in self._lists.values())

    async def look(self, waits: Sequence[Wait], now: float) -> list[Wait]:
        """Look for `waits` in the lists that are due; returns those that have to be read one by one."""
        due = [each for each in self._lists.values() if each.due <= now]
        found = await all_of(*(self._read(each, waits) for each in due))
        hidden: dict[Wait, None] = {}
        for outcome in found:
            if not isinstance(outcome, RPCError):
                hidden |= dict.fromkeys(outcome)
            elif not passes(outcome):  # each one has an answer of its own
                self.refused = True
        return [each for each in hidden if not each.reached.done()]

    def rest(self, waits: Iterable[Wait], now: float) -> None:
        """Decide when to look next, in the interest of those who still wait."""
        waited = min((now - each.began for each in waits), default=0.0)
        for each in self._lists.values():
            each.rest(waited, now)

    async def _read(self, of: _List, waits: Sequence[Wait]) -> list[Wait]:
        by_id: dict[str, list[Wait]] = {}
        for wait in waits:
            by_id.setdefault(wait.processid, []).append(wait)
        for count in (of.count(), MAX_COUNT):
            began = time.perf_counter()
            try:
                ended = await self._reading.latest(self._colonyname, count, of.state)
            except RPCError:
                of.failed()
                raise
            of.cost.spent(time.perf_counter() - began)
            for process in ended:
                for wait in by_id.get(process.processid, ()):
                    wait.settle(process)
            back_to = LONG_AGO if len(ended) < count else min(each.endtime or LONG_AGO for each in ended)
            hidden = [each for each in waits if not each.reached.done() and each.since[of.state] < back_to]
            if not hidden or count == MAX_COUNT:
                break
        seen_until = of.saw(ended)
        for wait in waits:
            if wait.since[of.state] < seen_until:
                wait.since[of.state] = seen_until
        return hidden


class _List:
    """One of the lists: what it showed last, and when to look at it again."""

    def __init__(self, state: ProcessState) -> None:
        assert state in FINAL
        self.state = state
        self.cost = Cost()
        self.due = 0.0
        self._rate = Rate()
        self._pause = _SHORTEST_PAUSE_S
        self._known: dict[str, None] = {}
        self._newest = LONG_AGO
        self._late = timedelta(seconds=0.05)
        self._looked_at = time.monotonic()
        self._new = 0

    def count(self) -> int:
        """How many processes to ask for: as many as may have ended since the last look, and somewhat more."""
        seconds = time.monotonic() - self._looked_at + self._late.total_seconds()
        return min(MAX_COUNT, _SPARE + int(self._rate.per_second * seconds * 1.3))

    def saw(self, ended: Sequence[Process]) -> datetime:
        """Take note of what it shows now; gives the time until which no further end can show up any more."""
        now = time.monotonic()
        new = [each for each in ended if each.processid not in self._known]
        if self._known:
            self._new = len(new)
            self._rate.happened(len(new), now - self._looked_at)
            for each in new:
                if each.endtime is not None and self._newest > LONG_AGO and each.endtime < self._newest:
                    self._late = max(self._late, min(2 * (self._newest - each.endtime), timedelta(seconds=2)))
        self._late = max(self._late * 0.99, timedelta(seconds=0.05))
        self._looked_at = now
        self._known = {each.processid: None for each in ended}
        self._newest = max((each.endtime for each in ended if each.endtime is not None), default=LONG_AGO)
        return self._newest - self._late if self._newest - LONG_AGO > self._late else LONG_AGO

    def failed(self) -> None:
        """The server could not be asked."""
        self._pause = min(LONGEST_PAUSE_S, self._pause * 2)

    def rest(self, waited: float, now: float) -> None:
        """Decide when to look again, where the one who has waited least has waited for `waited` seconds."""
        if self.due > now:
            return
        longest = min(LONGEST_PAUSE_S, max(_IDLE_PAUSE_S[self.state], LATENESS * waited))
        self._pause = _SHORTEST_PAUSE_S if self._new else min(longest, self._pause * _GROWTH)
        self._new = 0
        self.due = now + max(self._pause, self.cost.seconds * _COST_SHARE)
