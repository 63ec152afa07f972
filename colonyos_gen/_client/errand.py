"""What one thread waits for, and an event loop does."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Errand(Generic[T]):
    """Work that one thread waits for, and the event loop does.

    It does what `asyncio.run_coroutine_threadsafe` does, without its two futures that are chained to each other: that was a
    good part of what a call costs.

    Args:
        work: What is to be done.
        ended: Told of its end, on the event loop; lets whoever waits know (`tell`).
        brief: Whether it leaves nothing behind that goes on by itself.
    """

    __slots__ = (
        "_ended",
        "_error",
        "_over",
        "_result",
        "_task",
        "_work",
        "brief",
        "is_known",
        "is_led",
        "is_over",
        "may_lead",
    )

    def __init__(
        self, work: Coroutine[Any, Any, T], ended: Callable[[Errand[Any]], None], *, brief: bool
    ) -> None:
        self._work = work
        self._ended = ended
        self._task: asyncio.Task[T] | None = None
        self._result: T | None = None
        self._error: BaseException | None = None
        self._over = threading.Lock()  # a bare lock: waiting for it ends with a signal, and wakes nobody else
        self._over.acquire()
        self.brief: bool = brief
        self.is_known: bool = False
        """Whether the event loop has it, or will."""
        self.is_led: bool = False
        """Whether whoever waits for it runs the event loop."""
        self.is_over: bool = False
        self.may_lead: bool = False
        """Whether whoever waits for it could run the event loop, and so shall find it free when it has ended."""

    def begin(self) -> None:
        """Begin with it, on the event loop, and in the context of whoever waits."""
        try:
            self._task = asyncio.get_running_loop().create_task(self._work)
            self._task.add_done_callback(self._end)
        except BaseException as error:
            # Without memory, or forced upon this thread from outside: whoever waits must hear of it.
            self._error = error
            self._ended(self)

    def cancel(self) -> None:
        """End it, on the event loop, where it has begun or is about to: nobody waits for it any more."""
        if self._task is not None:
            self._task.cancel()

    def interrupt(self) -> None:
        """The same, for whoever waits for it and runs the event loop: somebody else must go on with that."""
        self.cancel()
        if self.is_led:
            asyncio.get_running_loop().stop()

    def close(self) -> None:
        """Drop it: it will never begin."""
        self._work.close()

    def fail(self, error: BaseException) -> None:
        """Let whoever still waits for it have this error; when it has ended, that is what came of it."""
        if not self.is_over:
            self._error = error
            self.tell()

    def tell(self) -> None:
        """Let go on whoever waits for it."""
        self.is_over = True
        with contextlib.suppress(RuntimeError):  # it has been told before
            self._over.release()

    def result(self) -> T:
        """Wait for its end; what came of it."""
        self._over.acquire()
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # which would hold its own traceback, and that all of this
        return self._result  # type: ignore[return-value]  # None may be a result too

    def _end(self, task: asyncio.Task[T]) -> None:
        try:
            self._task = None
            if not self.is_over:  # else it has failed: nobody waits any more
                if task.cancelled():
                    self._error = concurrent.futures.CancelledError()
                elif (error := task.exception()) is not None:
                    self._error = error
                else:
                    self._result = task.result()
        except BaseException as error:  # forced upon this thread, as in `begin`
            self._error = error
        finally:
            self._ended(self)
