"""One WebSocket connection that serves one subscription."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Generic

import aiohttp
import msgspec
from colonyos_gen_wire.method import Key, Method

from colonyos_gen.envelope import open_reply, seal
from colonyos_gen.errors import ConnectionFailedError, UnexpectedReplyError
from colonyos_gen.signers import parse
from colonyos_gen.subscribing import FrameT, Opener, now

READING_S = 0.1
"""Seconds that a subscription counts as a request under way, once it was sent."""
CONNECT_S = 10.0
"""Seconds that connecting may take, unless the client's timeout is shorter."""


class Frames(Generic[FrameT]):
    """The frames that the server sends for one request, decoded. It can be opened again after `drop`.

    While nobody waits in `receive`, at most one buffer of the socket is read (128 KiB, or one frame if that is larger):
    then the connection is left alone, and the server has to wait.
    """

    def __init__(self, opener: Opener, method: Method[Any, FrameT], prvkey: Key | None) -> None:
        self._opener = opener
        self._method = method
        self._signer = opener.keys.pick(method) if prvkey is None else parse(prvkey)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.heard_at: float = 0.0
        """When something arrived last, be it only the answer to a ping."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known here."""
        return self._socket is not None

    async def open(self, request: msgspec.Struct) -> None:
        """Send `request`, over a new connection if there is none.

        Raises:
            ConnectionFailedError: With a `status` if there is a server that refuses WebSockets.
            RPCError: The client is closed.
        """
        opener = self._opener
        body = seal(self._method.msgtype, request, self._signer).decode()
        loop = asyncio.get_running_loop()
        until = time.monotonic() + min(opener.timeout, CONNECT_S)
        # The server reads what is subscribed to, like any other request, and does not say when it has.
        turn = opener.gate.enter_at_once(opener.lane, until) or await opener.gate.enter(opener.lane, until)
        try:
            await self._subscribe(body)
        finally:
            loop.call_later(READING_S, opener.gate.leave, turn)

    async def _subscribe(self, body: str) -> None:
        if self._socket is None:
            self._loop = asyncio.get_running_loop()
            self._socket = await self._opener.transport.websocket(
                method=self._method.name, timeout=min(self._opener.timeout, CONNECT_S)
            )
            self.heard_at = now()
        try:
            await self._socket.send_str(body)
        except (aiohttp.ClientError, ConnectionError) as error:
            self.drop()
            raise ConnectionFailedError(str(error), method=self._method.name, sent=False) from error
        except BaseException:
            self.drop()
            raise

    async def receive(self, until: float) -> FrameT | None:
        """The next frame; None if `until` comes first. A cancelled wait loses nothing.

        Raises:
            ConnectionFailedError: There is no connection any more.
            RPCError: The frame is an error reply, or not a reply of this method, or too large.
        """
        while True:
            message = await self._read(until)
            if message is None:
                return None
            if message.type is aiohttp.WSMsgType.TEXT or message.type is aiohttp.WSMsgType.BINARY:
                return self._decode(message.data)
            if message.type is aiohttp.WSMsgType.PING and self._socket is not None:
                await self._socket.pong(message.data)
            elif message.type is not aiohttp.WSMsgType.PONG:
                self.drop()
                raise self._broken(message)

    async def ping(self) -> None:
        """Ask for a sign of life, which moves `heard_at`."""
        if self._socket is not None:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await self._socket.ping()

    def drop(self) -> None:
        """Close without the closing handshake, to which the server does not answer during a subscription."""
        socket, self._socket = self._socket, None
        if socket is not None:
            _abort(socket)

    def __del__(self) -> None:
        # The last reference may vanish on any thread, and at any moment.
        socket: aiohttp.ClientWebSocketResponse | None = self.__dict__.get("_socket")
        if socket is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_abort, socket)

    async def _read(self, until: float) -> Any:
        if self._socket is None:
            raise ConnectionFailedError("there is no connection", method=self._method.name)
        if until <= now():
            until = now() + 0.001  # what has arrived already is still taken
        patience = asyncio.timeout_at(until)
        try:
            async with patience:
                message = await self._socket.receive()
        except TimeoutError:
            if patience.expired():
                return None
            raise
        self.heard_at = now()
        return message

    def _decode(self, data: str | bytes) -> FrameT:
        body = data.encode() if isinstance(data, str) else data
        signer = self._signer.id if self._signer is not None else ""
        return open_reply(self._method, 200, body, signer=signer, strict=self._opener.strict)

    def _broken(self, message: Any) -> ConnectionFailedError | UnexpectedReplyError:
        if isinstance(message.data, aiohttp.WebSocketError):
            return UnexpectedReplyError(
                f"a frame that cannot be read: {message.data}", method=self._method.name
            )
        return ConnectionFailedError("the server ended the connection", method=self._method.name)


def _abort(socket: aiohttp.ClientWebSocketResponse) -> None:
    # aiohttp has no public way to do this.
    response = socket._response  # pyright: ignore[reportPrivateUsage]
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()
