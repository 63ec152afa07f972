"""The threads of a worker: one for each slot, kept between calls, so that what they load is loaded once."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

from colonyos_gen._tracebacks import let_out
from colonyos_gen.worker._running.binding import name_of
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.invoking import Raised, Slots, in_task
from colonyos_gen.worker._telling.failure_text import error_texts

STOP_S = 10.0
"""Seconds that threads get for what is to be called at their end."""

_logger = logging.getLogger("colonyos_gen.worker")


class Threads(Slots):
    """Calls functions in threads. They are daemons: one whose function never ends does not keep the interpreter from exiting.

    Args:
        on_start: What a new thread calls before it takes calls.
        on_stop: What it calls before it ends.
        size: How many threads are started at the beginning if there is something to be called then; otherwise threads are
            started when there is work for them.
    """

    def __init__(
        self, on_start: Sequence[Callable[[], Any]], on_stop: Sequence[Callable[[], Any]], size: int
    ) -> None:
        super().__init__()
        self._on_start = tuple(on_start)
        self._on_stop = tuple(on_stop)
        self._size = size
        self._idle: list[_Thread] = []

    async def begin(self) -> None:
        """Start the threads, if there is something to be called at their start, and wait for that.

        Raises what that raises, as RuntimeError if it is no Exception.
        """
        if not self._on_start:
            return
        for _ in range(self._size):
            thread = _Thread()
            for call in self._on_start:
                result = await thread.call(functools.partial(_through, call))
                if isinstance(result, Raised):
                    error = result.error
                    if not isinstance(error, Exception):
                        error = RuntimeError(repr(error))
                        error.__cause__ = result.error
                    error.add_note(f"{name_of(call)} (on_start) failed, so the worker does not start")
                    let_out(error, "\n".join(error_texts(error)))
                    raise error
            self._idle.append(thread)

    @property
    def ready(self) -> int:
        return len(self._idle) if self._on_start else self._size

    async def call(
        self, offer: Offer, context: Context, subject: tuple[Any, ...], cancellation: Cancellation
    ) -> Any:
        def work() -> Any:
            bound = offer.binder.bound(context, subject)
            return offer.call(*bound.args, **bound.kwargs)

        thread = self._idle.pop() if self._idle else _Thread()
        thread.then(lambda: self._free(thread))
        result = await thread.call(work)
        return await in_task(result, cancellation) if inspect.isawaitable(result) else result

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        if self._on_stop and idle:
            ending = [asyncio.create_task(self._stop(each)) for each in idle]
            await asyncio.wait(ending, timeout=STOP_S)
        for each in idle:
            each.end()

    async def _stop(self, thread: _Thread) -> None:
        for call in self._on_stop:
            result = await thread.call(functools.partial(_through, call))
            if isinstance(result, Raised):
                _logger.warning("on_stop failed: %r", result.error)

    def _free(self, thread: _Thread) -> None:
        self._idle.append(thread)
        self.changed()


class _Thread:
    """A thread that does one thing after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._then: Callable[[], None] = _nothing
        threading.Thread(target=self._main, name="colonyos_gen.worker", daemon=True).start()

    def then(self, call: Callable[[], None]) -> None:
        """Call this on the event loop after the next thing, whether it is waited for or not."""
        self._then = call

    async def call(self, work: Callable[[], Any]) -> Any:
        """The result of `work`; a `Raised` if it raises."""
        done: asyncio.Future[Any] = self._loop.create_future()
        inherited = contextvars.copy_context()
        then, self._then = self._then, _nothing
        pid = os.getpid()

        def settle(result: Any) -> None:
            then()
            if not done.done():
                done.set_result(result)

        def main() -> None:
            try:
                result = inherited.run(work)
            except BaseException as error:  # SystemExit and the like end the function, not the worker
                result = Raised(error)
            if os.getpid() != pid:  # the function has made a fork, and returned in it too
                os._exit(0)
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                self._loop.call_soon_threadsafe(settle, result)

        self._work.put(main)
        return await done

    def end(self) -> None:
        """Let it end when it has nothing to do."""
        self._work.put(None)

    def _main(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # what it holds is not kept until the next one


def _nothing() -> None:
    """Nothing is to be done."""


def _through(call: Callable[[], Any]) -> Any:
    result = call()
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(work: Any) -> Any:
    return await work
