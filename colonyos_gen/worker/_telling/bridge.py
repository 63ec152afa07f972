"""Calls of a context that work both in coroutines and in threads."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Ready(Awaitable[T], Generic[T]):
    """A result that is there already; awaiting it takes no time, and not awaiting it does no harm.

    It is true where the result is.
    """

    def __init__(self, value: T) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, Any, T]:
        return self._value
        yield

    def __bool__(self) -> bool:
        return bool(self._value)


class Bridge:
    """Runs coroutines on the event loop of a worker, for functions that may run on it or in a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop: asyncio.AbstractEventLoop = loop
        """The event loop of the worker."""
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def here(self) -> bool:
        """Whether this is the event loop of the worker."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def run(self, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """Run `work`: in a thread until it is done; on the event loop in a task, which is to be awaited.

        Raises what `work` raises: here in a thread, else where it is awaited.
        """
        if self.here:
            task = self.loop.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return task
        if self.loop.is_closed():
            work.close()
            raise RuntimeError("the worker has ended; nothing can be sent any more")
        return Ready(self.wait(asyncio.run_coroutine_threadsafe(work, self.loop)))

    @staticmethod
    def wait(future: concurrent.futures.Future[T]) -> T:
        """The result of `future`; leaving the wait cancels it."""
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
