"""The processes of a worker: one for each slot, started before there is work for it, and kept between calls."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from colonyos_gen._call.retry import pauses
from colonyos_gen._tracebacks import let_out
from colonyos_gen.worker._pool.child_process import ChildProcess, PoolError, ProgramError
from colonyos_gen.worker._pool.guardian import Guardian
from colonyos_gen.worker._pool.places import MAIN, NO_FILE, NO_GUARD, Place
from colonyos_gen.worker._pool.program import is_in_a_file
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.invoking import Raised, Slots

STOP_S = 10.0
"""Seconds that processes get for what is to be called at their end."""
SLOW_S = 30.0
"""Seconds after which it is told what a new process is at."""
_WITHOUT_END = 2**31

_logger = logging.getLogger("colonyos_gen.worker")


class Processes(Slots):
    """Calls functions in processes.

    Args:
        offers: Where the functions are.
        on_start: Where that is which a new process calls before it takes calls.
        on_stop: Where that is which it calls before it ends.
        size: How many processes there are.
    """

    killed_in = 5.0  # a second after it was told, and some for a machine that is busy

    def __init__(
        self, offers: Mapping[Offer, Place], on_start: Sequence[Place], on_stop: Sequence[Place], size: int
    ) -> None:
        super().__init__()
        if os.name != "posix":
            raise PoolError('pool="process" needs a POSIX system; use threads, or a worker for each slot')
        self._offers = dict(offers)
        self._on_start = list(on_start)
        self._on_stop = list(on_stop)
        self._size = size
        self._idle: list[ChildProcess] = []
        self._all: set[ChildProcess] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(max(1, os.cpu_count() or 1))
        self._stirred = asyncio.Event()
        self._guardian: Guardian | None = None
        self._closed = False

    async def begin(self) -> None:
        """Start the processes; return when the first one is ready.

        Raises:
            PoolError: It could not be started: the program cannot be imported, or what is to be called at the start failed.
        """
        places = [*self._offers.values(), *self._on_start, *self._on_stop]
        if any(each.module == MAIN for each in places) and not is_in_a_file():
            self._fail(error := ProgramError(NO_FILE))
            raise error
        self._guardian = Guardian()
        slow = asyncio.get_running_loop().call_later(SLOW_S, _tell_slow)
        try:
            first = await self._start(self._guardian)
        except ProgramError as error:
            self._fail(error)
            raise
        except PoolError as error:
            let_out(error, str(error))
            raise
        finally:
            slow.cancel()
        if first.no_guard:
            _logger.warning(NO_GUARD)
        self._offer(first)
        for _ in range(self._size - 1):
            self._start_another()

    @property
    def ready(self) -> int:
        return len(self._idle)

    async def call(
        self, offer: Offer, context: Context, subject: tuple[Any, ...], cancellation: Cancellation
    ) -> Any:
        while not self._idle:
            self._stirred.clear()
            waiting = asyncio.create_task(self._stirred.wait())
            cancellation.then(waiting.cancel)
            try:
                await waiting
            except asyncio.CancelledError as error:
                if waiting.done() and cancellation.is_set:
                    return Raised(error)
                waiting.cancel()
                raise
        child = self._idle.pop()
        try:
            return await child.call(
                self._offers[offer], context, subject, cancellation, offer.binder.takes_context
            )
        finally:
            if child.is_usable:
                self._offer(child)
            else:
                self._replace(child)

    async def close(self) -> None:
        self._closed = True
        for task in self._starting:
            task.cancel()
        try:
            idle, self._idle = self._idle, []
            if self._on_stop and idle:
                await asyncio.wait([asyncio.create_task(each.stop(STOP_S)) for each in idle])
        finally:
            for child in self._all:
                child.kill()
            if self._guardian is not None:
                self._guardian.close()
            await asyncio.gather(
                *(child.close() for child in self._all), *self._starting, return_exceptions=True
            )

    async def _start(self, guardian: Guardian) -> ChildProcess:
        child = await ChildProcess.start(guardian, list(self._offers.values()), self._on_start, self._on_stop)
        self._all.add(child)
        child.exited.add_done_callback(lambda _: self._ended(child))
        child.closed.add_done_callback(lambda _: self._all.discard(child))
        return child

    def _offer(self, child: ChildProcess) -> None:
        self._idle.append(child)
        self._stirred.set()
        self.changed()

    def _ended(self, child: ChildProcess) -> None:
        if child in self._idle:
            self._idle.remove(child)
            self._begin_task(self._look_at(child))

    async def _look_at(self, child: ChildProcess) -> None:
        """See why a process has ended that had nothing to do."""
        try:
            await child.last_words()
        except ProgramError as error:
            self._fail(error)
        except PoolError:
            _logger.warning("a process of the pool ended while it had nothing to do; another one is started")
            self._replace(child)

    def _fail(self, error: ProgramError) -> None:
        if self.failed is None:
            _logger.critical("%s", error)
            self.failed, self._closed = error, True
            self.broken(error)

    def _replace(self, child: ChildProcess) -> None:
        child.kill()
        if child.unguarded is not None:
            self._fail(child.unguarded)
        if not self._closed:
            self._start_another()

    def _start_another(self) -> None:
        self._begin_task(self._insist())

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _insist(self) -> None:
        for pause in pauses(_WITHOUT_END):
            try:
                async with self._at_once:
                    if self._guardian is not None:
                        self._offer(await self._start(self._guardian))
                    return
            except ProgramError as error:
                self._fail(error)
                return
            except PoolError as error:
                problem = error
            _logger.error("a process of the pool cannot be started, trying again: %s", problem)
            await asyncio.sleep(pause)


def _tell_slow() -> None:
    _logger.warning(
        "a process of the pool is not ready after %g s; it imports the program, so that all is done there which is not "
        'behind `if __name__ == "__main__":`, and calls what is to be called at the start',
        SLOW_S,
    )
