"""Work that is dropped when the worker is to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StoppedError(Exception):
    """The worker is to end, so that the work was dropped."""


async def unless_stopped(
    stopping: asyncio.Event,
    work: Coroutine[Any, Any, T],
    may_drop: Callable[[], Coroutine[Any, Any, bool]] | None = None,
) -> T:
    """The result of `work`, which is cancelled when `stopping` is set before its end.

    Args:
        may_drop: Asked then, and if it says no, `work` goes on to its end all the same.

    Raises:
        StoppedError: It was.
    """
    task, stop = asyncio.create_task(work), asyncio.create_task(_stopped(stopping, may_drop))
    try:
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and not stop.result():
            await asyncio.wait({task})
    finally:
        stop.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise StoppedError
    return task.result()


async def _stopped(stopping: asyncio.Event, may_drop: Callable[[], Coroutine[Any, Any, bool]] | None) -> bool:
    """Wait until it is to end, and tell whether what goes on may be dropped."""
    await stopping.wait()
    return may_drop is None or await may_drop()
