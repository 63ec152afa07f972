"""What the server does unasked: ending what has passed its deadline, and forgetting executors that fell silent.

Deadlines lie in a heap, so a check looks only at those that have passed, not at every process. Of those with the same
deadline, as members of a workflow have, the one that was there first ends first.

Rows say by the clock on the wall when a deadline is; what counts is that as much attended time has passed as was left when
it was set, or when the server was started. A machine without a clock of its own that learns the time while work is under
way, or one that has slept, would else fail all of it, though nobody has had a minute too long. The real server compares
with the clock on the wall; where no clock is set, the two agree.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import math
from collections.abc import Generator, Iterable
from datetime import datetime

from colonyos_gen_wire.constants import MAX_WAITING_CHECKED, STALE_EXECUTOR_S, UNREGISTERED, WAITING
from colonyos_gen_wire.terminal import visible
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.server._clock import NS_PER_S, Clock, moment, nanoseconds
from colonyos_gen.server._processes.lifecycle import deadline, expired
from colonyos_gen.server._processes.silence import Silence
from colonyos_gen.server._processes.unregister import unregister
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._time.attended import Attended

logger: logging.Logger = logging.getLogger(__name__)

_MOST_STALE = 1000
"""Entries of deadlines that were met or moved, before they are looked for."""
_AT_ONCE = 200
"""Processes that are ended in one turn of the event loop."""


class Checker:
    """The checks, each to be made periodically."""

    def __init__(
        self,
        records: Records,
        store: Store,
        clock: Clock,
        *,
        stale_after: float = STALE_EXECUTOR_S,
        quirks: Quirks = STRICT,
    ) -> None:
        self._quirks = quirks
        self._records = records
        self._store = store
        self._clock = clock
        self._attended = Attended(clock)
        self.silence: Silence = Silence(records, clock, self._attended, quirks)
        """For how long executors have not been heard."""
        self._stale_ns = round(stale_after * NS_PER_S)
        self._deadlines: dict[str, datetime] = {}
        self._heap: list[tuple[int, int, str, datetime]] = []
        self._latest: tuple[datetime | None, int] = None, 0
        self._numbers = itertools.count()
        self._spared: frozenset[str] = frozenset()
        records.processes.watch(self._follow)

    def start(self) -> None:
        """The server is there again, and attends from now on."""
        self.silence.start()
        # What was left when the server stopped may be over: others have only the deadline in the row to go by.
        self._latest = None, 0
        self._heap = [
            (self._attended_at(due), number, processid, due)
            for _, number, processid, due in sorted(self._heap, key=lambda entry: (entry[3], entry[1]))
        ]
        heapq.heapify(self._heap)

    def check_deadlines(self) -> bool:
        """Fail, or put back into the queue, the processes whose deadline has passed; True if there are more of them."""
        attended = self._attended.now_ns()
        if not self._heap or self._heap[0][0] >= attended:
            return False
        now = moment(self._clock.now_ns())
        overlooked: list[tuple[int, int, str, datetime]] = []
        examined = self._examined()
        ended = 0
        while self._heap and self._heap[0][0] < attended and ended < _AT_ONCE:
            at, number, processid, due = heapq.heappop(self._heap)
            # Entries of deadlines that were met or moved are still in the heap; they mean nothing.
            if self._deadlines.get(processid) == due:
                process = self._records.processes.get(processid)
                if process is None or deadline(process) != due:
                    continue
                if process.state is WAITING and process.prioritytime > examined:
                    overlooked.append((at, number, processid, due))
                else:
                    self._records.processes.put(expired(process, now))
                    ended += 1
        for entry in overlooked:
            heapq.heappush(self._heap, entry)
        return ended == _AT_ONCE

    def _examined(self) -> float:
        """The priority time up to which waiting processes are looked at."""
        if not self._quirks.short_deadline_check:
            return math.inf
        find = self._records.active_processes.find
        waiting = [
            process.prioritytime
            for colony in self._records.colonies
            for process in find((colony.name, WAITING), MAX_WAITING_CHECKED)
        ]
        first = heapq.nsmallest(MAX_WAITING_CHECKED, waiting)
        return first[-1] if len(first) == MAX_WAITING_CHECKED else math.inf

    def check_executors(self) -> bool:
        """Unregister executors that have called assign once, but not for too long a time; True if there are more."""
        for executor in self._records.executors:
            if executor.state is UNREGISTERED or executor.executorid in self._spared:
                continue
            silent_ns = self.silence.of(executor)
            if silent_ns is not None and silent_ns > self._stale_ns:
                logger.info("executor %s fell silent and is unregistered", visible(executor.executorname))
                unregister(self._records, executor, self._quirks)
                return True
        return False

    @contextlib.contextmanager
    def sparing(self, executors: Iterable[Executor]) -> Generator[None]:
        """Let none of `executors` count as silent for as long as the block lasts; at its end they are heard."""
        self._spared = frozenset(executor.executorid for executor in executors)
        try:
            yield
        finally:
            now, spared, self._spared = moment(self._clock.now_ns()), self._spared, frozenset()
            for executor in self._records.executors:
                if executor.executorid in spared:
                    self._records.executors.put(replace(executor, lastheardfromtime=now))
            self._store.commit()

    def _follow(self, old: Process | None, new: Process | None) -> None:
        process = new or old
        if process is None:
            return
        due = None if new is None else deadline(new)
        if due is None:
            self._deadlines.pop(process.processid, None)
        elif self._deadlines.get(process.processid) != due:
            self._deadlines[process.processid] = due
            at = self._attended_at(due)
            heapq.heappush(self._heap, (at, next(self._numbers), process.processid, due))
            if len(self._heap) > _MOST_STALE + 2 * len(self._deadlines):
                self._heap = [each for each in self._heap if self._deadlines.get(each[2]) == each[3]]
                heapq.heapify(self._heap)

    def _attended_at(self, due: datetime) -> int:
        """The attended time at which it will be `due`, if nobody sets the clock until then; equal for equals in a row."""
        if self._latest[0] != due:
            left = nanoseconds(due) - self._clock.now_ns()
            self._latest = due, self._attended.now_ns() + left
        return self._latest[1]
