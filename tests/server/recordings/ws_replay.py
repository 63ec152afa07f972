"""Playing a recorded conversation over WebSockets again, against another server.

A recording holds, in order, what its clients did, and what they got. What they did is done again; what they got must
come again. Calls over HTTP in between are treated as in `replay`.

The clock of the server follows the recording, pauses and idle times included, and is moved on while a frame is waited for,
so that deadlines pass when they have to.
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
from colonyos_gen_wire.constants import PUBSUB_PATH

from colonyos_gen.server import ManualClock, Server
from tests.server.kit.socket_lab import PATIENCE_S, Connection, WitnessedConnection, connect

from .orders import JSON
from .replay import Outcome, Replay, Reply, Running, excerpt

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
_STEP_MS = 100
"""How far the clock goes at a time while something is waited for."""
_LATEST_MS = 3000
"""How much later than recorded something may come."""


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
        outcomes: dict[int, Outcome] = {}
        running: list[tuple[int, Running]] = []
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            for step, event in enumerate(self._events, 1):
                if "sleep_ms" in event:
                    self._move(event.get("t_ms", self._elapsed_ms()) + event["sleep_ms"])
                    await self._settle()
                    continue
                for number, (earlier, task) in self._ended(running, event):
                    running.remove((number, (earlier, task)))
                    outcomes[number] = await self._ended_rpc(number, earlier, task)
                await self._approach(event)
                if event["type"] == "rpc" and event["exchange"].get("async"):
                    running.append((step, (event["exchange"], await self._begin(session, event["exchange"]))))
                    continue
                differences = [difference async for difference in self._repeat(session, event)]
                outcomes[step] = Outcome(step, event["type"], differences)
            for number, (earlier, task) in running:
                outcomes[number] = await self._ended_rpc(number, earlier, task)
            for connection in self._connections.values():
                await connection.socket.close()
        return [outcomes[step] for step in sorted(outcomes)]

    def _ended(self, running: list[tuple[int, Running]], event: dict[str, JSON]) -> list[tuple[int, Running]]:
        """Those of the calls under way that were over before `event`."""
        now_ms = event.get("t_ms", self._elapsed_ms())
        return [each for each in running if each[1][0]["t_ms"] + each[1][0].get("dur_ms", 0) <= now_ms]

    async def _ended_rpc(self, step: int, exchange: dict[str, JSON], task: asyncio.Task[Reply]) -> Outcome:
        return Outcome(step, "rpc", (await self._finish(exchange, task)).differences)

    async def _approach(self, event: dict[str, JSON]) -> None:
        """Let time pass until the moment of `event`. A long way is gone in steps, so that what comes meanwhile is sent."""
        target_ms = event.get("t_ms", self._elapsed_ms())
        while target_ms - self._elapsed_ms() > _STEP_MS:
            self._move(self._elapsed_ms() + _STEP_MS)
            await self._settle()
        self._move(target_ms)

    async def _settle(self) -> None:
        """Wait until the server has dealt with everything, on all connections."""
        for connection in self._connections.values():
            if not _is_closed(connection):
                await connection.settle()

    async def _frame_of(self, event: dict[str, JSON], connection: Connection) -> aiohttp.WSMessage | None:
        """The next frame, or the end of the connection. The clock is moved on while nothing comes; None if nothing does.

        What was recorded can come a little later here, since the server looks for what is overdue once a second.
        """
        for late_ms in range(0, _LATEST_MS + 1, _STEP_MS):
            if late_ms:
                self._clock.advance(_STEP_MS / 1000)
            if not _is_closed(connection):
                await connection.settle()
            if connection.inbox or _is_closed(connection):
                self._postpone(self._elapsed_ms() - event.get("t_ms", self._elapsed_ms()))
                return await connection.frame()
        self._postpone(_LATEST_MS)
        return None

    def _postpone(self, late_ms: float) -> None:
        """What is late now makes everything late that follows."""
        self._start_ns += max(0, round(late_ms * 1_000_000))

    async def _repeat(self, session: aiohttp.ClientSession, event: dict[str, JSON]) -> AsyncGenerator[str]:
        if event["type"] == "rpc":
            exchange = event["exchange"]
            task = asyncio.ensure_future(self._send(session, exchange))
            for difference in (await self._finish(exchange, task)).differences:
                yield difference
            return
        if event["type"] == "ws_open":
            for difference in await self._open(session, event):
                yield difference
            return
        connection = self._connections[event["conn"]]
        match event["type"], event.get("frame"):
            case "ws_send", kind:
                if _is_closed(connection):
                    yield "a connection to send through -> it has ended"
                    return
                text = self._frame(event)
                await (
                    connection.socket.send_bytes(text)
                    if kind == "binary"
                    else connection.socket.send_str(text.decode())
                )
                await connection.settle()
            case "ws_recv", "close":
                if connection.socket.close_code is None and not self._is_closing(event):
                    await self._frame_of(event, connection)
                if connection.socket.close_code != event.get("code", connection.socket.close_code):
                    yield f"close code: {event['code']} -> {connection.socket.close_code}"
            case "ws_recv", _:
                frame = await self._frame_of(event, connection)
                if frame is None:
                    yield f"{excerpt(event['reply'])} -> nothing"
                    return
                for difference in self._unlike(event, frame):
                    yield difference
            case "ws_idle", _:
                if not _is_closed(connection):
                    await connection.settle()
                expected = event.get("frames_received", 0)
                if not expected <= len(connection.inbox) <= expected + self._soon(event):
                    yield f"frames: {expected} -> {[_shown(frame) for frame in connection.inbox]}"
                    connection.inbox.clear()
                for _ in range(min(expected, len(connection.inbox))):
                    connection.inbox.popleft()
            case "ws_eof", _:
                frame = await self._frame_of(event, connection)
                if frame is None or frame.type is not WSMsgType.CLOSED:
                    yield f"end of the connection -> {'nothing' if frame is None else _shown(frame)}"
            case "ws_close", _:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience(event)):
                        await connection.socket.close()
            case "ws_no_close_reply", _:
                if connection.socket.close_code == aiohttp.WSCloseCode.OK:
                    yield "no answer to the close frame -> one"
            case other:
                raise AssertionError(other)

    async def _open(self, session: aiohttp.ClientSession, event: dict[str, JSON]) -> list[str]:
        path, wanted = event.get("path", PUBSUB_PATH), event.get("http_status", 101)
        try:
            connection = await connect(session, self._server.url, path)
        except aiohttp.WSServerHandshakeError as error:
            return [] if error.status == wanted else [f"status: {wanted} -> {error.status}"]
        if self._deaf:
            witness = await connect(session, self._server.url)
            connection = WitnessedConnection(connection.socket, witness)
        self._connections[event["conn"]] = connection
        return [] if wanted == 101 else [f"status: {wanted} -> 101"]

    def _is_closing(self, event: dict[str, JSON]) -> bool:
        """Whether the client has closed the connection before it got the close frame of `event`."""
        earlier = self._events[: self._events.index(event)]
        return any(each["type"] == "ws_close" and each["conn"] == event["conn"] for each in earlier[::-1])

    def _soon(self, idle: dict[str, JSON]) -> int:
        """How many frames came so soon after an idle time, and by themselves, that they may be there already."""
        end_ms, found = idle.get("t_ms", 0) + _LATEST_MS, 0
        for each in self._events[self._events.index(idle) + 1 :]:
            if each.get("t_ms", end_ms) >= end_ms or each.get("type") in ("rpc", "ws_send", "ws_close"):
                break
            if each.get("conn") == idle["conn"]:
                found += each["type"] in ("ws_recv", "ws_eof")
        return found

    def _patience(self, closing: dict[str, JSON]) -> float:
        """Seconds to wait for the answer to a close frame."""
        place = self._events.index(closing)
        after = (each for each in self._events[place + 1 :] if each.get("conn") == closing["conn"])
        following = next(after, {"type": "ws_no_close_reply"})
        return _UNANSWERED_S if self._deaf and following["type"] == "ws_no_close_reply" else PATIENCE_S

    def _frame(self, event: dict[str, JSON]) -> bytes:
        """A request as it was sent, with the names of today; signed again, unless the flaw is in the signature."""
        if event.get("raw") is None and "raw_b64" in event:
            return base64.b64decode(event["raw_b64"])
        if event.get("raw") is None:
            return self._sign(event, json.dumps(event["request_payload"], separators=(",", ":")).encode())
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
        exchange = {"raw_reply": event.get("raw"), **event, "http_status": 200}
        payloadtype = event["reply"]["payloadtype"] if event.get("reply") else ""
        yield from self._differences(exchange, payloadtype, Reply(200, body))


def _is_closed(connection: Connection) -> bool:
    return connection.over or connection.socket.closed


def _shown(frame: aiohttp.WSMessage) -> str:
    if frame.type in _DATA:
        return excerpt(frame.data.encode() if isinstance(frame.data, str) else frame.data)
    return f"{frame.type.name} {frame.data} {frame.extra or ''}".strip()
