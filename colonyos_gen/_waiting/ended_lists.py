"""Finding those that have ended in the lists of a colony: one read answers for all who wait."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import CANCELLED, FAILED, MAX_COUNT, SUCCESS

from colonyos_gen._waiting.late_errors import lacks_errors
from colonyos_gen._waiting.pace import AGAIN_S, LATENESS, LONGEST_PAUSE_S, Cost, Rate
from colonyos_gen._waiting.reading import Reading, all_of
from colonyos_gen._waiting.wait import LONG_AGO, Wait
from colonyos_gen.errors import DeniedError, MissingKeyError, RPCError

_SHORTEST_PAUSE_S = 0.008
"""Seconds between two looks while processes end."""
_IDLE_PAUSE_S = {SUCCESS: 0.025, FAILED: 0.1, CANCELLED: 0.25}
"""As many at most while there is somebody who has not waited for long, by how likely each end is."""
_GROWTH = 1.5
_SPARE = 3
"""How many more processes are asked for than are expected to have ended."""
_FAR_S = 2.0
"""Seconds between two looks that reach back far, where processes do not end so often that a list is too short for it."""
_LATE_S = 0.3
"""How much later than its end a process may show up in a list: a server takes the time first, and stores it then."""
_MARGIN = 1.2


class EndedLists:
    """The three lists of a colony's ended processes, each looked at when it is worth it.

    The server gives the last that ended first, and each takes it time. So most looks ask for no more than are expected to
    have ended since the one before. Now and then, and whenever a look shows nothing that was known before, one reaches
    further back, for those that showed up late; what even the longest list is too short to show is read one by one.
    """

    def __init__(self, reading: Reading, colonyname: str) -> None:
        self._reading = reading
        self._colonyname = colonyname
        self._lists = {state: _List(state) for state in (SUCCESS, FAILED, CANCELLED)}
        self._incomplete: dict[Wait, None] = {}
        """Those whose errors a list has not shown yet."""
        self.refused: bool = False
        """Whether the server does not show the lists to this signer."""

    @property
    def due(self) -> float:
        """When the next look is due, on the clock of the event loop."""
        return min(each.due for each in self._lists.values())

    async def look(self, waits: Mapping[str, Wait], now: float) -> list[Wait]:
        """Look for `waits`, by process id, in the lists that are due; returns those that have to be read one by one."""
        due = [each for each in self._lists.values() if each.due <= now]
        hidden: dict[Wait, None] = {}
        for outcome in await all_of(*(self._read(each, waits) for each in due)):
            if not isinstance(outcome, RPCError):
                hidden |= dict.fromkeys(outcome)
            elif isinstance(outcome, DeniedError | MissingKeyError):  # each one has an answer of its own
                self.refused = True
        hidden |= self._incomplete
        self._incomplete.clear()
        return [each for each in hidden if not each.reached.done()]

    def rest(self, waited: float, now: float) -> None:
        """Decide when to look next, in the interest of who has waited least, for `waited` seconds."""
        for each in self._lists.values():
            each.rest(waited, now)

    async def _read(self, of: _List, waits: Mapping[str, Wait]) -> list[Wait]:
        far = of.is_far
        for count in (of.count(), MAX_COUNT):
            ended = await self._latest(of, count, waits)
            if not far:
                of.saw(ended, full=len(ended) == count)
                return []
            back_to = LONG_AGO if len(ended) < count else min(each.endtime or LONG_AGO for each in ended)
            hidden = [
                each for each in waits.values() if not each.reached.done() and each.since[of.state] < back_to
            ]
            if not hidden or count == MAX_COUNT:
                break
        newest = of.saw_far(ended)
        for wait in waits.values():
            wait.since[of.state] = max(wait.since[of.state], newest)
        return hidden

    async def _latest(self, of: _List, count: int, waits: Mapping[str, Wait]) -> list[Process]:
        began = time.perf_counter()
        try:
            ended = await self._reading.latest(self._colonyname, count, of.state)
        except RPCError:
            of.failed()
            raise
        of.succeeded(time.perf_counter() - began)
        for process in ended:
            wait = waits.get(process.processid)
            if wait is None:
                continue
            if lacks_errors(process):
                self._incomplete[wait] = None
            else:
                wait.settle(process)
        return ended


class _List:
    """One of the lists: what it showed last, and when to look at it again."""

    def __init__(self, state: ProcessState) -> None:
        self.state = state
        self.cost = Cost()
        self.due = 0.0
        self._rate = Rate()
        self._pause = _SHORTEST_PAUSE_S
        self._known: dict[str, None] = {}
        self._looked_at = self._far_at = time.monotonic()
        self._far_due = 0.0
        self._has_new = False
        self._failures = 0
        """How often in a row the server could not be asked."""

    @property
    def is_far(self) -> bool:
        """Whether the next look is to reach back to the last one that did."""
        return self._far_due <= time.monotonic()

    def count(self) -> int:
        """How many processes to ask for."""
        now = time.monotonic()
        seconds = now - self._far_at + _LATE_S if self.is_far else now - self._looked_at
        return min(MAX_COUNT, _SPARE + int(self._rate.per_second * seconds * _MARGIN))

    def saw(self, ended: Sequence[Process], *, full: bool) -> None:
        """Take note of what it shows now; with nothing that was known, there may be more, so look far at once."""
        now = time.monotonic()
        new = [each.processid for each in ended if each.processid not in self._known]
        if full and len(new) == len(ended):
            self._far_due = 0.0
        self._rate.happened(len(new), now - self._looked_at)
        self._looked_at = now
        self._has_new = bool(new)
        self._known = {**dict.fromkeys(each.processid for each in ended), **self._known}
        for processid in list(self._known)[MAX_COUNT:]:
            del self._known[processid]

    def saw_far(self, ended: Sequence[Process]) -> datetime:
        """Take note of what it shows down to the last far look; gives when the last of them ended."""
        if self._known:
            self.saw(ended, full=False)
        else:  # nobody knows how many of them are new
            self._looked_at = time.monotonic()
            self._known = dict.fromkeys(each.processid for each in ended)
        self._far_at = self._looked_at
        self._far_due = self._far_at + min(_FAR_S, MAX_COUNT / 2 / max(self._rate.per_second, 1.0))
        return max((each.endtime for each in ended if each.endtime is not None), default=LONG_AGO)

    def succeeded(self, seconds: float) -> None:
        """The server has answered, after so many seconds."""
        self._failures = 0
        self.cost.spent(seconds)

    def failed(self) -> None:
        """The server could not be asked."""
        self._failures += 1

    def rest(self, waited: float, now: float) -> None:
        """Decide when to look again, where the one who has waited least has waited for `waited` seconds."""
        if self.due > now:
            return
        longest = min(LONGEST_PAUSE_S, max(_IDLE_PAUSE_S[self.state], LATENESS * waited))
        self._pause = _SHORTEST_PAUSE_S if self._has_new else min(longest, self._pause * _GROWTH)
        self._has_new = False
        again = AGAIN_S * 2 ** min(self._failures, 10) if self._failures else 0.0
        self.due = now + max(self._pause, self.cost.seconds, min(again, LONGEST_PAUSE_S))
