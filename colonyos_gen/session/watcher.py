"""Waiting for processes to end: any number of them over a few connections."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import MAX_COUNT

from colonyos_gen.client import AsyncClient
from colonyos_gen.errors import RPCError
from colonyos_gen.process_stream import FINAL
from colonyos_gen.reconnection import passes

_STREAMS = 8
"""Up to this many processes have a subscription each."""
_STREAMS_OF_MANY = 4
"""As many have one where there are more: they tell when it is worth to look at the rest."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 2.0
_READ_S = 10.0
_AT_ONCE = 8
_IN_TURN = 4
_SHORT_LIST = 25
_LATE = timedelta(seconds=0.5)
"""How much later than its end a process may show up in a list."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Watched:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.ended: asyncio.Future[Process] = asyncio.get_running_loop().create_future()
        self.waiters = 0
        self.since = dict.fromkeys(FINAL, process.submissiontime or _LONG_AGO)
        """It has not ended in this state before, or it would have been noticed."""


class Watcher:
    """Tells when processes have ended.

    A few processes are watched like any single one: each by a subscription, and by looks at it (`process_events`). Of many,
    a few are, and the rest is looked for in the lists of ended processes, at most twice a second and less often when
    nothing happens; the server makes these from the latest on, so that they are cheap. What a list is too short to show is
    read one by one, and so are a few of the rest in turn, whatever the lists say.

    Nothing runs unless somebody waits. All methods belong to the event loop of the client.
    """

    def __init__(self, rpc: AsyncClient, colonyname: str) -> None:
        self._rpc = rpc
        self._colonyname = colonyname
        self._watched: dict[str, _Watched] = {}
        self._task: asyncio.Task[None] | None = None
        self._streams: dict[str, asyncio.Task[None]] = {}
        self._stirred = asyncio.Event()
        self._turn = itertools.count()

    async def final(self, process: Process) -> Process:
        """The process as it is stored once it has reached a final state.

        Restarts of the server and broken connections are bridged for as long as it takes.

        Raises:
            RPCError: The process cannot be read: it was removed, or the signer may not.
        """
        watched = self._watched.get(process.processid)
        if watched is None:
            watched = self._watched[process.processid] = _Watched(process)
            self._stirred.set()
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="colonyos_gen.Watcher")
        watched.waiters += 1
        try:
            return await asyncio.shield(watched.ended)
        finally:
            watched.waiters -= 1
            if not watched.waiters:
                self._forget(watched)

    def _forget(self, watched: _Watched) -> None:
        processid = watched.process.processid
        if self._watched.get(processid) is watched:
            del self._watched[processid]
            if processid in self._streams:
                self._streams.pop(processid).cancel()
            if not self._watched and self._task is not None:
                self._task.cancel()
                self._task = None

    def _settle(self, processid: str, outcome: Process | RPCError) -> None:
        if not self._is_pending(processid):
            return
        if isinstance(outcome, RPCError):
            self._watched[processid].ended.set_exception(outcome)
        else:
            self._watched[processid].ended.set_result(outcome)
        self._stirred.set()

    def _pending(self) -> list[str]:
        return [processid for processid in self._watched if self._is_pending(processid)]

    def _is_pending(self, processid: str) -> bool:
        watched = self._watched.get(processid)
        return watched is not None and not watched.ended.done()

    async def _watch(self) -> None:
        try:
            await self._look_until_cancelled()
        except Exception as error:  # whatever it is, nobody may wait for a watcher that has stopped
            self._task = None
            for watched in self._watched.values():
                if not watched.ended.done():
                    watched.ended.set_exception(error)

    async def _look_until_cancelled(self) -> None:
        now = asyncio.get_running_loop().time
        pause, due, fresh = _FIRST_PAUSE_S, now() + _FIRST_PAUSE_S, True
        while True:
            pending = self._pending()
            few = len(pending) <= _STREAMS
            if few or fresh:  # of many, no faster than they are looked at: each subscription is a connection
                self._subscribe(pending, _STREAMS if few else _STREAMS_OF_MANY)
                fresh = False
            self._stirred.clear()
            try:
                async with asyncio.timeout_at(due):
                    await self._stirred.wait()
            except TimeoutError:
                found = await self._look_for([each for each in self._pending() if each not in self._streams])
                pause = _FIRST_PAUSE_S if found else min(pause * 2, _LONGEST_PAUSE_S)
                due, fresh = now() + pause, True
            else:
                pause = _FIRST_PAUSE_S
                due = min(due, now() + pause)

    def _subscribe(self, pending: list[str], limit: int) -> None:
        for processid in pending:
            if len(self._streams) >= limit:
                return
            if processid not in self._streams:
                task = asyncio.create_task(self._follow(self._watched[processid].process))
                self._streams[processid] = task

    async def _follow(self, process: Process) -> None:
        processid = process.processid
        try:
            async with self._rpc.process_events(process) as events:
                async for now in events:
                    if now.state in FINAL:
                        self._settle(processid, now)
        except RPCError as error:
            if not passes(error):
                self._settle(processid, error)
        finally:
            if self._streams.get(processid) is asyncio.current_task():
                del self._streams[processid]

    async def _look_for(self, unseen: list[str]) -> bool:
        """Look at processes that have no subscription; whether one of them has ended."""
        in_turn = unseen
        if len(unseen) > _IN_TURN:
            await asyncio.gather(*(self._list(state, unseen) for state in sorted(FINAL)))
            start = next(self._turn) * _IN_TURN % len(unseen)
            in_turn = [*unseen, *unseen][start : start + _IN_TURN]
        await self._read(in_turn)
        return any(not self._is_pending(processid) for processid in unseen)

    async def _list(self, state: ProcessState, unseen: list[str]) -> None:
        """Look for `unseen` among the processes that ended in `state`; read what may have ended before those listed."""
        ended: list[Process] = []
        for count in (_SHORT_LIST, MAX_COUNT):
            try:
                ended = await self._rpc.get_processes(self._colonyname, count, state, rpc_timeout=_READ_S)
            except RPCError as error:
                if not passes(error):  # each one has an answer of its own
                    await self._read(unseen)
                return
            for process in ended:
                self._settle(process.processid, process)
            times = [each.endtime or _LONG_AGO for each in ended]
            hidden = [] if len(ended) < count else self._may_have_ended(min(times), state, unseen)
            if not hidden:
                break
            if count == MAX_COUNT:
                await self._read(hidden)
        self._noticed(max(times, default=_LONG_AGO), state, unseen)

    def _may_have_ended(self, before: datetime, state: ProcessState, unseen: Iterable[str]) -> list[str]:
        return [
            each for each in unseen if self._is_pending(each) and self._watched[each].since[state] <= before
        ]

    def _noticed(self, until: datetime, state: ProcessState, unseen: Iterable[str]) -> None:
        """None of `unseen` ended in `state` before."""
        for processid in unseen:
            if self._is_pending(processid):
                since = self._watched[processid].since
                since[state] = max(since[state], until - _LATE if until > _LONG_AGO else until)

    async def _read(self, processids: Iterable[str]) -> None:
        """Look at processes one by one, a few at a time."""
        limit = asyncio.Semaphore(_AT_ONCE)

        async def read(processid: str) -> None:
            async with limit:
                try:
                    process = await self._rpc.get_process(processid, rpc_timeout=_READ_S)
                except RPCError as error:
                    if not passes(error):
                        self._settle(processid, error)
                    return
            if process.state in FINAL:
                self._settle(processid, process)

        await asyncio.gather(*(read(processid) for processid in processids))
