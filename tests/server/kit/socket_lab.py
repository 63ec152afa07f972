"""WebSocket connections for the tests of the server.

Pings tell when the server has dealt with everything before, so a test finds out without waiting that nothing has come.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
import msgspec
from aiohttp import WSMsgType
from colonyos_gen_wire.codec import decode_reply, encode
from colonyos_gen_wire.constants import PUBSUB_PATH
from colonyos_gen_wire.method import Method

from colonyos_gen.crypto import PrivateKey

from .lab import Lab, Refused, envelope, opened

RespT = TypeVar("RespT")

PATIENCE_S = 60
_DATA = (WSMsgType.TEXT, WSMsgType.BINARY)


class Connection:
    """One connection, with what has come through it and was not looked at yet."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.inbox: deque[aiohttp.WSMessage] = deque()
        self.over = False

    async def settle(self) -> None:
        """Wait until the server has dealt with all that was sent, and collect what it has sent."""
        for _ in range(2):
            if self.over:
                return
            await self.socket.ping()
            while not self.over and (frame := await self._receive()).type is not WSMsgType.PONG:
                self.inbox.append(frame)

    async def frame(self) -> aiohttp.WSMessage:
        """The next frame that the server sends, or has sent."""
        return self.inbox.popleft() if self.inbox else await self._receive()

    async def quiet(self) -> bool:
        """Whether everything that the server has sent was looked at."""
        await self.settle()
        return not self.inbox

    async def ask(
        self, key: PrivateKey, method: Method[Any, Any], request: msgspec.Struct, *, binary: bool = False
    ) -> None:
        """Ask for a subscription, and return when the server has begun with it."""
        body = envelope(key, method.msgtype, encode(request))
        await (self.socket.send_bytes(body) if binary else self.socket.send_str(body.decode()))
        await self.settle()

    async def item(self, method: Method[Any, RespT]) -> RespT:
        """The next item of a subscription. Raises Refused."""
        frame = await self.frame()
        assert frame.type in _DATA, frame
        payloadtype, error, payload = opened(frame.data)
        if error:
            raise Refused(payload["status"], payload["message"])
        assert payloadtype == method.payloadtype
        return decode_reply(method, json.dumps(payload).encode(), strict=True)

    async def close_code(self) -> int:
        """Wait for a close frame, which has to come next, answer it, and return its code."""
        frame = await self.frame()
        assert frame.type is WSMsgType.CLOSE, frame
        await self.socket.close()
        return int(frame.data)

    async def _receive(self) -> aiohttp.WSMessage:
        frame = await self.socket.receive(timeout=PATIENCE_S)
        self.over = frame.type not in (*_DATA, WSMsgType.PONG)
        return frame


class WitnessedConnection(Connection):
    """A connection that may be deaf to pings: another one tells when the server has dealt with everything before."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, witness: Connection) -> None:
        super().__init__(socket)
        self._witness = witness
        self._arrived: asyncio.Queue[aiohttp.WSMessage] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def settle(self) -> None:
        """Wait until the server has dealt with all that was sent, and collect what it has sent."""
        for _ in range(3):
            await self._witness.settle()
        while not self._arrived.empty():
            self.inbox.append(await self._receive())

    async def _read(self) -> None:
        while True:
            frame = await self.socket.receive()
            self._arrived.put_nowait(frame)
            if frame.type not in (*_DATA, WSMsgType.PONG):
                return

    async def _receive(self) -> aiohttp.WSMessage:
        async with asyncio.timeout(PATIENCE_S):
            frame = await self._arrived.get()
        self.over = frame.type not in (*_DATA, WSMsgType.PONG)
        return frame


async def connect(session: aiohttp.ClientSession, url: str, path: str = PUBSUB_PATH) -> Connection:
    """A connection to the server at `url`."""
    return Connection(await session.ws_connect(url + path, autoping=False, autoclose=False))


@asynccontextmanager
async def line(here: Lab) -> AsyncGenerator[Connection]:
    """A connection to the server of a lab."""
    connection = await connect(here.session, here.server.url)
    try:
        yield connection
    finally:
        await connection.socket.close()
