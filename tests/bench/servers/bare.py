"""The least that a server can be: aiohttp, coincurve and msgspec with nothing in between. The yardstick of `served`.

It recovers who has signed and answers from a dict of processes; of rights, deadlines and files it knows nothing.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import coincurve
import msgspec
from aiohttp import web
from colonyos_gen_wire.constants import API_PATH

from tests.bench.minimum import FunctionSpec, Process, Reply, Request

_UNSET = datetime(1, 1, 1, tzinfo=UTC)
_SUCCESS, _RUNNING = 2, 1


class Submit(msgspec.Struct):
    """A process is to be run."""

    spec: FunctionSpec


class Assign(msgspec.Struct):
    """Somebody asks for work."""

    colonyname: str
    timeout: int


class Close(msgspec.Struct):
    """A process has ended."""

    processid: str
    out: list[Any] = []


_encode = msgspec.json.Encoder().encode
_read_envelope = msgspec.json.Decoder(Request).decode
_read_submit = msgspec.json.Decoder(Submit).decode
_read_assign = msgspec.json.Decoder(Assign).decode
_read_close = msgspec.json.Decoder(Close).decode


class Bare:
    """Processes in a dict."""

    def __init__(self) -> None:
        self._processes: dict[str, Process] = {}
        self._waiting: deque[str] = deque()
        self._numbers = itertools.count()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        envelope = _read_envelope(await request.read())
        signer = _signer(envelope)
        payload = base64.b64decode(envelope.payload)
        answer: object
        match envelope.payloadtype:
            case "submitfuncspecmsg":
                answer = self._submit(_read_submit(payload).spec, signer)
            case "assignprocessmsg":
                answer = self._assign(signer)
            case _:
                answer = self._close(_read_close(payload))
        reply = _encode(Reply(envelope.payloadtype, _encode(answer), error=False))
        return web.Response(body=reply, content_type="text/plain", charset="utf-8")

    def _submit(self, spec: FunctionSpec, signer: str) -> Process:
        processid = secrets.token_hex(32)
        process = Process(
            processid, signer, "bench", "", False, 0, next(self._numbers), datetime.now(UTC),
            _UNSET, _UNSET, _UNSET, _UNSET, 0, [], spec, False, [], [], "", [], [],
        )  # fmt: skip
        self._processes[processid] = process
        self._waiting.append(processid)
        return process

    def _assign(self, signer: str) -> Process:
        process = self._processes[self._waiting.popleft()]
        process.assignedexecutorid, process.isassigned, process.state = signer, True, _RUNNING
        process.starttime = datetime.now(UTC)
        return process

    def _close(self, request: Close) -> dict[str, object]:
        process = self._processes[request.processid]
        process.state, process.endtime, process.out = _SUCCESS, datetime.now(UTC), request.out
        return {}


def _signer(envelope: Request) -> str:
    signature, digest = (
        bytes.fromhex(envelope.signature),
        hashlib.sha3_256(envelope.payload.encode()).digest(),
    )
    key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    return hashlib.sha3_256(key.format(compressed=False).hex().encode()).hexdigest()


@contextlib.asynccontextmanager
async def bare() -> AsyncGenerator[int]:
    """The port of a bare server."""
    app = web.Application()
    app.router.add_post(API_PATH, Bare().handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
