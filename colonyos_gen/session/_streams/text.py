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
from colonyos_gen._streams.channel import AsyncChannelStream
from colonyos_gen._streams.stream import AsyncStream, Ended, Finished
from colonyos_gen.errors import NotFoundError, RPCError

T = TypeVar("T", str, bytes)


class PieceStream(AsyncStream[T]):
    """What a process writes to a channel, until it says that nothing follows, or ends.

    It announces itself as a reader (see `colonyos_gen._conventions.streams`), so that a worker delivers the tail before its
    process is closed. Reading a part only, use it as a context manager: leaving the block tells the worker not to wait.
    """

    def __init__(
        self, rpc: AsyncClient, processid: str, channelname: str, timeout: float | None, error: Exception
    ) -> None:
        super().__init__()
        self._rpc = rpc
        self._processid = processid
        self._channelname = channelname
        self._entries: AsyncChannelStream = rpc.subscribe_channel(processid, channelname, timeout=timeout)
        self._error = error
        self._name = uuid.uuid4().hex
        self._announced = False
        self._answered = False

    async def close(self) -> None:
        await super().close()
        await self._entries.close()
        await self._answer()

    async def _next(self) -> T:
        try:
            if not self._announced:
                await self._say(READER)
                self._announced = True
            while (entry := await self._entries.take()) is not None:
                piece = self._piece(entry)
                if piece:
                    return piece
        except NotFoundError as error:
            raise await self._explained(error) from error
        await self._answer()
        if self._entries.ended is Ended.TIMEOUT:
            self._end(Ended.TIMEOUT)
            raise self._error
        raise Finished(self._entries.ended or Ended.END)

    def _drop(self) -> None:
        pass  # the entries let go by themselves when they end

    async def _explained(self, error: NotFoundError) -> NotFoundError:
        """What to say of a channel that the server does not find. Raises NotFoundError if there is no such process."""
        try:
            process = await self._rpc.get_process(self._processid)
        except NotFoundError:
            raise
        except RPCError:
            return error
        declared = process.spec.channels
        if self._channelname not in declared:
            has = ", ".join(map(repr, declared)) or "none"
            return _not_found(
                error, f"process {self._processid} has no channel {self._channelname!r}; it has: {has}"
            )
        if process.state.is_final:
            return _not_found(
                error,
                f"process {self._processid} has ended ({process.state.name}), and the server throws the channels of "
                f"a process away when it ends; start to read {self._channelname!r} before",
            )
        return error

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
        if self._announced and not self._answered and self._entries.ended is not Ended.PROCESS:
            self._answered = True
            await self._say(ACK)


class TextStream(PieceStream[str]):
    """The text of a channel. Bytes that are no UTF-8 become U+FFFD; characters may be cut anywhere between entries."""

    _decoder = None

    def _piece(self, entry: ChannelEntry) -> str:
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return self._decoder.decode(entry.payload if is_text(entry) else b"", final=is_end(entry))


class BytesStream(PieceStream[bytes]):
    """The bytes of a channel, in pieces as they were sent."""

    def _piece(self, entry: ChannelEntry) -> bytes:
        return entry.payload if is_text(entry) else b""


def _not_found(error: NotFoundError, message: str) -> NotFoundError:
    return NotFoundError(message, method=error.method, status=error.status, name=error.name)


def pieces(
    rpc: AsyncClient,
    processid: str,
    channelname: str,
    timeout: float | None,
    as_bytes: bool,
    error: Exception,
) -> AsyncStream[str] | AsyncStream[bytes]:
    """What a process writes to a channel, as text or as bytes; `error` is raised when the time is over."""
    kind = BytesStream if as_bytes else TextStream
    return kind(rpc, processid, channelname, timeout, error)
