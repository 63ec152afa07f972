"""What a process writes to one of its channels, as text or as bytes."""

from __future__ import annotations

import codecs
import time
import uuid
from abc import abstractmethod
from typing import TypeVar

from colonyos_gen_wire import ChannelEntry

from colonyos_gen._call.retry import passes
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.streams import ACK, READER, is_end, is_text
from colonyos_gen._streams.channel import ChannelStream
from colonyos_gen._streams.subscription import Ended
from colonyos_gen.errors import RPCError
from colonyos_gen.session._streams.feed import AsyncFeed

T = TypeVar("T", str, bytes)


class PieceFeed(AsyncFeed[T]):
    """What a process writes to a channel, until it says that nothing follows, or ends.

    It announces itself as a reader (see `colonyos_gen._conventions.streams`), so that a worker delivers the tail before its
    process is closed. Reading a part only, use it as a context manager: leaving the block tells the worker not to wait.
    """

    def __init__(
        self, rpc: AsyncClient, processid: str, channelname: str, timeout: float | None, error: Exception
    ) -> None:
        self._rpc = rpc
        self._processid = processid
        self._channelname = channelname
        self._stream: ChannelStream = rpc.subscribe_channel(processid, channelname, timeout=timeout)
        self._error = error
        self._name = uuid.uuid4().hex
        self._announced = False
        self._answered = False

    async def take(self) -> T | None:
        if not self._announced:
            await self._say(READER)
            self._announced = True
        while (entry := await self._stream.take()) is not None:
            piece = self._piece(entry)
            if piece:
                return piece
        await self._answer()
        if self._stream.ended is Ended.TIMEOUT:
            raise self._error
        return None

    async def close(self) -> None:
        self._stream.close()
        await self._answer()

    @abstractmethod
    def _piece(self, entry: ChannelEntry) -> T:
        """What is to be delivered of an entry; empty for nothing."""

    async def _say(self, what: str) -> None:
        # The sequence keeps the entries of all readers with this key in order.
        try:
            await self._rpc.channel_append(
                self._processid, self._channelname, time.time_ns(), self._name, data_type=what
            )
        except RPCError as error:
            if what == READER and not passes(error):
                raise

    async def _answer(self) -> None:
        if self._announced and not self._answered and self._stream.ended is not Ended.PROCESS:
            self._answered = True
            await self._say(ACK)


class TextFeed(PieceFeed[str]):
    """The text of a channel. Bytes that are no UTF-8 become U+FFFD; characters may be cut anywhere between entries."""

    _decoder = None

    def _piece(self, entry: ChannelEntry) -> str:
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return self._decoder.decode(entry.payload if is_text(entry) else b"", final=is_end(entry))


class BytesFeed(PieceFeed[bytes]):
    """The bytes of a channel, in pieces as they were sent."""

    def _piece(self, entry: ChannelEntry) -> bytes:
        return entry.payload if is_text(entry) else b""


def pieces(
    rpc: AsyncClient,
    processid: str,
    channelname: str,
    timeout: float | None,
    as_bytes: bool,
    error: Exception,
) -> AsyncFeed[str] | AsyncFeed[bytes]:
    """What a process writes to a channel, as text or as bytes; `error` is raised when the time is over."""
    kind = BytesFeed if as_bytes else TextFeed
    return kind(rpc, processid, channelname, timeout, error)
