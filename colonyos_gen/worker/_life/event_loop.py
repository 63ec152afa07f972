"""An event loop that works until its work is done, whatever functions do to it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from colonyos_gen._call.apart import UNWIND_S, end_or_let_go, let_go

T = TypeVar("T")

LEFT_S = 5.0
"""Seconds that tasks which functions have left get for their end, once the worker has ended."""
_LEFT = "a task that a function left"
_ROUNDS = 3
"""How often tasks are cancelled that others have begun which were cancelled."""

_logger = logging.getLogger("colonyos_gen.worker")


class TasksCancelledError(RuntimeError):
    """What runs on the loop has cancelled all of its tasks, the worker's own included."""


def run_to_the_end(work: Coroutine[Any, Any, T], stop: Callable[[str], object]) -> T:
    """Run a coroutine on an event loop of its own, as `asyncio.run` does, but to its end.

    Where functions stop the loop, it goes on. KeyboardInterrupt and SystemExit that come out of a callback, a signal handler
    or a task that nobody waits for call `stop` with a reason; the first of them is raised when the work has ended.

    Args:
        work: What is run.
        stop: Lets it end.

    Raises:
        TasksCancelledError: Its task was cancelled, which only what runs in it can have done.

    Raises what `work` raises.
    """
    leaving: KeyboardInterrupt | SystemExit | None = None
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    task = loop.create_task(work)
    try:
        while not task.done():
            try:
                loop.run_until_complete(task)
            except asyncio.CancelledError as error:
                raise TasksCancelledError(
                    "a function has cancelled the tasks of the worker, which has ended"
                ) from error
            except (KeyboardInterrupt, SystemExit) as error:
                if task.done():
                    raise
                leaving = leaving or error
                text = f"{type(error).__name__} outside of a function's own call: {error}".rstrip(": ")
                _logger.warning("%s", text, exc_info=error)
                stop(text)
            except RuntimeError:
                if task.done():
                    raise
                _logger.warning("something has stopped the event loop of the worker; it goes on")
    finally:
        _close(loop)
    if leaving is not None:
        raise leaving
    return task.result()


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Close a loop as `asyncio.run` does, which waits for ever for what functions have left and what does not end."""
    _end_tasks(loop, LEFT_S)
    _try(loop, loop.shutdown_asyncgens())
    _end_tasks(loop, UNWIND_S)
    _try(loop, loop.shutdown_default_executor())
    _end_tasks(loop, UNWIND_S)
    asyncio.set_event_loop(None)
    loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Cancel all tasks, and let those go that have not ended after some seconds. Some begin others at their end."""
    for _ in range(_ROUNDS):
        if not (left := asyncio.all_tasks(loop)):
            return
        _run(loop, end_or_let_go(left, seconds, _LEFT))
    for each in asyncio.all_tasks(loop):
        let_go(each, _LEFT)


def _try(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    """Do something for the end of the loop, for some seconds."""

    async def within() -> None:
        await asyncio.wait({loop.create_task(work)}, timeout=LEFT_S)

    _run(loop, within())


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    # Whatever they do to the loop meanwhile, KeyboardInterrupt and SystemExit too: there is nobody left to be told.
    with contextlib.suppress(BaseException):
        loop.run_until_complete(work)
