"""A WebSocket server that plays back what was recorded, frame by frame."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from aiohttp import WSMsgType, web

from .scripted import PROCESS_ID, envelope, process, refusal

GOLDEN = Path(__file__).parents[2] / "golden" / "ws"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the server does, `after` seconds from the one before."""

    after: float = 0.0
    asked: int = 0
    """How many requests have to have arrived before, over all connections."""
    text: str | None = None
    binary: bytes | None = None
    raw: bytes = b""
    """What goes over the network as it is."""
    drop: bool = False
    """Close the TCP connection without a close frame."""
    close: bool = False
    """Send a close frame."""


def recorded(name: str, conn: str = "c1", request: int = 0) -> list[Step]:
    """What the server did after the given request on the given connection of a recording, at the same pace."""
    steps: list[Step] = []
    sent, clock = -1, 0.0
    for event in json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["events"]:
        if event.get("conn") != conn:
            continue
        now = event["t_ms"] / 1000
        if event["type"] == "ws_send":
            sent, clock = sent + 1, now
        if sent != request:
            continue
        if event["type"] == "ws_recv" and event["frame"] == "text":
            steps.append(Step(now - clock, text=event["raw"]))
            clock = now
        elif event["type"] == "ws_eof":
            steps.append(Step(now - clock, drop=True))
    return steps


def quick(steps: list[Step]) -> list[Step]:
    """The same without the pauses."""
    return [replace(step, after=0.0) for step in steps]


Stored = Callable[[int], dict[str, Any] | None]


class Pubsub:
    """Plays `steps` after the first frame of each connection, and `later` (if given) from the second connection on.

    Over HTTP it answers `getprocessmsg` with `stored`: always the same, or what that returns for the number of the read
    (from 1); None means that there is no such process. Processes in `by_id` come before that.
    `channelreadmsg` is answered with `log`.
    """

    def __init__(
        self,
        *steps: Step,
        later: list[Step] | None = None,
        stored: dict[str, Any] | Stored | None = None,
        by_id: dict[str, dict[str, Any]] | None = None,
        log: list[dict[str, Any]] | None = None,
    ) -> None:
        self.steps = list(steps)
        self.later = later
        self.stored = stored or process()
        self.by_id = by_id or {}
        self.log = log
        self.asked: list[dict[str, str]] = []
        """The envelopes that arrived over WebSockets."""
        self.reads = 0
        """How often the process was read over HTTP."""
        self.open = 0
        """Connections open now."""
        self.most_open = 0
        """Connections open at the same time."""
        self.played = 0
        """How many steps have been played."""
        self.gone = threading.Event()
        """Set when a client has gone."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _start(self) -> str:
        app = web.Application()
        app.router.add_get("/pubsub", self._pubsub)
        app.router.add_post("/api", self._api)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _api(self, request: web.Request) -> web.Response:
        sent = await request.json()
        kind = sent["payloadtype"]
        if kind == "channelreadmsg":
            if self.log is None:
                return web.Response(body=refusal(404, "Channel not found"), status=404)
            return web.Response(body=envelope(kind, self.log))
        assert kind == "getprocessmsg"
        self.reads += 1
        asked = json.loads(base64.b64decode(sent["payload"]))["processid"]
        if asked in self.by_id:
            return web.Response(body=envelope(kind, self.by_id[asked]))
        stored = self.stored(self.reads) if callable(self.stored) else self.stored
        if stored is None:
            text = f"Failed to get process, process with Id <{PROCESS_ID}> not found"
            return web.Response(body=refusal(404, text), status=404)
        return web.Response(body=envelope(kind, stored))

    async def _pubsub(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False, timeout=0.1)
        await socket.prepare(request)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        steps = self.steps if self.later is None or not self.asked else self.later
        playing: asyncio.Task[None] | None = None
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.asked.append(message.json())
                    if playing is None:
                        playing = asyncio.create_task(self._play(steps, socket, request))
        finally:
            self.open -= 1
            self.gone.set()
            if playing is not None:
                playing.cancel()
        return socket

    async def _play(self, steps: list[Step], socket: web.WebSocketResponse, request: web.Request) -> None:
        with contextlib.suppress(ConnectionError):
            for step in steps:
                await asyncio.sleep(step.after)
                while len(self.asked) < step.asked:
                    await asyncio.sleep(0.01)
                if step.text is not None:
                    await socket.send_str(step.text)
                if step.binary is not None:
                    await socket.send_bytes(step.binary)
                if step.raw and request.transport is not None:
                    request.transport.write(step.raw)
                if step.close:
                    await socket.close()
                if step.drop and request.transport is not None:
                    request.transport.close()
                self.played += 1


def entries(*contents: dict[str, Any]) -> str:
    """A frame with channel entries."""
    return envelope("subscribechannelmsg", list(contents)).decode()


def event(state: int) -> str:
    """A frame with a process in `state`."""
    return envelope("subscribeprocessmsg", process(processid=PROCESS_ID, state=state)).decode()
