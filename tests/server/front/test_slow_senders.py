"""Clients that begin a request and do not finish it, on plain and on WebSocket connections.

Client and server share an event loop, whose time passes only while both of them wait.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncGenerator

import pytest
from aiohttp import WSCloseCode, WSMsgType
from colonyos_gen_wire.constants import API_PATH, PUBSUB_PATH, WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS
from colonyos_gen_wire.requests.subscription import SubscribeProcessMsg

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server._front.bounds.reading import BYTES_PER_S
from tests.server.kit.lab import COLONY, Lab, Refused, envelope, lab
from tests.server.kit.socket_lab import line

from .skipping_loop import run

QUICK_S = 5
"""What a request may take, where a test waits for that to pass."""
PATIENCE_S = 30
KEY = PrivateKey.generate()
BODY = envelope(KEY, "versionmsg", b'{"msgtype": "versionmsg"}')
HEAD = f"POST {API_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def raw(server: Server) -> AsyncGenerator[Line]:
    """A TCP connection."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server closes the connection."""
    async with asyncio.timeout(PATIENCE_S):
        return await reader.read()


async def reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer."""
    async with asyncio.timeout(PATIENCE_S):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        return int(head.split()[1]), await reader.readexactly(length)


async def rows(here: Lab) -> int:
    """How many processes there are."""
    return len(here.server._records.processes)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "begun", [b"", b"POST /api HT", HEAD[:-2], b"GET /pubsub HTTP/1.1\r\nUpgrade: websoc"]
)
def test_headers_that_do_not_come(begun: bytes) -> None:
    async def main() -> None:
        async with Server(request_timeout=QUICK_S) as server, raw(server) as (reader, writer):
            writer.write(begun)
            answer = await rest(reader)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert answer.endswith(b"\r\n\r\n408 Request Timeout")

    run(main())


def test_headers_that_trickle() -> None:
    """Each byte does not buy more time."""

    async def main() -> None:
        async with Server(request_timeout=QUICK_S) as server, raw(server) as (reader, writer):

            async def trickle() -> None:
                with contextlib.suppress(ConnectionError):
                    writer.write(HEAD[:-2] + b"X-More: ")
                    while True:
                        writer.write(b"x")
                        await writer.drain()
                        await asyncio.sleep(QUICK_S / 10)

            trickling = asyncio.create_task(trickle())
            answer = await reader.readexactly(12)
            trickling.cancel()
            assert answer == b"HTTP/1.1 408"

    run(main())


def test_a_body_that_does_not_come() -> None:
    """The envelope of a refusal, and the connection ends: what comes next could not be told from the body."""

    async def main() -> None:
        async with Server(request_timeout=QUICK_S) as server, raw(server) as (reader, writer):
            writer.write(HEAD + BODY[:20])
            status, body = await reply(reader)
            assert status == 408
            failure = json.loads(base64.b64decode(json.loads(body)["payload"]))
            assert failure == {"status": 408, "message": "The request body came too slowly"}

    run(main())


def test_a_large_body_may_take_its_time() -> None:
    """What has arrived already buys time for the rest."""

    async def main() -> None:
        async with Server(request_timeout=QUICK_S) as server, raw(server) as (reader, writer):
            filler = b" " * BYTES_PER_S * PATIENCE_S
            body = filler + BODY
            writer.write(HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode()))
            writer.write(filler)
            await writer.drain()
            await asyncio.sleep(5 * QUICK_S)
            writer.write(BODY)
            assert (await reply(reader))[0] == 200

    run(main())


def test_a_second_request_is_timed_as_well() -> None:
    """A connection may rest between requests, but not in the middle of one."""

    async def main() -> None:
        async with Server(request_timeout=QUICK_S) as server, raw(server) as (reader, writer):
            for _ in range(2):
                writer.write(HEAD + BODY)
                assert (await reply(reader))[0] == 200
                await asyncio.sleep(3 * QUICK_S)
            writer.write(b"POST ")
            assert (await rest(reader)).startswith(b"HTTP/1.1 408 ")

    run(main())


def test_idle_connections_are_closed() -> None:
    async def main() -> None:
        async with Server(idle_timeout=QUICK_S) as server, raw(server) as (reader, writer):
            writer.write(HEAD + BODY)
            assert (await reply(reader))[0] == 200
            assert await rest(reader) == b""

    run(main())


@pytest.mark.hazards("process_subscription_near_change", "abandoned_feed")
def test_an_answer_may_take_as_long_as_it_likes() -> None:
    """A long poll and a subscription outlast every limit on requests."""

    async def main() -> None:
        async with lab(request_timeout=QUICK_S, idle_timeout=QUICK_S) as here:
            worker, user = await here.add_executor("worker"), await here.add_user("user")
            submitted = await here.submit(user)
            await here.assign(worker)
            poll = asyncio.create_task(here.assign(worker, 60))
            async with line(here) as connection:
                request = SubscribeProcessMsg(processid=submitted.processid, state=WAITING, timeout=60)
                await connection.ask(user, SUBSCRIBE_PROCESS, request)
                await asyncio.sleep(5 * QUICK_S)
                assert await connection.quiet()
                assert not poll.done()
                second = await here.submit(user)
                assert (await poll).processid == second.processid

    run(main())


def test_a_websocket_without_a_subscription_is_closed() -> None:
    """Whether nothing was asked for, or that was refused."""

    async def main() -> None:
        async with lab(idle_timeout=QUICK_S) as here:
            async with line(here) as connection:
                assert await connection.close_code() == WSCloseCode.GOING_AWAY
            async with line(here) as connection:
                await connection.socket.send_bytes(b"hello")
                with pytest.raises(Refused, match="400"):
                    await connection.item(SUBSCRIBE_PROCESS)
                assert await connection.close_code() == WSCloseCode.GOING_AWAY

    run(main())


def test_a_frame_that_does_not_come_is_no_request() -> None:
    """Neither a frame that stops half-way nor pings keep a WebSocket open."""

    async def main() -> None:
        async with lab(idle_timeout=QUICK_S) as here, raw(here.server) as (reader, writer):
            upgrade = (
                f"GET {PUBSUB_PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
            )
            writer.write(upgrade.encode())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(bytes([0x89, 0x80, 0, 0, 0, 0]))  # a ping
            writer.write(
                bytes([0x82, 0xFE, 0x10, 0, 0, 0, 0, 0]) + b"{"
            )  # a frame of 4 KiB, of which one byte comes
            frames = await rest(reader)
            assert frames[:2] == bytes([0x8A, 0])
            assert frames[2] == 0x80 | WSMsgType.CLOSE

    run(main())


def test_nothing_that_was_not_complete_is_stored() -> None:
    async def main() -> None:
        async with lab(request_timeout=QUICK_S) as here:
            user = await here.add_user("user")
            payload = json.dumps(
                {
                    "msgtype": "submitfuncspecmsg",
                    "spec": {"funcname": "f", "conditions": {"colonyname": COLONY, "executortype": "t"}},
                }
            )
            body = envelope(user, "submitfuncspecmsg", payload.encode())
            head = HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode())
            for cut in (0, 1, len(body) // 2, len(body) - 1):
                async with raw(here.server) as (reader, writer):
                    writer.write(head + body[:cut])
                    assert (await reply(reader))[0] == 408
                async with raw(here.server) as (_, writer):
                    writer.write(head + body[:cut])
                    writer.write_eof()
            assert await rows(here) == 0
            async with raw(here.server) as (reader, writer):
                writer.write(head + body)
                assert (await reply(reader))[0] == 200
            assert await rows(here) == 1

    run(main())


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="the system does not let programs set this")
def test_hosts_that_vanish_are_probed_for() -> None:
    async def main() -> None:
        async with Server() as server, raw(server) as (reader, writer):
            writer.write(HEAD + BODY)
            await reply(reader)
            listening = server._listening  # pyright: ignore[reportPrivateUsage]
            assert listening is not None
            runner = listening.runner
            assert runner.server is not None
            [handler] = runner.server.connections
            assert handler.transport is not None
            connection = handler.transport.get_extra_info("socket")
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 120

    run(main())


def test_many_slow_senders_keep_nobody_else_waiting() -> None:
    async def main() -> None:
        async with lab() as here, contextlib.AsyncExitStack() as stack:
            for number in range(200):
                _, writer = await stack.enter_async_context(raw(here.server))
                writer.write((HEAD + BODY)[: number % len(HEAD + BODY)])
            assert (await here.post(BODY))[0] == 200

    run(main())
