"""Functions for a pool of processes."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from colonyos_gen import Context, Worker
from colonyos_gen.worker import ProcessDied
from tests.worker.kit.scene import EXECUTORTYPE

worker = Worker(EXECUTORTYPE, pool="process", concurrency=2, grace=1)
started = list[int]()


@worker.on_start
def load() -> None:
    """Load what functions need."""
    started.append(os.getpid())


@worker.function
def starts() -> list[int]:
    """In which processes something was loaded that this one knows of."""
    return started


@worker.function
def pid() -> int:
    """Which process this is."""
    return os.getpid()


class TwoArguments(Exception):
    """Cannot be made anew from its message."""

    def __init__(self, account: str, limit: int) -> None:
        super().__init__(f"account {account} is over {limit}")


_ENDS: dict[str, Callable[[], Any]] = {
    "stop": lambda: next(iter(())),
    "exit": lambda: sys.exit(3),
    "crash": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
}


@worker.function(retries=2, backoff=0, retry_on=(ConnectionError, TwoArguments))
def in_the_end(path: str, wrong: bool = False) -> int:
    """Succeed at the third try, or raise what is not worth another one."""
    tries = Path(path)
    tries.write_text(tries.read_text() + "." if tries.exists() else ".")
    if wrong:
        raise LookupError("what it is about is gone")
    if len(tries.read_text()) < 3:
        raise TwoArguments("blue", 7)
    return os.getpid()


def die_once(tried: Path) -> int:
    """Be killed at the first try, as by a system that has no memory left."""
    if not tried.exists():
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


@worker.function(name="any", retries=1, backoff=0)
def die_once_and_retry_on_any(tried: Path) -> int:
    """Try again after whatever."""
    return die_once(tried)


@worker.function(name="death", retries=1, backoff=0, retry_on=(ConnectionError, ProcessDied))
def die_once_and_retry_on_death(tried: Path) -> int:
    """Try again after that, among others."""
    return die_once(tried)


@worker.function(name="other", retries=1, backoff=0, retry_on=OSError)
def die_once_and_retry_on_other(tried: Path) -> int:
    """Try again after something else."""
    return die_once(tried)


@worker.function
def end(how: str) -> None:
    """Leave the function in an odd way."""
    if how in _ENDS:
        _ENDS[how]()
    if how == "two arguments":
        raise TwoArguments("blue", 7)
    raise {"interrupt": KeyboardInterrupt, "generator": GeneratorExit}[how]


def plain(call: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that hides a coroutine function."""

    @functools.wraps(call)
    def wrapped(*args: Any) -> Any:
        return call(*args)

    return wrapped


@worker.function(name="hidden")
@plain
async def hidden_coroutine() -> str:
    """A coroutine behind a decorator."""
    await asyncio.sleep(0)
    return "awaited"


@worker.function
def hold(gate: Path) -> str:
    """Wait at a gate, and return what was said there."""
    return gate.read_text()


@worker.function(timeout=1)
def start_another(pids: Path) -> None:
    """Start a process, tell which, and never end."""
    child = subprocess.Popen(["sleep", "1000"])
    pids.write_text(f"{os.getpid()} {child.pid}")
    time.sleep(1000)


@worker.function
def lasting(pids: Path) -> None:
    """The same without a time limit."""
    start_another(pids)


@worker.function
def with_context(ctx: Context) -> list[Any]:
    """Use the context."""
    ctx.log("from afar")
    ctx.progress(0.5, "half")
    ctx.set_attribute("colour", "blue")
    with ctx.stream("out") as out:
        out.send("text")
    return [os.getpid(), ctx.attributes["colour"], ctx.process.spec.funcname]


@worker.function
def until_cancelled(ctx: Context, left: Path) -> None:
    """Notice that it is cancelled."""
    ctx.log("waiting")
    ctx.wait_cancelled()
    left.write_text(f"{ctx.cancelled} {ctx.cancel_reason}")


@worker.function
def flood(written: Path, lines: int, length: int, ctx: Context) -> None:
    """Log many lines, and tell how many so far."""
    for number in range(lines):
        ctx.log(f"{number:<{length}}")
        if not number % 100:
            written.write_text(str(number))


@worker.function(timeout=1)
def log_for_ever(ctx: Context) -> None:
    """Take the context, and not look at it."""
    ctx.log("begun")
    time.sleep(1000)


@worker.function
def signal_itself(number: int) -> str:
    """Get a signal, as all processes of a group do."""
    os.kill(os.getpid(), number)
    return "still here"


@worker.function
def fork_obeys() -> int:
    """How a fork ends that gets SIGTERM."""
    child = os.fork()
    if not child:
        time.sleep(1000)
    os.kill(child, signal.SIGTERM)
    return -os.waitpid(child, 0)[1]


if __name__ == "__main__":
    worker.run()
