"""What is done to the file in a thread, one thing at a time, while the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

from colonyos_gen.server._store.changes import Changes

Waiting: TypeAlias = "asyncio.Future[Exception | None] | None"


class Flights:
    """Does one thing after the other, and tells `landed` on the event loop how each has ended."""

    def __init__(self, landed: Callable[[Waiting, Changes | None, Exception | None], None]) -> None:
        self._landed = landed
        self._thread: ThreadPoolExecutor | None = None
        self._work: asyncio.Future[None] | None = None
        self.awaited: Waiting = None
        """What those wait for whose changes are being written."""

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._work is not None

    def start(self, work: Callable[[], None], waiting: Waiting, changes: Changes | None) -> None:
        """Do `work` in a thread. Nothing else may be under way."""
        self._thread = self._thread or ThreadPoolExecutor(1, "colonyos-gen-file")
        self.awaited = waiting
        self._work = asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._work.add_done_callback(partial(self._land, waiting, changes))

    async def over(self) -> None:
        """Wait until nothing is under way any more."""
        while self._work is not None:
            await asyncio.wait([self._work])
            await asyncio.sleep(0)
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _land(self, waiting: Waiting, changes: Changes | None, work: asyncio.Future[None]) -> None:
        self._work = self.awaited = None
        if work.cancelled():  # with the event loop
            return
        error = work.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        self._landed(waiting, changes, error)
