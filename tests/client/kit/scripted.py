"""Servers that answer with scripted bytes, over real sockets, in a thread of their own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

KEY = "b2" * 32
"""Private key of a member, made up for these tests."""
PROCESS_ID = "5c" * 32

NEVER = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server does about one request."""

    data: bytes = b""
    """Bytes to send, status line and all."""
    close: bool = False
    """Whether to close the connection afterwards."""
    reset: bool = False
    """Whether to close it with a TCP reset."""
    delay: float = 0.0
    """Seconds before anything is sent; the wait ends when the client hangs up."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    connection: int
    head: str
    body: bytes

    @property
    def envelope(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.body)
        return found

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(base64.b64decode(self.envelope["payload"]))
        return found


Script = Answer | Callable[[Request], Answer]

DROP = Answer(close=True)
HANG = Answer(delay=NEVER, close=True)


def http(
    body: bytes, status: int = 200, *, close: bool = False, headers: dict[str, str] | None = None
) -> Answer:
    """A complete reply with a Content-Length."""
    lines = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Answer(f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + body, close=close)


def envelope(payloadtype: str, payload: Any, *, error: bool = False) -> bytes:
    """A reply envelope; `payload` as JSON, or as it is when it is bytes."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    content = {"payloadtype": payloadtype, "payload": base64.b64encode(text).decode(), "error": error}
    return json.dumps(content).encode()


def refusal(status: int, message: str) -> bytes:
    """An error envelope."""
    return envelope("error", {"status": status, "message": message}, error=True)


def process(**fields: Any) -> dict[str, Any]:
    """The smallest process that a server answers with."""
    return {"processid": PROCESS_ID, "state": 0, "spec": {"funcname": "echo"}} | fields


def sample(request: Request) -> Answer:
    """A plausible success for the messages that these tests send."""
    kind = request.envelope["payloadtype"]
    payload: Any = {
        "versionmsg": {"buildversion": "dev", "buildtime": ""},
        "submitfuncspecmsg": process(),
        "assignprocessmsg": process(state=1),
        "getprocessmsg": process(),
        "getprocessesmsg": None,
        "updateblueprintmsg": {"kind": "K", "blueprintid": "", "metadata": {"name": "b"}, "spec": {}},
    }.get(kind, {})
    return http(envelope(kind, payload))


@dataclass
class Scripted:
    """Answers one request after the other with `answers`; the last answer is used again and again.

    with Scripted(DROP, sample) as server:
        ...  # server.url
    """

    answers: list[Script]
    requests: list[Request] = field(default_factory=list[Request])
    connections: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when a client closes its connection."""

    def __init__(self, *answers: Script, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.requests = []
        self.connections = 0
        self.hung_up = threading.Event()
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._port = port
        self._writers = set[asyncio.StreamWriter]()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def hang_up(self) -> None:
        """Close all connections, whatever their clients are doing; what that takes has been sent when this returns."""

        async def close() -> None:
            for writer in self._writers:
                writer.close()

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(60)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        self.connections += 1
        self._writers.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._answer_one(number, reader, writer):
                    pass
                return
            self.hung_up.set()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer_one(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            (int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0
        )
        request = Request(number, head, await reader.readexactly(length))
        self.requests.append(request)
        script = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = script if isinstance(script, Answer) else script(request)
        if answer.delay:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(answer.delay):
                    await reader.read(1)
                    self.hung_up.set()
        writer.write(answer.data)
        await writer.drain()
        if answer.reset:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        return not answer.close and not answer.reset


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
