"""The end of a server, and of its clients: nobody holds it up, nothing is left, and it is no news."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.methods import process
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.process import AssignProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from tests.server.kit.lab import COLONY, TYPE, Lab, envelope, lab

from .test_slow_senders import BODY, HEAD, Line, raw

pytestmark = pytest.mark.hazards("abandoned_feed", "waiting_feed_takes_wakeups")

LINES = 60
WEBSOCKET = (
    b"GET /pubsub HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def posted(body: bytes) -> bytes:
    return HEAD.replace(b": %d\r" % len(BODY), b": %d\r" % len(body)) + body


def frame(body: bytes) -> bytes:
    """A text frame of a client, with a mask that changes nothing."""
    return b"\x81\xfe" + struct.pack(">H", len(body)) + bytes(4) + body


def subscription(key: PrivateKey) -> bytes:
    request = SubscribeProcessesMsg(colonyname=COLONY, executortype=TYPE, state=WAITING, timeout=600)
    return frame(envelope(key, SUBSCRIBE_PROCESSES.msgtype, encode(request)))


def long_poll(key: PrivateKey) -> bytes:
    request = AssignProcessMsg(colonyname=COLONY, timeout=600)
    return posted(envelope(key, process.ASSIGN.msgtype, encode(request)))


SENT: dict[str, Callable[[PrivateKey], bytes]] = {
    "nothing": lambda _: b"",
    "the beginning of a request": lambda _: HEAD[:30],
    "half a body": lambda _: HEAD + BODY[:20],
    "half a large body": lambda _: posted(b" " * 3_000_000)[:1_000_000],
    "a request": lambda _: HEAD + BODY,
    "thousands of requests": lambda _: (HEAD + BODY) * 3000,
    "a long poll": long_poll,
    "a long poll and a request": lambda key: long_poll(key) + HEAD + BODY,
    "a WebSocket": lambda _: WEBSOCKET,
    "half a frame": lambda key: WEBSOCKET + subscription(key)[:100],
    "a subscription": lambda key: WEBSOCKET + subscription(key),
    "a subscription and half a frame": lambda key: WEBSOCKET + subscription(key) + subscription(key)[:9],
    "pings": lambda key: WEBSOCKET + subscription(key) + (b"\x89\x80" + bytes(4)) * 20_000,
}


async def opened(here: Lab, stack: contextlib.AsyncExitStack, sent: bytes) -> Line:
    """A connection on which this was sent, and whose client reads nothing."""
    reader, writer = await asyncio.open_connection(here.server.host, here.server.port, limit=1000)
    stack.callback(writer.transport.abort)
    with contextlib.suppress(ConnectionError):
        writer.write(sent)
        await asyncio.sleep(0)
    return reader, writer


def reset(line: Line) -> None:
    """Vanish as programs do that are killed."""
    connection = line[1].get_extra_info("socket")
    with contextlib.suppress(OSError):  # the server may have been first
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line[1].transport.abort()


def tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks()


def play(act: Callable[[Lab, PrivateKey, contextlib.AsyncExitStack], Coroutine[Any, Any, None]]) -> None:
    """Do it, and see that neither a task nor a failure that nobody has seen is left once the server has stopped."""
    failures: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, failure: failures.append(failure))
        async with contextlib.AsyncExitStack() as stack:
            before = tasks()
            async with lab(request_timeout=600, idle_timeout=600) as here:
                key = await here.add_executor("e")
                await act(here, key, stack)
                await here.session.close()
                await here.server.stop()
            left = tasks() - before
            for _ in range(100):
                await asyncio.sleep(0)
            assert not {task for task in left if not task.done()}

    asyncio.run(main())
    assert failures == []


def has_no_errors(caplog: pytest.LogCaptureFixture) -> bool:
    return not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("end", ["stays", "closes", "resets"])
@pytest.mark.parametrize("sent", SENT)
def test_clients_in_any_state(sent: str, end: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whether they have left just before the server stops, leave while it does, or do not even notice."""

    async def act(here: Lab, key: PrivateKey, stack: contextlib.AsyncExitStack) -> None:
        lines = [await opened(here, stack, SENT[sent](key)) for _ in range(6)]
        for _ in range(20):
            await asyncio.sleep(0)
        stopping = asyncio.create_task(here.server.stop())
        for number, line in enumerate(lines):
            for _ in range(number):
                await asyncio.sleep(0)
            if end == "resets":
                reset(line)
            elif end == "closes":
                line[1].close()
        await stopping

    play(act)
    assert has_no_errors(caplog)


