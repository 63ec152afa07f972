"""An event loop for a worker whose functions run on it, and may do to it whatever they like."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_logger = logging.getLogger("colonyos_gen.worker")


def run_to_the_end(main: Coroutine[Any, Any, T]) -> T:
    """What `main` comes to, on an event loop of its own; the loop goes on where a function stops it."""
    with asyncio.Runner() as runner:
        work = runner.get_loop().create_task(main)
        while not work.done():
            try:
                runner.run(_ended(work))
            except RuntimeError:  # that the loop was stopped, since `_ended` raises none
                _logger.warning("a function has stopped the event loop of its worker, which goes on")
        return work.result()


async def _ended(work: asyncio.Task[Any]) -> None:
    try:
        await asyncio.wait({work})
    except asyncio.CancelledError:
        work.cancel()
        await asyncio.wait({work})
        raise
