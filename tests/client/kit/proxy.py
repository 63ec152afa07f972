"""A TCP proxy that cuts, stalls and delays connections at random, as a bad network would; the same for the same seed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

CHUNK = 4096


class Proxy:
    """Forwards connections to `target`, and treats them badly.

    async with Proxy(server.url, seed=1) as proxy:
        ...  # proxy.url

    Args:
        target: URL of the server.
        seed: What the misfortunes follow from.
        pieces: Pieces of data after which a connection is cut: a number between these two.
        idle: Seconds after which one is cut that lies idle, once the server has answered: somewhere between these two. What
            is on its way before that is not hurried, so that a slow machine gets as far as a fast one.
        stall: Chance that a piece of data is held back, for up to `pause` seconds.
        pause: Longest time that anything is held back.
    """

    def __init__(
        self,
        target: str,
        *,
        seed: int,
        pieces: tuple[int, int] = (1, 20),
        idle: tuple[float, float] = (0.002, 0.08),
        stall: float = 0.1,
        pause: float = 0.05,
    ) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname, parts.port
        self._seed = seed
        self._pieces = pieces
        self._idle = idle
        self._stall = stall
        self._pause = pause
        self._connections: set[asyncio.Task[None]] = set()
        self.calm = False
        """Whether new connections are left alone."""
        self.opened = 0
        """How many connections were accepted."""
        self.cuts = 0
        """How many of them were cut while both ends were still there."""

    @property
    def url(self) -> str:
        """Base URL for clients."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut_all(self) -> None:
        """Cut every connection that there is."""
        for task in self._connections:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.opened += 1
        try:
            await self._serve(random.Random(f"{self._seed} {self.opened}"), reader, writer)
        except asyncio.CancelledError:
            self.cuts += 1
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(
        self, chance: random.Random, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        try:
            life = _Life(chance.randint(*self._pieces), chance.uniform(*self._idle))
            ways = [
                asyncio.create_task(self._forward(chance, reader, far_writer, life.sent)),
                asyncio.create_task(self._forward(chance, far_reader, writer, life.answered)),
            ]
            tasks: list[asyncio.Task[Any]] = [*ways]
            if not self.calm:
                tasks.append(asyncio.create_task(life.is_over.wait()))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                self.cuts += done.isdisjoint(ways)
            finally:
                life.end()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            far_writer.transport.abort()

    async def _forward(
        self,
        chance: random.Random,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        passed: Callable[[], object],
    ) -> None:
        with contextlib.suppress(ConnectionError):
            # Small pieces, so that a cut goes through the middle of a frame.
            while data := await reader.read(chance.randint(1, CHUNK)):
                if not self.calm and chance.random() < self._stall:
                    await asyncio.sleep(chance.uniform(0, self._pause))
                writer.write(data)
                await writer.drain()
                passed()


class _Life:
    """How long a connection lasts."""

    def __init__(self, pieces: int, idle: float) -> None:
        self.is_over = asyncio.Event()
        self._pieces = pieces
        self._idle = idle
        self._alarm: asyncio.TimerHandle | None = None

    def sent(self) -> None:
        """A piece of what the client says has passed."""
        self._pieces -= 1
        if self._pieces <= 0:
            self.is_over.set()

    def answered(self) -> None:
        """A piece of an answer has."""
        self.sent()
        self.end()
        self._alarm = asyncio.get_running_loop().call_later(self._idle, self.is_over.set)

    def end(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
