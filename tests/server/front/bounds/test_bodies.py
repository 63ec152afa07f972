"""Large bodies over sockets: they wait for room without filling the memory, and small ones pass them by."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json

import pytest

from colonyos_gen import AsyncClient
from colonyos_gen.server import Server
from colonyos_gen.server._front.bounds import reading
from colonyos_gen.server._front.bounds.room import Room
from tests.server.front.skipping_loop import run
from tests.server.front.test_slow_senders import BODY, HEAD, Line, raw, reply
from tests.server.kit.lab import lab, opened, spec

LARGE = 200_000
QUICK_S = 5


def filled(size: int = LARGE) -> bytes:
    """A request for the version with white space before it."""
    return b" " * (size - len(BODY)) + BODY


def head(size: int = LARGE) -> bytes:
    return HEAD.replace(b": %d\r" % len(BODY), b": %d\r" % size)


CHUNKED = HEAD.replace(b"Content-Length: %d\r" % len(BODY), b"Transfer-Encoding: chunked\r")


def chunks(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def room_of(server: Server) -> Room:
    """The room for its bodies."""
    listening = server._listening  # pyright: ignore[reportPrivateUsage]
    assert listening is not None
    return listening.room


async def begun(server: Server, line: Line, size: int = LARGE) -> None:
    """Send the beginning of a body, and wait until it has got its room."""
    before = room_of(server).taken
    line[1].write(head(size) + filled(size)[: size // 2])
    while room_of(server).taken == before:
        await asyncio.sleep(0)


def test_large_bodies_wait_for_each_other_and_small_ones_do_not() -> None:
    async def main() -> None:
        async with (
            Server(body_limit=LARGE, bodies_limit=LARGE, request_timeout=60) as server,
            raw(server) as first,
            raw(server) as second,
            raw(server) as small,
        ):
            await begun(server, first)
            second[1].write(head() + filled())
            while not room_of(server).waiting:
                await asyncio.sleep(0)
            small[1].write(HEAD + BODY)
            assert (await reply(small[0]))[0] == 200
            assert (room_of(server).taken, room_of(server).waiting) == (LARGE, 1)
            first[1].write(filled()[LARGE // 2 :])
            assert (await reply(first[0]))[0] == 200
            assert (await reply(second[0]))[0] == 200
            assert room_of(server).taken == 0

    asyncio.run(main())


@pytest.mark.parametrize("chunked", [False, True])
def test_without_room_one_is_sent_away_unread(monkeypatch: pytest.MonkeyPatch, *, chunked: bool) -> None:
    """One that does not say how long it is counts as the longest there may be."""
    monkeypatch.setattr(reading, "WANTED_BYTES_PER_S", 0)

    async def main() -> None:
        async with (
            Server(body_limit=LARGE, bodies_limit=LARGE, request_timeout=QUICK_S) as server,
            raw(server) as first,
            raw(server) as second,
        ):
            await begun(server, first)
            second[1].write(CHUNKED + chunks(filled())[:-100] if chunked else head() + filled()[:-1])
            answer = await second[0].readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert b"Retry-After: 1\r\n" in answer
            assert b"Connection: close\r\n" in answer

    run(main())


@pytest.mark.parametrize("ended", ["vanished", "too slow", "answered"])
def test_room_is_given_back(ended: str) -> None:
    async def main() -> None:
        async with (
            Server(body_limit=LARGE, bodies_limit=LARGE, request_timeout=QUICK_S) as server,
            raw(server) as first,
        ):
            await begun(server, first)
            if ended == "vanished":
                first[1].transport.abort()
            elif ended == "answered":
                first[1].write(filled()[LARGE // 2 :])
            else:
                assert (await reply(first[0]))[0] == 408
            while room_of(server).taken:
                await asyncio.sleep(0)
            async with raw(server) as second:
                second[1].write(head() + filled())
                assert (await reply(second[0]))[0] == 200

    run(main())


def test_a_trickle_loses_its_room_when_somebody_wants_it() -> None:
    """Alone it may take a second for every 10,000 bytes, but not when others wait."""

    async def main() -> None:
        size = 1_000_000
        loop = asyncio.get_running_loop()
        async with (
            Server(body_limit=size, bodies_limit=size, request_timeout=30) as server,
            raw(server) as first,
        ):
            await begun(server, first, size)
            await asyncio.sleep(40)
            assert 0 < room_of(server).taken < size
            async with raw(server) as second:
                asked = loop.time()
                second[1].write(head(size) + filled(size))
                assert (await reply(first[0]))[0] == 429  # nothing was done, so it may be sent again
                assert loop.time() - asked <= 6
                assert (await reply(second[0]))[0] == 200

    run(main())


def test_whoever_sends_only_headers_holds_no_room() -> None:
    async def main() -> None:
        async with (
            Server(body_limit=LARGE, bodies_limit=LARGE) as server,
            raw(server) as honest,
            contextlib.AsyncExitStack() as stack,
        ):
            for _ in range(20):
                _, writer = await stack.enter_async_context(raw(server))
                writer.write(head())
            honest[1].write(head() + filled())
            assert (await reply(honest[0]))[0] == 200

    run(main())


def test_whoever_stops_in_the_middle_holds_up_a_small_one_for_seconds_at_most() -> None:
    """However many there are, and though they come from the same address and have come before."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with (
            Server(body_limit=LARGE, bodies_limit=LARGE) as server,
            raw(server) as honest,
            contextlib.AsyncExitStack() as stack,
        ):
            strangers = [await stack.enter_async_context(raw(server)) for _ in range(50)]
            for _, writer in strangers:
                writer.write(head() + filled()[: LARGE // 2])
            while room_of(server).waiting < 49:
                await asyncio.sleep(0)
            asked = loop.time()
            honest[1].write(head(40_000) + filled(40_000))
            assert (await reply(honest[0]))[0] == 200
            assert loop.time() - asked < 9

    run(main())


def test_a_body_that_moves_is_read_to_its_end_though_others_wait() -> None:
    async def main() -> None:
        size = 1_000_000
        async with (
            Server(body_limit=size, bodies_limit=size, request_timeout=60) as server,
            raw(server) as slow,
            raw(server) as other,
        ):
            await begun(server, slow, size)
            other[1].write(head(size) + filled(size))
            rest_of_it = filled(size)[size // 2 :]
            for start in range(0, len(rest_of_it), 70_000):  # 140 kB/s
                await asyncio.sleep(0.5)
                slow[1].write(rest_of_it[start : start + 70_000])
            assert (await reply(slow[0]))[0] == 200
            assert (await reply(other[0]))[0] == 200

    run(main())


def test_a_long_poll_holds_no_room() -> None:
    """Once it is read, nothing of a request is left."""

    async def main() -> None:
        async with lab(body_limit=LARGE) as here:
            executor = await here.add_executor("e")
            payload = json.dumps(
                {"msgtype": "assignprocessmsg", "colonyname": "lab", "timeout": 60, "x": "x" * 100_000}
            )
            text = base64.b64encode(payload.encode()).decode()
            body = json.dumps(
                {"payloadtype": "assignprocessmsg", "payload": text, "signature": executor.sign(text)}
            )
            polling = asyncio.create_task(here.post(body.encode()))
            while not here.server.listeners:
                await asyncio.sleep(0)
            assert room_of(here.server).taken == 0
            user = await here.add_user("u")
            await here.submit(user, spec(args=["x" * 100_000]))
            assert (await polling)[0] == 200

    asyncio.run(main())


def test_many_large_calls_at_once_all_come_through() -> None:
    """They take turns; a client sends again what was sent away."""

    async def main() -> None:
        async with lab(body_limit=LARGE) as here:
            user = await here.add_user("u")
            async with AsyncClient(here.server.url, member_key=user) as client:
                made = await asyncio.gather(*(client.submit(spec(args=["x" * 100_000])) for _ in range(40)))
            assert len({process.processid for process in made}) == 40
            assert room_of(here.server).taken == 0

    asyncio.run(main())


def test_a_compressed_body_is_told_to_be_one() -> None:
    """As on the real server nobody unpacks it; here it is said why it cannot be read."""

    async def main() -> None:
        async with Server() as server, raw(server) as (reader, writer):
            for encoding, body, status in (
                ("gzip", b"\x1f\x8b" * 10, 400),
                ("zstd", b"x" * LARGE, 400),
                ("br", filled(len(BODY) + 10), 200),
            ):
                writer.write(
                    head(len(body)).replace(
                        b"\r\n\r\n", b"\r\nContent-Encoding: %b\r\n\r\n" % encoding.encode()
                    )
                    + body
                )
                got, answer = await reply(reader)
                assert got == status
                if status == 400:
                    message = opened(answer)[2]["message"]
                    assert f"the body is compressed ({encoding}), and read as it comes" in message

    asyncio.run(main())


def test_thirty_uploads_take_no_more_memory_than_there_is_room() -> None:
    """All of them at once, half sent: what is not let in stays in buffers of the network."""

    async def main() -> None:
        size = 8_000_000
        async with (
            Server(body_limit=size, bodies_limit=size, request_timeout=60) as server,
            contextlib.AsyncExitStack() as stack,
        ):
            lines = [await stack.enter_async_context(raw(server)) for _ in range(30)]
            for line in lines:
                line[1].write(head(size) + bytes(size // 2))
            while room_of(server).waiting < 29:
                await asyncio.sleep(0)
            for _ in range(100):
                await asyncio.sleep(0)
            listening = server._listening  # pyright: ignore[reportPrivateUsage]
            assert listening is not None
            web = listening.runner.server
            assert web is not None
            held = sum(
                handler._current_request.content.total_bytes  # pyright: ignore[reportPrivateUsage]
                for handler in web.connections
                if handler._current_request is not None  # pyright: ignore[reportPrivateUsage]
            )
            assert held < size + 29 * 1_000_000

    asyncio.run(main())


def test_sixty_four_uploads_at_once_all_come_through() -> None:
    """Together they are several times as large as the room; whoever is sent away comes again."""

    async def main() -> None:
        async with lab(body_limit=2_000_000) as here:
            user = await here.add_user("u")
            async with AsyncClient(here.server.url, member_key=user, timeout=120, retries=20) as client:
                made = await asyncio.gather(*(client.submit(spec(args=["x" * 500_000])) for _ in range(64)))
            assert len({process.processid for process in made}) == 64
            assert room_of(here.server).taken == 0

    asyncio.run(main())


def test_most_half_sent_bodies_do_not_keep_out_an_honest_one() -> None:
    """Of each some has come, more is announced than there is room for, and all are from here."""

    async def main() -> None:
        size = 1_800_000
        async with Server(body_limit=size) as server, contextlib.AsyncExitStack() as stack:
            for _ in range(40):
                _, writer = await stack.enter_async_context(raw(server))
                writer.write(head(size) + filled(size)[:100_000])
            for _ in range(300):
                await asyncio.sleep(0)
            reader, writer = await stack.enter_async_context(raw(server))
            writer.write(head(size // 2) + filled(size // 2))
            assert (await reply(reader))[0] == 200

    asyncio.run(main())
