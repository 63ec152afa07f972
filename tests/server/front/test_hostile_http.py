"""What is no HTTP, or none that anybody would send: a clear 4xx without a traceback, and the server goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct

import pytest
from aiohttp import hdrs
from colonyos_gen_wire.constants import API_PATH
from multidict import istr

from colonyos_gen.server import Server

from .test_slow_senders import BODY, HEAD, raw, reply

HOST = b" HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /api" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
REQUESTS: dict[str, bytes] = {
    "no HTTP": b"hello, world\r\n\r\n",
    "a TLS greeting": bytes.fromhex("16030100a5010000a10303") + bytes(150),
    "bytes": bytes(range(256)) * 4 + b"\r\n\r\n",
    "NUL in the path": b"GET /\0" + HOST + b"\r\n",
    "bad UTF-8 in a header": b"POST /api" + HOST + b"X-\xff\xfe: \xff\r\n\r\n",
    "a header without a colon": b"POST /api" + HOST + b"nonsense\r\n\r\n",
    "a long header": b"POST /api" + HOST + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    "a long path": b"GET /" + b"x" * 100_000 + HOST + b"\r\n",
    "a negative length": b"POST /api" + HOST + b"Content-Length: -5\r\n\r\n",
    "a length that is no number": b"POST /api" + HOST + b"Content-Length: many\r\n\r\n",
    "two lengths": b"POST /api" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "a length and chunks": b"POST /api"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "a chunk of no size": CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"2\r\nhello\r\n0\r\n\r\n",
    "no zip": b"POST /api" + HOST + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "a coding that is no ASCII": b"POST /api"
    + HOST
    + b"Content-Encoding: \xff\r\nContent-Length: 5\r\n\r\nhello",
    "headers without end": b"GET /" + HOST + b"".join(b"X-%d: %b\r\n" % (i, b"x" * 8000) for i in range(12)),
    "many headers without end": b"GET /" + HOST + b"".join(b"X-%d: x\r\n" % i for i in range(9000)),
    "a body that is no envelope": b"POST /api" + HOST + b"Content-Length: 5\r\n\r\nhello",
    "a length beyond the limit": b"POST /api" + HOST + b"Content-Length: 99999999999\r\n\r\n",
    "a length beyond 64 bits": b"POST /api" + HOST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "an upgrade to nothing": b"GET /pubsub" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "an old WebSocket": b"GET /pubsub"
    + HOST
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: eA==\r\n\r\n",
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_hostile_requests(request_: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Server() as server:
            async with raw(server) as (reader, writer):
                writer.write(request_)
                status, answer = await reply(reader)
                assert 400 <= status < 500, answer[:200]
                for secret in (
                    b"Traceback",
                    b"site-packages",
                    b".py",
                    b"b'",
                    b"bytearray",
                    b"\n\n",
                    b"nvalid",
                ):
                    assert secret not in answer
            await is_alive(server)

    asyncio.run(main())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_headers_are_not_taken_in_without_end() -> None:
    """Whatever the library allows to each of them, a few tens of kilobytes are enough."""

    async def main() -> None:
        async with Server() as server, raw(server) as (reader, writer):
            writer.write(b"GET /" + HOST)
            for number in range(17):
                writer.write(b"X-%d: %b\r\n" % (number, b"x" * 4000))
                await asyncio.sleep(0)
            assert (await reply(reader))[0] == 431

    asyncio.run(main())


UPGRADE = (
    b"GET /pubsub" + HOST + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
_FRAMING = {hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.CONNECTION, hdrs.UPGRADE, hdrs.HOST}
NAMES = sorted({each for each in vars(hdrs).values() if isinstance(each, istr)} - _FRAMING)


@pytest.mark.parametrize("value", [b"\xff", b"100-continue\xff, \x80", b';=,"', b"A" * 3000])
def test_whatever_a_header_holds_nothing_is_logged(value: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Each of those that the library knows, on each of the paths."""
    starts = (
        b"POST /api" + HOST + b"Content-Length: 2\r\n%b\r\n{}",
        b"GET /health" + HOST + b"%b\r\n",
        b"OPTIONS /api" + HOST + b"Origin: x\r\n%b\r\n",
        UPGRADE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n%b\r\n",
    )

    async def main() -> None:
        async with Server() as server:
            for start in starts:
                for name in NAMES:
                    async with raw(server) as (reader, writer):
                        writer.write(start % (b"%b: %b\r\n" % (name.encode(), value)))
                        answer = await reader.readuntil(b"\r\n\r\n")
                        assert not answer.startswith(b"HTTP/1.1 5"), name
                        assert value not in answer, name
            await is_alive(server)

    asyncio.run(main())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_protocols_that_a_stranger_offers_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: x\r\n\r\n"
    )

    async def main() -> None:
        async with Server() as server, raw(server) as (reader, writer):
            writer.write(b"GET /pubsub" + HOST + upgrade)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")

    asyncio.run(main())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED + b"1\r\n \r\n" * 30_000 + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
        (b"GET /x" + HOST + b"\r\n") * 5000 + HEAD + BODY,
    ],
    ids=["chunks of one byte", "many requests"],
)
def test_what_comes_in_tiny_parts_gives_way(sent: bytes) -> None:
    """Others have a turn after every few hundred of them, though all have arrived."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def main() -> None:
        async with Server(request_timeout=60) as server, raw(server) as (reader, writer):
            counting = asyncio.create_task(others())
            writer.write(sent)
            answer = b""
            while b"payloadtype" not in answer:
                answer = answer[-20:] + await reader.read(2**20)
            counting.cancel()

    asyncio.run(main())
    assert turns > len(sent) / 8192


def test_zero_frames_of_an_unfinished_message_give_way() -> None:
    """Of a message in thousands of parts without a byte."""
    turns = 0

    async def main() -> None:
        nonlocal turns
        async with Server() as server, raw(server) as (reader, writer):
            writer.write(UPGRADE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"\x01\x80" + bytes(4) + (b"\x00\x80" + bytes(4)) * 60_000 + b"\x89\x80" + bytes(4))
            answering = asyncio.create_task(reader.readexactly(2))
            while not answering.done():
                turns += 1
                await asyncio.sleep(0)
            assert answering.result() == b"\x8a\x00"

    asyncio.run(main())
    assert turns > 360_000 / 4096


async def is_alive(server: Server) -> None:
    """Another client gets its answer."""
    async with raw(server) as (reader, writer):
        writer.write(HEAD + BODY)
        assert (await reply(reader))[0] == 200


@pytest.mark.parametrize("half", ["closed for reading", "closed for writing", "reset"])
def test_half_open_sockets(half: str, caplog: pytest.LogCaptureFixture) -> None:
    """Clients that are gone, or half gone, at any point of a request."""

    async def main() -> None:
        async with Server() as server:
            whole = HEAD + BODY
            for cut in (0, 10, len(HEAD), len(HEAD) + 1, len(whole)):
                with socket.create_connection((server.host, server.port)) as connection:
                    connection.sendall(whole[:cut])
                    if half == "closed for reading":
                        connection.shutdown(socket.SHUT_RD)
                    elif half == "closed for writing":
                        connection.shutdown(socket.SHUT_WR)
                    else:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await is_alive(server)
            listening = server._listening  # pyright: ignore[reportPrivateUsage]
            assert listening is not None
            runner = listening.runner
            assert runner.server is not None
            while runner.server.connections:
                await asyncio.sleep(0.01)

    asyncio.run(main())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_requests_without_a_pause_are_answered_in_order() -> None:
    """Clients may send the next request before the answer to the last one."""

    async def main() -> None:
        async with Server(request_timeout=60) as server, raw(server) as (reader, writer):
            bad = HEAD.replace(API_PATH.encode(), b"/nowhere") + BODY
            writer.write((HEAD + BODY + bad) * 20)
            statuses = [(await reply(reader))[0] for _ in range(40)]
            assert statuses == [200, 404] * 20

    asyncio.run(main())


def test_a_client_that_never_reads_its_answers_holds_nobody_up() -> None:
    async def main() -> None:
        async with Server() as server, raw(server) as (_, writer):
            with contextlib.suppress(ConnectionError):
                writer.write((HEAD + BODY) * 20_000)
            await is_alive(server)

    asyncio.run(main())
