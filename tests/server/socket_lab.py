"""WebSocket connections to the server of a lab, for the tests in this folder."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
from aiohttp import WSMsgType
from colonyos_gen_wire.codec import decode_reply, encode
from colonyos_gen_wire.constants import PUBSUB_PATH
from colonyos_gen_wire.method import Method

from colonyos_gen.crypto import PrivateKey

from .lab import Lab, Refused, envelope, opened

PATIENCE_S = 10


class Line:
    """One connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(
        self, key: PrivateKey, method: Method[Any, Any], request: msgspec.Struct, *, binary: bool = False
    ) -> None:
        """Ask for a subscription, and wait until the server has begun with it."""
        body = envelope(key, method.msgtype, encode(request))
        await (self.socket.send_bytes(body) if binary else self.socket.send_str(body.decode()))
        assert await self.quiet() or True

    async def next(self, method: Method[Any, Any]) -> Any:
        """The next item. Raises Refused."""
        frame = await self.frame()
        assert frame.type in (WSMsgType.TEXT, WSMsgType.BINARY), frame
        body = frame.data.encode() if isinstance(frame.data, str) else frame.data
        payloadtype, error, payload = opened(body)
        if error:
            raise Refused(payload["status"], payload["message"])
        assert payloadtype == method.payloadtype
        return decode_reply(method, json.dumps(payload).encode(), strict=True)

    async def frame(self) -> aiohttp.WSMessage:
        """Whatever comes next."""
        return await self.socket.receive(timeout=PATIENCE_S)


@asynccontextmanager
async def line(here: Lab) -> AsyncGenerator[Line]:
    """A connection to the server of `here`."""
    url = here.server.url + PUBSUB_PATH
    async with here.session.ws_connect(url, autoping=False, autoclose=False) as socket:
        yield Line(socket)
