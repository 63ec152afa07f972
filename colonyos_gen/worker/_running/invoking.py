"""Where functions run: coroutines in tasks, other functions in threads, or in processes of their own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import inspect
import logging
import multiprocessing
import signal
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Literal, TypeAlias

from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.functions import Offer

Pool: TypeAlias = Literal["thread", "process"]

_logger = logging.getLogger("colonyos_gen.worker")


class Raised:
    """The exception that a function ended with, of whatever kind."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Invoker:
    """Calls functions. Nothing in it keeps the interpreter from exiting.

    Args:
        pool: Where functions run that are not async and do not ask for the context.
        size: How many processes the pool has.
    """

    def __init__(self, pool: Pool, size: int) -> None:
        self._pool = pool
        self._size = size
        self._processes: concurrent.futures.ProcessPoolExecutor | None = None

    async def call(
        self, offer: Offer, args: tuple[Any, ...], kwargs: dict[str, Any], cancellation: Cancellation
    ) -> Any:
        """What the function returns; a `Raised` if it raises. `cancellation` cancels coroutines, and nothing else."""
        if offer.is_async:
            return await _in_task(offer.call(*args, **kwargs), cancellation)
        work = functools.partial(offer.call, *args, **kwargs)
        if self._pool == "process" and not offer.binder.takes_context:
            return await self._in_process(work)
        result = await in_thread(work)
        return await _in_task(result, cancellation) if inspect.isawaitable(result) else result

    def close(self) -> None:
        """End the processes of the pool, whatever they are doing."""
        if self._processes is not None:
            children = list((self._processes._processes or {}).values())  # pyright: ignore[reportPrivateUsage]
            self._processes.shutdown(wait=False, cancel_futures=True)
            for child in children:
                child.terminate()
            self._processes = None

    async def _in_process(self, work: Callable[[], Any]) -> Any:
        if self._processes is None:
            self._processes = concurrent.futures.ProcessPoolExecutor(
                self._size, multiprocessing.get_context("spawn"), initializer=_ignore_interrupts
            )
        pool = self._processes
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except BrokenProcessPool as error:
            if self._processes is pool:
                _logger.warning("a process of the pool ended on its own; starting anew")
                self._processes = None
            return Raised(RuntimeError(f"the process that ran the function ended on its own: {error}"))
        except Exception as error:  # of the function, or of taking it and its result to another process
            return Raised(error)


async def in_thread(work: Callable[[], Any]) -> Any:
    """The result of `work`, called in a thread of its own; a `Raised` if it raises.

    The thread is a daemon, so one that never ends does not keep the interpreter from exiting.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    inherited = contextvars.copy_context()

    def settle(result: Any) -> None:
        if not done.done():
            done.set_result(result)

    def main() -> None:
        try:
            result = inherited.run(work)
        except BaseException as error:  # SystemExit and the like end the function, not the worker
            result = Raised(error)
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=main, name="colonyos_gen.worker", daemon=True).start()
    return await done


async def _in_task(work: Awaitable[Any], cancellation: Cancellation) -> Any:
    task = asyncio.get_running_loop().create_task(_caught(work))
    cancellation.then(task.cancel)
    try:
        return await task
    except asyncio.CancelledError as error:
        if not task.done():  # the wait was cancelled, not the task
            task.cancel()
            raise
        return Raised(error)


async def _caught(work: Awaitable[Any]) -> Any:
    try:
        return await work
    except BaseException as error:  # as above; a cancellation is told by whoever asked for it
        return Raised(error)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C, which goes to all processes of a terminal, to the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
