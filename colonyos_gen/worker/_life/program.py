"""A worker that is the whole program: its log, its threads, the signals that end it, and starting anew."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from colonyos_gen._tracebacks import told_of
from colonyos_gen.config import ConfigError
from colonyos_gen.crypto import InvalidKeyError
from colonyos_gen.errors import RPCError
from colonyos_gen.worker._life import reload
from colonyos_gen.worker._life.daemon_threads import DaemonThreads
from colonyos_gen.worker._life.event_loop import TasksCancelledError, run_to_the_end
from colonyos_gen.worker._life.forks import handlers
from colonyos_gen.worker._life.own_log import LogFormat, own_log
from colonyos_gen.worker._life.registration import RegistrationError
from colonyos_gen.worker._taking.availability import is_misdirected

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_logger = logging.getLogger("colonyos_gen.worker")


EXIT_CONFIGURATION = 78
"""Exit code of a program that must be set up in another way before it can run: EX_CONFIG of sysexits.h."""
EXIT_ANEW = 75
"""Exit code of a worker that has to be started anew: EX_TEMPFAIL of sysexits.h."""
EXIT_REFUSED = 1
"""Exit code of a program that cannot go on for a reason that is no setting of it: the server refuses, `on_start` fails."""


def run_as_program(
    serve: Callable[[], Coroutine[Any, Any, None]],
    stop: Callable[[str], object],
    *,
    watch: bool,
    log_format: LogFormat,
    told: Mapping[type[Exception], int],
) -> None:
    """Serve on an event loop of its own, until a signal calls `stop`, or a file of the program has changed.

    In another thread than the main one there are no signals, so that only `stop` ends it.

    Args:
        serve: Works until `stop` was called.
        stop: Lets it end, with a reason.
        watch: Whether to start the program anew when a file of it has changed.
        log_format: What lines of the log are, where the program has set up none.
        told: Exit codes of what `serve` may raise after the log has told it.

    Raises:
        SystemExit: In the main thread. With code 78: the program must be set up in another way; the log says how. With code
            75: what runs on the loop has cancelled all of its tasks. With code 1: it cannot go on for another reason, such as
            a function of `on_start` that failed; the log says which. With those of `told`.
        RuntimeError: An event loop is running in this thread; in others than the main one, also that tasks were cancelled.

    Raises what `serve` raises.
    """
    _require_no_loop()
    is_program = threading.current_thread() is threading.main_thread()
    with own_log(log_format):
        try:
            work = _serve_until_changed(serve, stop, watch, with_signals=is_program)
            changed = run_to_the_end(work, stop)
        except (ConfigError, InvalidKeyError, RegistrationError, RPCError) as error:
            if not is_program:
                raise
            _logger.critical("%s", " ".join(str(error).split()))
            is_passing = isinstance(error, RPCError) and not is_misdirected(error)
            raise SystemExit(EXIT_REFUSED if is_passing else EXIT_CONFIGURATION) from error
        except TasksCancelledError as error:
            if not is_program:
                raise
            _logger.critical("%s", error)
            raise SystemExit(EXIT_ANEW) from error
        except tuple(told) as error:
            if not is_program:
                raise
            raise SystemExit(told[type(error)]) from error
        except Exception as error:
            if not is_program or not (text := told_of(error)):
                raise
            _logger.critical("%s", text)
            raise SystemExit(EXIT_REFUSED) from error
        if changed is not None:
            _logger.warning("%s has changed; starting anew", changed)
            reload.start_anew()


def _require_no_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "Worker.run cannot be called where an event loop is running, as in notebooks: use `await worker.serve()`, and await "
        "calls beside it, or call it in another thread; `worker.stop()` ends both"
    )


async def _serve_until_changed(
    serve: Callable[[], Coroutine[Any, Any, None]],
    stop: Callable[[str], object],
    watch: bool,
    *,
    with_signals: bool,
) -> Path | None:
    changed: Path | None = None

    async def follow() -> None:
        nonlocal changed
        changed = await reload.until_changed()
        stop(f"{changed} has changed")

    asyncio.get_running_loop().set_default_executor(DaemonThreads())
    following = asyncio.create_task(follow()) if watch else None
    try:
        with stopped_by_signals(stop) if with_signals else contextlib.nullcontext():
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