@pytest.mark.parametrize("sent", SENT)
def test_clients_that_vanish(sent: str, caplog: pytest.LogCaptureFixture) -> None:
    """At any moment: right away, when the server has begun to answer, and later."""

    async def act(here: Lab, key: PrivateKey, stack: contextlib.AsyncExitStack) -> None:
        for rounds in (0, 1, 2, 3, 5, 10, 50):
            line = await opened(here, stack, SENT[sent](key))
            for _ in range(rounds):
                await asyncio.sleep(0)
            reset(line)
        listening = here.server._listening  # pyright: ignore[reportPrivateUsage]
        assert listening is not None
        await here.post(BODY)
        while len(listening.connections) > 1:
            await asyncio.sleep(0.01)
        assert not here.server.listeners

    play(act)
    assert has_no_errors(caplog)


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_that_comes_and_goes(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)

    async def act(here: Lab, key: PrivateKey, stack: contextlib.AsyncExitStack) -> None:
        async def come_and_go() -> None:
            while True:
                with contextlib.suppress(OSError):
                    line = await opened(here, stack, chance.choice(list(SENT.values()))(key))
                    await asyncio.sleep(chance.random() / 20)
                    if chance.random() < 0.7:
                        reset(line) if chance.random() < 0.5 else line[1].close()
                await asyncio.sleep(chance.random() / 20)

        crowd = [asyncio.create_task(come_and_go()) for _ in range(LINES)]
        await asyncio.sleep(0.3 * (seed + 1))
        await here.server.stop()
        for task in crowd:
            task.cancel()
        await asyncio.wait(crowd)

    play(act)
    assert has_no_errors(caplog)


def test_a_request_that_ends_when_the_library_gives_it_up(caplog: pytest.LogCaptureFixture) -> None:
    """In the moment between, the library tells a future that has been cancelled, and logs that as an error."""
    caught = asyncio.Event()

    @web.middleware
    async def hold(request: web.Request, handler: Handler) -> web.StreamResponse:
        del handler
        caught.set()
        ours = request.protocol
        while (waiter := ours._handler_waiter) is None or not waiter.cancelled():  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0)
        return web.Response()

    async def main() -> None:
        async with Server(middlewares=[hold]) as server, raw(server) as (_, writer):
            writer.write(HEAD + BODY)
            await caught.wait()
            await server.stop()

    asyncio.run(main())
    assert has_no_errors(caplog)


@pytest.mark.parametrize("frame", [b"\x89\x80", b"\x81\x80", b"\x82\x80", b"\x8a\x80"])
def test_frames_without_end_get_a_few_answers(frame: bytes) -> None:
    """And others get theirs between them."""

    async def main() -> None:
        async with Server() as server, raw(server) as (reader, writer):
            writer.write(WEBSOCKET)
            await reader.readuntil(b"\r\n\r\n")
            writer.write((frame + bytes(4)) * 50_000)
            answers = bytearray()
            with contextlib.suppress(ConnectionError):  # as not all that was sent has been read
                while part := await reader.read(2**20):
                    answers += part
            assert answers.count(b"payloadtype") <= 1001
            assert answers.count(b"\x8a\x00") <= 1000

    asyncio.run(main())


def test_frames_that_have_arrived_together_give_way() -> None:
    turns = 0

    async def main() -> None:
        nonlocal turns
        async with Server() as server, raw(server) as (reader, writer):
            writer.write(WEBSOCKET)
            await reader.readuntil(b"\r\n\r\n")
            writer.write((b"\x81\x80" + bytes(4)) * 80)
            answers = b""
            while answers.count(b"payloadtype") < 80:
                answers += await reader.read(2**20)
                turns += 1

    asyncio.run(main())
    assert turns >= 5
