"""Playing a recorded conversation over WebSockets again, against another server.

A recording holds, in order, what its clients did, and what they got. What they did is done again; what they got must
come again. Calls over HTTP in between are treated as in `replay`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType

from colonyos_gen.server import ManualClock, Server
from tests.server.kit.socket_lab import PATIENCE_S, Connection, WitnessedConnection, connect

from .replay import JSON, Outcome, Replay, Reply, excerpt

RECORDINGS = Path(__file__).parents[2] / "golden" / "ws"

_DATA = {WSMsgType.TEXT: "text", WSMsgType.BINARY: "binary"}


def recordings() -> list[str]:
    """Names of all recordings."""
    return sorted(path.stem for path in RECORDINGS.glob("*.json"))


def load(name: str) -> dict[str, JSON]:
    """One recording."""
    recording: dict[str, JSON] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return recording


_UNANSWERED_S = 0.3
"""How long to wait for an answer that is not to come."""


class SocketReplay(Replay):
    """One recording of WebSockets, played against a server, which may be `deaf` to what comes during a subscription."""

    def __init__(
        self,
        recording: dict[str, JSON],
        server: Server,
        clock: ManualClock,
        *,
        zero_times: bool = False,
        deaf: bool = False,
    ) -> None:
        super().__init__({**recording, "exchanges": []}, server, clock, zero_times=zero_times)
        self._deaf = deaf
        self._events: list[dict[str, JSON]] = recording["events"]
        self._connections: dict[str, Connection] = {}

    async def play(self) -> list[Outcome]:
        """Play every event, and tell how each went."""
        outcomes: list[Outcome] = []
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            for step, event in enumerate(self._events, 1):
                self._move(event["t_ms"])
                differences = [difference async for difference in self._repeat(session, event)]
                outcomes.append(Outcome(step, event["type"], differences))
            for connection in self._connections.values():
                await connection.socket.close()
        return outcomes

    async def _repeat(self, session: aiohttp.ClientSession, event: dict[str, JSON]) -> AsyncGenerator[str]:
        if event["type"] == "rpc":
            exchange = event["exchange"]
            task = asyncio.ensure_future(self._send(session, exchange))
            for difference in (await self._finish(exchange, task)).differences:
                yield difference
            return
        if event["type"] == "ws_open":
            connection = await connect(session, self._server.url)
            if self._deaf:
                witness = await connect(session, self._server.url)
                connection = WitnessedConnection(connection.socket, witness)
            self._connections[event["conn"]] = connection
            return
        connection = self._connections[event["conn"]]
        match event["type"], event.get("frame"):
            case "ws_send", kind:
                text = self._frame(event)
                await (
                    connection.socket.send_bytes(text)
                    if kind == "binary"
                    else connection.socket.send_str(text.decode())
                )
                await connection.settle()
            case "ws_recv", "close":
                if connection.socket.close_code != event["code"]:
                    yield f"close code: {event['code']} -> {connection.socket.close_code}"
            case "ws_recv", _:
                for difference in self._unlike(event, await connection.frame()):
                    yield difference
            case "ws_idle", _:
                await connection.settle()
                if len(connection.inbox) != event["frames_received"]:
                    yield f"frames: {event['frames_received']} -> {[_shown(frame) for frame in connection.inbox]}"
                connection.inbox.clear()
            case "ws_eof", _:
                frame = await connection.frame()
                if frame.type is not WSMsgType.CLOSED:
                    yield f"end of the connection -> {_shown(frame)}"
            case "ws_close", _:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience(event)):
                        await connection.socket.close()
            case "ws_no_close_reply", _:
                if connection.socket.close_code == aiohttp.WSCloseCode.OK:
                    yield "no answer to the close frame -> one"
            case other:
                raise AssertionError(other)

    def _patience(self, closing: dict[str, JSON]) -> float:
        """Seconds to wait for the answer to a close frame."""
        place = self._events.index(closing)
        following = next(each for each in self._events[place + 1 :] if each.get("conn") == closing["conn"])
        return _UNANSWERED_S if self._deaf and following["type"] == "ws_no_close_reply" else PATIENCE_S

    def _frame(self, event: dict[str, JSON]) -> bytes:
        """A request as it was sent, with the names of today; signed again, unless the flaw is in the signature."""
        raw = str(event["raw"])
        try:
            envelope = json.loads(raw)
            payload = base64.b64decode(envelope["payload"], validate=True)
        except (ValueError, binascii.Error):
            return raw.encode()
        if not event.get("verbatim"):
            sent = {**event, "payloadtype": envelope["payloadtype"]}
            return self._sign(sent, payload)
        renamed = self._renamed(payload.decode())
        return json.dumps({**envelope, "payload": base64.b64encode(renamed.encode()).decode()}).encode()

    def _unlike(self, event: dict[str, JSON], frame: aiohttp.WSMessage) -> Iterator[str]:
        if _DATA.get(frame.type) != event["frame"]:
            yield f"{event['frame']} frame -> {_shown(frame)}"
            return
        body = frame.data.encode() if isinstance(frame.data, str) else frame.data
        exchange = {**event, "http_status": 200}
        yield from self._differences(exchange, event["reply"]["payloadtype"], Reply(200, body))


def _shown(frame: aiohttp.WSMessage) -> str:
    if frame.type in _DATA:
        return excerpt(frame.data.encode() if isinstance(frame.data, str) else frame.data)
    return f"{frame.type.name} {frame.data} {frame.extra or ''}".strip()
