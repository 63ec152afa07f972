"""The functions that processes of the soak ask for. Each leaves a line where it ran."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from colonyos_gen import Context, Worker

TYPE = "soak"
"""Executor type of the workers."""
GUEST = "guest"
"""Executor type of workers that come and go."""


class Records:
    """Lines of processes and tokens, one for each run, in a file for each program that runs them.

    They are on disk before the function goes on, so that a worker that is killed has told all the same.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / f"ran-{os.getpid()}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, processid: str, *tokens: str) -> None:
        """Note that a process runs, for these tokens."""
        os.write(self._file, f"{processid} {' '.join(tokens)}\n".encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def text_of(token: str, pieces: int) -> str:
    """What `write` streams."""
    return "".join(f"{token} {number}\n" for number in range(pieces))


def offer(worker: Worker, records: Records) -> None:
    """Give a worker the functions."""

    @worker.function
    async def work(token: str, ctx: Context, seconds: float = 0.0) -> str:
        """Take some time, and return the token."""
        records.write(ctx.process.processid, token)
        await asyncio.sleep(seconds)
        return token

    @worker.function
    async def fail(token: str, ctx: Context) -> None:
        """Fail, with the token as the reason."""
        records.write(ctx.process.processid, token)
        raise RuntimeError(token)

    @worker.function
    async def write(token: str, pieces: int, seconds: float, ctx: Context) -> str:
        """Stream text to the channel `out`, over some seconds, and return the token."""
        records.write(ctx.process.processid, token)
        async with ctx.stream("out") as stream:
            for number in range(pieces):
                await stream.send(f"{token} {number}\n")
                await asyncio.sleep(seconds / pieces)
        return token

    @worker.function
    async def collect(*tokens: str, ctx: Context) -> int:
        """Take what a cron or a generator gives, and return how many it was."""
        records.write(ctx.process.processid, *tokens)
        return len(tokens)


async def registered(serving: list[asyncio.Task[None]], ready: list[asyncio.Event]) -> None:
    """Wait until all workers have said that they are ready. Raises what one raises that ends instead."""
    waiting = asyncio.gather(*(event.wait() for event in ready))
    either: set[asyncio.Future[Any]] = {waiting, *serving}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for each in serving:
            if each.done():
                await each
                raise RuntimeError("a worker ended before it was registered")
    finally:
        waiting.cancel()
