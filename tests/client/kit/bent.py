"""A server whose protocol is not the one of the schema: it stands before an embedded one, and bends what that answers."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Self, cast

import aiohttp
from aiohttp import web
from colonyos_gen_wire.constants import API_PATH, PUBSUB_PATH

JSON = Any
Bend = Callable[[str, JSON], JSON]
"""Gets message type and payload of a reply that is no refusal, and returns the payload to answer with."""


class Bent:
    """Forwards to `target` over sockets, on a thread of its own.

    with Bent(server.url, bend) as bent:
        ...  # bent.url

    Args:
        target: URL of the server.
        bend: What is done to payloads of replies.
        unknown: Message types that are refused as unknown.
        version: What the server says that it is; None for what `target` says.
    """

    def __init__(
        self,
        target: str,
        bend: Bend = lambda _, payload: payload,
        *,
        unknown: frozenset[str] = frozenset(),
        version: str | None = None,
    ) -> None:
        self._target = target
        self._bend = bend
        self._unknown = unknown
        self._version = version
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.requests: list[dict[str, JSON]] = []
        """The payloads of all requests, in the order in which they came."""
        self.under_way = 0
        self.most = 0
        """How many requests, subscriptions apart, were under way at the same time at most."""
        self.subscriptions: Counter[int] = Counter()
        """How many requests came on each connection for subscriptions."""

    @property
    def url(self) -> str:
        """Base URL for clients."""
        return f"http://127.0.0.1:{self._port}"

    def sent(self, msgtype: str) -> list[dict[str, JSON]]:
        """The requests of one type."""
        return [each for each in self.requests if each.get("msgtype") == msgtype]

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _start(self) -> None:
        self._session = aiohttp.ClientSession()
        app = web.Application(client_max_size=2**28)
        app.router.add_post(API_PATH, self._post)
        app.router.add_get(PUBSUB_PATH, self._pubsub)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = int(self._runner.addresses[0][1])

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    def _note(self, body: bytes) -> str:
        envelope = json.loads(body)
        self.requests.append(json.loads(base64.b64decode(envelope["payload"])))
        return str(envelope["payloadtype"])

    async def _post(self, request: web.Request) -> web.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            body = await request.read()
            msgtype = self._note(body)
            if msgtype in self._unknown:
                failure = {"status": 403, "message": f"invalid rpcMsg.PayloadType: {msgtype}"}
                return web.Response(body=_enveloped("error", failure, error=True), status=403)
            async with self._session.post(self._target + API_PATH, data=body) as answer:
                return web.Response(body=self._bent(msgtype, await answer.read()), status=answer.status)
        finally:
            self.under_way -= 1

    async def _pubsub(self, request: web.Request) -> web.WebSocketResponse:
        here = web.WebSocketResponse()
        await here.prepare(request)
        number = len(self.subscriptions) + 1
        msgtype = ""
        async with self._session.ws_connect(self._target + PUBSUB_PATH) as there:

            async def forth() -> None:
                nonlocal msgtype
                async for frame in here:
                    msgtype = self._note(frame.data.encode() if isinstance(frame.data, str) else frame.data)
                    self.subscriptions[number] += 1
                    await there.send_str(frame.data if isinstance(frame.data, str) else frame.data.decode())
                await there.close()

            sending = asyncio.create_task(forth())
            try:
                async for frame in there:
                    data = frame.data.encode() if isinstance(frame.data, str) else frame.data
                    await here.send_str(self._bent(msgtype, data).decode())
            finally:
                sending.cancel()
        return here

    def _bent(self, msgtype: str, body: bytes) -> bytes:
        envelope = json.loads(body)
        if envelope.get("error"):
            return body
        payload: JSON = json.loads(base64.b64decode(envelope["payload"]))
        if self._version is not None and isinstance(payload, dict) and "buildversion" in payload:
            payload["buildversion"] = self._version
        return _enveloped(envelope["payloadtype"], self._bend(msgtype, payload), error=False)


def _enveloped(payloadtype: str, payload: JSON, *, error: bool) -> bytes:
    text = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps({"payloadtype": payloadtype, "payload": text, "error": error}).encode()


def everywhere(change: Callable[[dict[str, JSON]], None], *keys: str) -> Bend:
    """Bends each object that has all `keys`, or each if there are none, wherever it is in a reply."""

    def bend(_msgtype: str, payload: JSON) -> JSON:
        todo: list[JSON] = [payload]
        for value in todo:  # which grows
            if isinstance(value, dict):
                entry = cast("dict[str, JSON]", value)
                todo += entry.values()
                if all(key in entry for key in keys):
                    change(entry)
            elif isinstance(value, list):
                todo += value
        return payload

    return bend
