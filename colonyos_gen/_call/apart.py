"""What others have written, run in tasks of their own: nobody waits for one that does not end when it is cancelled."""

from __future__ import annotations

import asyncio
import logging
from asyncio import tasks
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

UNWIND_S = 0.5
"""Seconds that work gets to end by itself when whoever waits for it is cancelled."""
GRACE_S = 0.05
"""Seconds that it gets when its time is over, which its caller has waited for already."""

_logger = logging.getLogger("colonyos_gen")
_left: set[asyncio.Task[Any]] = set()


class TimeUpError(Exception):
    """Work was cancelled, since its time was over."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a coroutine returned or raised."""

    value: T | None = None
    error: BaseException | None = None
    trace: TracebackType | None = None
    """The traceback of the error, without the frames of those that it is handed to."""

    def get(self) -> Any:
        """The value. Raises the error instead if there is one."""
        if self.error is not None:
            raise self.error.with_traceback(self.trace)
        return self.value


async def outcome_of(work: Callable[[], Awaitable[T]]) -> Outcome[T]:
    """What `work` comes to, whatever that is: SystemExit and the like would end the event loop from within a task."""
    try:
        return Outcome(await work())
    except BaseException as error:
        return Outcome(error=error, trace=error.__traceback__)


async def run_apart(
    work: Callable[[], Awaitable[T]],
    whose: str,
    seconds: float | None = None,
    unwanted: Callable[[T], object] | None = None,
) -> T:
    """What `work` returns. It is cancelled with whoever waits here, or after some seconds, and has little time to end then.

    Args:
        work: Begins it.
        whose: What it is called in the log if it does not end.
        seconds: How long it may take.
        unwanted: Gets what it returns too late, or while whoever waits here is cancelled.

    Raises:
        TimeUpError: It took longer.
        BaseException: What `work` raises, also in its last moments.
    """
    task = asyncio.get_running_loop().create_task(outcome_of(work))

    def refuse(ended: asyncio.Task[Outcome[T]]) -> None:
        if unwanted is not None and not ended.cancelled() and ended.result().error is None:
            unwanted(ended.result().get())

    try:
        await asyncio.wait({task}, timeout=seconds)
    except BaseException:  # a cancellation, too
        try:
            await end_or_let_go({task}, UNWIND_S, whose)
        finally:
            if task.done():  # now, since the next who waits may come in this very turn of the loop
                refuse(task)
            else:
                task.add_done_callback(refuse)
        raise
    if task.done():
        value: T = task.result().get()
        return value
    task.add_done_callback(refuse)
    await end_or_let_go({task}, GRACE_S, whose)
    if task.done() and not task.cancelled():
        late = task.result().error
        if late is not None and not isinstance(late, asyncio.CancelledError):
            raise late
    raise TimeUpError


async def end_or_let_go(pending: set[asyncio.Task[Any]], seconds: float, whose: str) -> None:
    """Cancel tasks, and wait for their ends for some seconds. Those that go on then no event loop waits for, either."""
    for each in pending:
        each.cancel()
    try:
        if pending:
            await asyncio.wait(pending, timeout=seconds)
    finally:
        for each in pending:
            if not each.done():
                let_go(each, whose)


def let_go(task: asyncio.Task[Any], whose: str) -> None:
    """Let an event loop that ends not wait for a task, which goes on though it was cancelled.

    Args:
        whose: What it is called in the log.
    """
    _left.add(task)
    task.add_done_callback(_left.discard)
    # asyncio.run waits without end for the tasks it knows, as often as they may swallow their cancellation.
    tasks._unregister_task(task)  # pyright: ignore[reportPrivateUsage]
    _logger.warning("%s has not ended though it was cancelled; nobody waits for it any more", whose)
