"""The log of a process, line by line."""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from colonyos_gen_wire import Log, Process
from colonyos_gen_wire.constants import MAX_LOG_COUNT

from colonyos_gen._call.retry import passes
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._streams.stream import AsyncStream, Ended, Finished
from colonyos_gen._waiting.watchers import end_of
from colonyos_gen.errors import RPCError

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0

_Line = tuple[str, str]


class LogStream(AsyncStream[Log]):
    """The lines of a log from its beginning, each once, in order.

    With `follow` it goes on until the process has ended, and bridges restarts of the server and broken connections;
    otherwise it ends with what is stored.
    """

    def __init__(self, rpc: AsyncClient, colonyname: str, process: Process, *, follow: bool) -> None:
        super().__init__()
        self._rpc = rpc
        self._colonyname = colonyname
        self._process = process
        self._waiting: asyncio.Task[Process] | None = None
        self._follow = follow
        self._ready: deque[Log] = deque()
        self._last = 0
        """Time of the latest line."""
        self._had: Counter[_Line] = Counter()
        """The lines of that time: the next one may have the same."""
        self._over = False
        """Whether nothing can follow what is ready."""
        self._pause = _FIRST_PAUSE_S

    async def close(self) -> None:
        await super().close()
        if self._waiting is not None:
            await asyncio.wait({self._waiting})

    async def _next(self) -> Log:
        while not self._ready:
            if self._over:
                raise Finished(Ended.PROCESS if self._follow else Ended.END)
            await self._look()
        return self._ready.popleft()

    def _drop(self) -> None:
        self._ready.clear()
        if self._waiting is not None:
            self._waiting.cancel()

    async def _look(self) -> None:
        try:
            # In this sequence: nobody adds lines to a process that has ended.
            ended = not self._follow or self._has_ended()
            page = await self._rpc.get_logs(
                self._colonyname, self._process.processid, count=MAX_LOG_COUNT, since=max(0, self._last - 1)
            )
        except RPCError as error:
            if not self._follow or not passes(error):
                raise
            await self._rest()
            return
        self._add(page)
        if self._ready:
            self._pause = _FIRST_PAUSE_S
        elif len(page) == MAX_LOG_COUNT:  # more lines of one nanosecond than a page holds
            self._last += 1
            self._had.clear()
        elif ended:
            self._over = True
        else:
            await self._rest()

    def _add(self, page: list[Log]) -> None:
        known = self._had.copy()
        for log in page:
            line = (log.executorname, log.message)
            if log.timestamp == self._last and known[line]:
                known[line] -= 1
                continue
            if log.timestamp != self._last:
                self._last = log.timestamp
                self._had.clear()
                known.clear()
            self._had[line] += 1
            self._ready.append(log)

    def _has_ended(self) -> bool:
        """Whether the process has ended. Raises what waiting for it raises."""
        if self._process.state.is_final:
            return True
        if self._waiting is None:
            self._waiting = end_of(self._rpc, self._process)
        if not self._waiting.done():
            return False
        self._process = self._waiting.result()
        return True

    async def _rest(self) -> None:
        """Wait until the next look is due, or until the process has ended."""
        if self._waiting is None or self._waiting.done():
            await asyncio.sleep(self._pause)
        else:
            await asyncio.wait({self._waiting}, timeout=self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)
