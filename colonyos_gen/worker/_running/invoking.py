"""Where functions run: coroutines in tasks, other functions in threads, or in processes of their own."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from colonyos_gen._secrets import Secrets
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.retries import Retries
from colonyos_gen.worker._telling.failure_text import first_line

_logger = logging.getLogger("colonyos_gen.worker")


class Raised:
    """The exception that a function ended with, of whatever kind."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Slots(ABC):
    """The threads or processes that functions run in which are not async."""

    killed_in: float = 0.0
    """Seconds after which a function that is to stop has been ended by force; 0 where it cannot be."""

    def __init__(self) -> None:
        self.changed: Callable[[], object] = lambda: None
        """Called when one of them has become ready."""
        self.broken: Callable[[Exception], object] = lambda _: None
        """Called when none ever will be again, with the reason."""
        self.failed: Exception | None = None
        """Why nothing can be called any more."""

    @abstractmethod
    async def begin(self) -> None:
        """Get ready. Raises what keeps functions from being called."""

    @property
    @abstractmethod
    def ready(self) -> int:
        """How many calls can begin at this moment."""

    @abstractmethod
    async def call(
        self, offer: Offer, context: Context, subject: tuple[Any, ...], cancellation: Cancellation
    ) -> Any:
        """What a function returns; a `Raised` if it raises, or its arguments do not fit (see `Binder.bound`)."""

    @abstractmethod
    async def close(self) -> None:
        """End them; nothing in them keeps the interpreter from exiting."""


class Invoker:
    """Calls functions.

    Args:
        slots: Where those run that are not async.
    """

    def __init__(self, slots: Slots) -> None:
        self.slots: Slots = slots
        """Where those run that are not async."""

    async def call(
        self, offer: Offer, context: Context, cancellation: Cancellation, subject: tuple[Any, ...] = ()
    ) -> Any:
        """What the function returns; a `Raised` if it raises, or its arguments do not fit.

        `cancellation` cancels coroutines and ends processes; threads have to look for themselves.
        """
        if not offer.is_async:
            return await self.slots.call(offer, context, subject, cancellation)
        try:
            bound = offer.binder.bound(context, subject)
        except BaseException as error:  # of making arguments, too, which is the user's code
            return Raised(error)
        return await in_task(offer.call(*bound.args, **bound.kwargs), cancellation)


async def in_task(work: Awaitable[Any], cancellation: Cancellation) -> Any:
    """The result of a coroutine; a `Raised` if it raises. `cancellation` cancels it."""
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


async def tried(
    retries: Retries,
    call: Callable[[], Awaitable[Any]],
    context: Context,
    cancellation: Cancellation,
    secrets: Secrets,
) -> Any:
    """What `call` comes to, which is made again as `retries` says while it raises; the log of the process has each failure.

    Nothing is tried any more once the process is to stop.
    """
    for number, pause in enumerate(retries.pauses(), 1):
        result = await call()
        if not isinstance(result, Raised) or cancellation.is_set or not retries.worth(result.error):
            return result
        why = first_line(result.error, secrets)
        text = f"try {number} of {retries.most + 1} failed, the next one comes in {pause:g} s: {why}"
        context.log(text)
        _logger.warning("process %s (%s): %s", context.process.processid, context.process.spec.funcname, text)
        if await cancellation.wait(pause):
            return result
    return await call()
