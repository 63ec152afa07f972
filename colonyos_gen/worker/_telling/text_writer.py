"""Text that a function streams to whoever listens."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Generator
from types import TracebackType
from typing import Any, Self

import msgspec
from colonyos_gen_wire.methods.channel import CHANNEL_APPEND

from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen._values.losses import is_a
from colonyos_gen._values.writing import to_plain
from colonyos_gen.errors import ConflictError
from colonyos_gen.worker._telling.bridge import Bridge
from colonyos_gen.worker._telling.channel_sender import ChannelSender

CHUNK_BYTES = 1024 * 1024
"""Most that goes into one entry."""
BUFFER_BYTES = 1024 * 1024
"""What may lie ready to be sent before `send` waits."""
LIMIT_BYTES = 16 * BUFFER_BYTES
"""The same before `send` refuses more, where it is called and not awaited."""

_logger = logging.getLogger("colonyos_gen.worker")


@short_tracebacks
class TextWriter:
    """A stream of text over a channel of the process; made by `Context.stream`.

        async with ctx.stream("out") as stream:     # with `with`, and without await, in functions that are not async
            await stream.send(token)

    What is sent is joined to fewer and larger entries, as the server allows only so many; leaving the block sends what
    remains and the end. The process is closed when the readers that have begun have it. Broken
    connections and restarts of the server are bridged.
    """

    def __init__(self, flow: TextFlow) -> None:
        self._flow = flow

    def send(self, text: object) -> Awaitable[None]:
        """Send a piece of text; to be awaited in coroutines. Waits only if the server cannot keep up.

        What is neither text nor bytes is sent as JSON.

        Raises:
            RPCError: Nothing more is sent, as when the process has been cancelled; or there is no room, and the process is to
                stop.
            RuntimeError: A coroutine has not awaited it, and 16 megabytes wait to be sent.
            ValueError: The stream was closed, the channel is full: it holds 10000 entries, which is hours of text; or no JSON
                can be made of it.
        """
        return self._flow.send(text)

    def close(self) -> Awaitable[None]:
        """Send what remains, and the end; to be awaited in coroutines. Closing again does nothing."""
        return self._flow.bridge.run(self._flow.finish())

    @property
    def is_open(self) -> bool:
        """Whether something may still be sent."""
        return self._flow.is_open

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._flow.finish()
        except Exception:  # where the block has raised, that is the news
            if value is None:
                raise
            _logger.debug("stream %s could not be ended", self._flow.channel, exc_info=True)

    def __enter__(self) -> Self:
        if self._flow.bridge.here:
            raise RuntimeError("in a coroutine it is: async with ctx.stream(...)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        except Exception:  # where the block has raised, that is the news
            if value is None:
                raise
            _logger.debug("stream %s could not be ended", self._flow.channel, exc_info=True)


class TextFlow:
    """What is between a `TextWriter` and the channel: it joins what is sent, and sends that one after the other."""

    def __init__(self, bridge: Bridge, sender: ChannelSender, channel: str) -> None:
        self.bridge: Bridge = bridge
        self.channel: str = channel
        self.writer: TextWriter = TextWriter(self)
        """What the function gets, always the same one."""
        self._sender = sender
        self._loop = bridge.loop
        self._lock = threading.Lock()
        self._parts: list[bytes] = []
        self._size = 0
        self._closing = False
        self._failure: BaseException | None = None
        self._hurry = ""
        """Why the function is to stop."""
        self._stirred = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._sending: asyncio.Task[None] | None = None

    def send(self, text: object) -> Awaitable[None]:
        """Send a piece of text (see `TextWriter.send`)."""
        data = bytes_of(text)
        with self._lock:
            self._check()
            if data:
                self._parts.append(data)
                self._size += len(data)
            full = self._size > BUFFER_BYTES
            if full and not self._hurry:
                self._room.clear()
        if self.bridge.here:
            self._stir()
            return self._wait_for_room() if full else _Turn()
        self._loop.call_soon_threadsafe(self._stir)
        if full:
            return self.bridge.run(self._wait_for_room())
        return _Turn()

    async def finish(self) -> None:
        """Send what remains, and the end, on the event loop of the worker."""
        self._closing = True
        self._stir()
        if self._sending is not None:
            await asyncio.wait({self._sending})
        if self._failure is not None:
            raise self._failure

    @property
    def is_open(self) -> bool:
        """Whether something may still be sent."""
        return not self._closing or (self._sending is not None and not self._sending.done())

    async def delivered(self) -> None:
        """Wait until the readers have seen the end, after `finish`."""
        if self._failure is None:
            await self._sender.delivered()

    def hurry(self, reason: str) -> None:
        """Let nobody wait for room any more: who finds none is told why, by a ConflictError."""
        with self._lock:
            self._hurry = reason
            self._room.set()

    def abandon(self, reason: str) -> None:
        """Send nothing more; who sends is told why, by a ConflictError. Does nothing to a stream that has ended."""
        with self._lock:
            if self._closing and (self._sending is None or self._sending.done()):
                return
            self._failure = self._failure or ended(reason)
            self._closing = True
        self._room.set()
        if self._sending is not None:
            self._sending.cancel()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closing:
            raise ValueError(f"the stream {self.channel!r} was closed; nothing can follow its end")
        if self._hurry and self._size > BUFFER_BYTES:
            raise ended(self._hurry)
        if self._size > LIMIT_BYTES and self.bridge.here:
            raise RuntimeError(
                f"{self._size >> 20} MiB of the stream {self.channel!r} wait to be sent; await what `send` returns"
            )

    async def _wait_for_room(self) -> None:
        await self._room.wait()
        if self._failure is not None:
            raise self._failure
        if self._hurry and self._size > BUFFER_BYTES:
            raise ended(self._hurry)

    def _stir(self) -> None:
        if self._failure is not None:
            return
        self._stirred.set()
        if self._sending is None:
            self._sending = self._loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                while self._size:
                    await self._sender.turn()
                    await self._sender.text(self._take())
                if self._closing:
                    await self._sender.end()
                    return
        except Exception as error:  # kept for whoever sends or closes next
            self._failure = error
        finally:
            self._room.set()

    def _take(self) -> bytes:
        with self._lock:
            data = b"".join(self._parts)
            end = len(data)
            if end > CHUNK_BYTES:
                end = CHUNK_BYTES
                while end > CHUNK_BYTES - 4 and data[end] & 0xC0 == 0x80:  # not inside of a character
                    end -= 1
            self._parts = [data[end:]] if end < len(data) else []
            self._size = len(data) - end
            if self._size <= BUFFER_BYTES:
                self._room.set()
        return data[:end]


def ended(reason: str) -> ConflictError:
    """What is raised where nothing can be appended any more."""
    return ConflictError(f"nothing is appended any more: {reason}", method=CHANNEL_APPEND.name)


def bytes_of(piece: Any) -> bytes:
    """A piece of what is streamed: text in UTF-8, bytes as they are, anything else as JSON.

    Raises UnicodeEncodeError for halves of characters, and ValueWritingError, or what `msgspec.json.encode` raises, if
    there is no JSON for it.
    """
    if is_a(piece, str):
        return str(piece).encode()
    if is_a(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    plain = to_plain(piece)
    return str(plain).encode() if is_a(plain, str) else msgspec.json.encode(plain)


class _Turn(Awaitable[None]):
    """Lets the event loop do something else when it is awaited, so that what was sent gets on its way."""

    def __await__(self) -> Generator[Any, Any, None]:
        yield
