"""An event loop that works until its work is done, whatever functions do to it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from colonyos_gen._call.apart import end_or_let_go

T = TypeVar("T")

LEFT_S = 5.0
"""Seconds that tasks which functions have left get for their end, once the worker has ended."""

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
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
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
            _end_others(loop)
    if leaving is not None:
        raise leaving
    return task.result()


def _end_others(loop: asyncio.AbstractEventLoop) -> None:
    """End what functions have left on the loop; it closes without what goes on then, as it might for ever."""
    left = asyncio.all_tasks(loop)
    # Whatever they do to the loop meanwhile: there is nobody left to be told.
    with contextlib.suppress(Exception, SystemExit, asyncio.CancelledError):
        loop.run_until_complete(end_or_let_go(left, LEFT_S, "a task that a function left"))
