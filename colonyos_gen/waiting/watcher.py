"""Telling those who wait for processes, with as few reads as that takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.method import Key

from colonyos_gen.errors import RPCError, closed_error
from colonyos_gen.reconnection import passes
from colonyos_gen.waiting.ended_lists import EndedLists
from colonyos_gen.waiting.pace import FINAL, LONGEST_PAUSE_S, pause_after
from colonyos_gen.waiting.reading import Attend, Reading, all_of
from colonyos_gen.waiting.wait import Wait
from colonyos_gen.waiting.workflow_members import WorkflowMembers

_FEW = 3
"""As many are read one by one; for more, lists are looked at."""
_RECENT_S = 2.0
"""Those that have waited for less count as recent; the others can be looked at seldom."""
_EACH_WITHIN_S = 60.0
"""Seconds within which everybody is read once, whatever the lists say: nothing else shows that a process was removed."""
_SWEEP_S = 0.5
"""Seconds between two such reads, unless there are so many who wait that it takes more."""
_AGAIN_S = 0.05
"""Seconds before the server is asked again after it could not be reached, at first; doubled each time."""


class Watcher:
    """Tells when processes reach a state: for all who wait for them over one client, in the name of one signer.

    A process is read again 2 ms after the wait began, then ever later: after at most a twentieth of the time that it has been
    waited for, and never more than 2 seconds. Where more than a few are waited for, the lists of the processes that
    ended last answer for all of them at once, at a pace that follows how often processes end and what a list costs.
    What no list shows is read one by one: those that became FAILED or CANCELLED with their workflow, those that were
    removed, and states that are not final.

    Restarts of the server and broken connections are bridged for as long as somebody waits. Nothing runs unless somebody
    does. All methods belong to the event loop of the client.
    """

    def __init__(self, attend: Attend, prvkey: Key | None = None) -> None:
        self._reading = Reading(attend, prvkey)
        self._members = WorkflowMembers(self._reading)
        self._lists: dict[str, EndedLists] = {}
        self._waits: dict[tuple[str, frozenset[ProcessState]], Wait] = {}
        self._task: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()
        self._until = 0.0
        self._swept_at = 0.0

    async def final(self, process: Process) -> Process:
        """The process as it is stored once it has reached a final state; at least one read is made.

        Cancelling the wait leaves the process as it is.

        Raises:
            RPCError: The process cannot be read: it was removed, or the signer may not; or the client is closed.
        """
        return await self._reaching(process, FINAL)

    async def reaches(self, process: Process, state: ProcessState) -> Process:
        """The same once it is in `state`, or in a final one. A state that lasts for a moment only may go unseen."""
        return await self._reaching(process, FINAL | {state})

    async def changed(self, process: Process) -> Process:
        """The same once it is in another state than `process`, which must not be final."""
        return await self._reaching(process, frozenset(ProcessState) - {process.state})

    def close(self) -> None:
        """End all waits: they raise what using a closed client raises."""
        for wait in list(self._waits.values()):
            wait.settle(closed_error())

    async def _reaching(self, process: Process, goal: frozenset[ProcessState]) -> Process:
        key = process.processid, goal
        wait = self._waits.get(key)
        if wait is None or wait.reached.done():
            wait = self._waits[key] = Wait(process, goal)
            if wait.due < self._until:
                self._stirred.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="colonyos_gen.Watcher")
        wait.waiters += 1
        try:
            return await asyncio.shield(wait.reached)
        finally:
            wait.waiters -= 1
            if not wait.waiters:
                self._forget(key, wait)

    def _forget(self, key: tuple[str, frozenset[ProcessState]], wait: Wait) -> None:
        wait.reached.cancel()
        if self._waits.get(key) is wait:
            del self._waits[key]
        if not self._waits:
            self._stirred.set()

    async def _watch(self) -> None:
        try:
            while self._waits:
                await self._look()
        except Exception as error:  # whatever it is, nobody may wait for a watcher that has stopped
            for wait in list(self._waits.values()):
                if not wait.reached.done():
                    wait.reached.set_exception(error)
        finally:
            self._task = None

    async def _look(self) -> None:
        """Sleep until the next look is due, and take it."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        alone, listed = self._divided(now)
        dues = [wait.due for wait in alone]
        dues += [self._lists[colonyname].due for colonyname in listed]
        self._until = min(dues, default=now + LONGEST_PAUSE_S)
        if self._until > now:
            self._stirred.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._until):
                    await self._stirred.wait()
            return
        self._until = 0.0
        due = [wait for wait in alone if wait.due <= now]
        lists = [
            self._look_at_lists(colonyname, waits)
            for colonyname, waits in listed.items()
            if self._lists[colonyname].due <= now
        ]
        await asyncio.gather(self._read(due, len(alone)), *lists)

    def _divided(self, now: float) -> tuple[list[Wait], dict[str, list[Wait]]]:
        """Those who are to be read one by one, and those to be looked for in the lists of each colony."""
        alone: list[Wait] = []
        recent: dict[str, list[Wait]] = {}
        older: dict[str, list[Wait]] = {}
        for wait in self._waits.values():
            if wait.reached.done():
                continue
            lists = self._lists.get(wait.colonyname)
            if not wait.shown_by_lists or (lists is not None and lists.refused):
                alone.append(wait)
            else:
                kind = recent if now - wait.began < _RECENT_S else older
                kind.setdefault(wait.colonyname, []).append(wait)
        listed: dict[str, list[Wait]] = {}
        for kind in (recent, older):
            for colonyname, waits in kind.items():
                if len(waits) <= _FEW:
                    alone += waits
                else:
                    listed.setdefault(colonyname, []).extend(waits)
        for colonyname in listed:
            if colonyname not in self._lists:
                self._lists[colonyname] = EndedLists(self._reading, colonyname)
        return alone, listed

    async def _look_at_lists(self, colonyname: str, waits: Sequence[Wait]) -> None:
        lists = self._lists[colonyname]
        loop = asyncio.get_running_loop()
        unseen = await lists.look(waits, loop.time())
        unseen += self._in_turn(waits, loop.time())
        unseen += await self._members.ended([wait for wait in waits if not wait.reached.done()])
        await self._read(dict.fromkeys(unseen), len(waits))
        lists.rest([wait for wait in waits if not wait.reached.done()], loop.time())

    def _in_turn(self, waits: Sequence[Wait], now: float) -> list[Wait]:
        """A few of those who have not been read for longest."""
        elapsed = now - self._swept_at
        if elapsed < _SWEEP_S:
            return []
        self._swept_at = now
        pending = [wait for wait in waits if not wait.reached.done() and now - wait.read_at >= _RECENT_S / 2]
        count = max(1, int(len(pending) * min(elapsed, LONGEST_PAUSE_S) / _EACH_WITHIN_S))
        return sorted(pending, key=lambda wait: wait.read_at)[:count]

    async def _read(self, waits: Iterable[Wait], together: int) -> None:
        """Read processes one by one, as many at once as the client lets; `together` says how many are read in this way."""
        waits = list(waits)
        outcomes = await all_of(*(self._reading.process(wait.processid) for wait in waits))
        now = asyncio.get_running_loop().time()
        cost = self._reading.of_one.seconds * max(1, together)
        for wait, outcome in zip(waits, outcomes, strict=True):
            wait.read_at = now
            if isinstance(outcome, RPCError):
                self._not_read(wait, outcome, now)
                continue
            wait.failures = 0
            wait.due = now + pause_after(now - wait.began, cost)
            self._take(wait, outcome)

    def _not_read(self, wait: Wait, error: RPCError, now: float) -> None:
        if not passes(error):
            wait.settle(error)
            return
        wait.failures += 1
        pause = min(LONGEST_PAUSE_S, _AGAIN_S * 2 ** min(wait.failures, 10))
        wait.due = now + max(pause, pause_after(now - wait.began))

    def _take(self, wait: Wait, process: Process) -> None:
        wait.colonyname = process.spec.conditions.colonyname
        wait.processgraphid = process.processgraphid
        if process.state in wait.goal:
            wait.settle(process)
