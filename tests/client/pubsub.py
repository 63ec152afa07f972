"""A WebSocket server that plays back what was recorded, frame by frame."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import WSMsgType, web

from .scripted import PROCESS_ID, envelope, process

GOLDEN = Path(__file__).parent.parent / "golden" / "ws"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the server does, `after` seconds from the one before."""

    after: float = 0.0
    text: str | None = None
    binary: bytes | None = None
    drop: bool = False
    """Close the TCP connection without a close frame."""


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
    return [Step(0.0, step.text, step.binary, step.drop) for step in steps]


class Pubsub:
    """Plays `steps` after the first frame of each connection; answers `getprocessmsg` with `stored`."""

    def __init__(self, *steps: Step, stored: dict[str, Any] | None = None) -> None:
        self.steps = list(steps)
        self.stored = stored or process()
        self.asked: list[dict[str, str]] = []
        """The envelopes that arrived over WebSockets."""
        self.reads = 0
        """How often the process was read over HTTP."""
        self.gone = threading.Event()
        """Set when a client has gone."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(5)
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
        assert (await request.json())["payloadtype"] == "getprocessmsg"
        self.reads += 1
        return web.Response(body=envelope("getprocessmsg", self.stored))

    async def _pubsub(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        first = await socket.receive()
        if first.type is WSMsgType.TEXT:
            self.asked.append(first.json())
        playing = asyncio.create_task(self._play(socket, request))
        async for _ in socket:
            pass
        self.gone.set()
        playing.cancel()
        return socket

    async def _play(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        with contextlib.suppress(ConnectionError):
            for step in self.steps:
                await asyncio.sleep(step.after)
                if step.text is not None:
                    await socket.send_str(step.text)
                if step.binary is not None:
                    await socket.send_bytes(step.binary)
                if step.drop and request.transport is not None:
                    request.transport.close()


def entries(*contents: dict[str, Any]) -> str:
    """A frame with channel entries."""
    return envelope("subscribechannelmsg", list(contents)).decode()


def event(state: int) -> str:
    """A frame with a process in `state`."""
    return envelope("subscribeprocessmsg", process(processid=PROCESS_ID, state=state)).decode()
