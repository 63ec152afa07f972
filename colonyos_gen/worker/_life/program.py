"""A worker that is the whole program: its log, its threads, the signals that end it, and starting anew."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from types import FrameType

from colonyos_gen.worker._life import reload
from colonyos_gen.worker._life.daemon_threads import DaemonThreads
from colonyos_gen.worker._life.forks import handlers

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_logger = logging.getLogger("colonyos_gen.worker")


def run_as_program(
    serve: Callable[[], Awaitable[None]], stop: Callable[[str], object], *, watch: bool
) -> None:
    """Serve on an event loop of its own, until a signal calls `stop`, or a file of the program has changed.

    Args:
        serve: Works until `stop` was called.
        stop: Lets it end, with a reason.
        watch: Whether to start the program anew when a file of it has changed.

    Raises what `serve` raises.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s"
    )  # does nothing where logging is set up
    changed = asyncio.run(_serve_until_changed(serve, stop, watch))
    if changed is not None:
        _logger.warning("%s has changed; starting anew", changed)
        reload.start_anew()


async def _serve_until_changed(
    serve: Callable[[], Awaitable[None]], stop: Callable[[str], object], watch: bool
) -> Path | None:
    changed: Path | None = None

    async def follow() -> None:
        nonlocal changed
        changed = await reload.until_changed()
        stop(f"{changed} has changed")

    asyncio.get_running_loop().set_default_executor(DaemonThreads())
    following = asyncio.create_task(follow()) if watch else None
    try:
        with stopped_by_signals(stop):
            await serve()
    finally:
        if following is not None:
            following.cancel()
    return changed


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[str], object]) -> Generator[None]:
    """Within the block SIGINT and SIGTERM call `stop` with their name: the first two of them; the third one kills.

    To be used on an event loop in the main thread.
    """
    loop = asyncio.get_running_loop()
    received = 0

    def receive(name: str) -> None:
        nonlocal received
        received += 1
        if received == 2:  # whoever is that impatient gets what the system does by default
            for each in _SIGNALS:
                handlers.set(each, signal.SIG_DFL)
        stop(name)

    def handle(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(receive, signal.Signals(number).name)

    # Not add_signal_handler, which does not exist on Windows. The wake-up descriptor of the loop sees to it that a sleeping
    # loop notices.
    for each in _SIGNALS:
        handlers.set(each, handle)
    try:
        yield
    finally:
        handlers.reset()
