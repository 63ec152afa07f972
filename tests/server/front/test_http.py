"""The HTTP side, and starting and stopping."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import urllib.request

import aiohttp
import pytest
from colonyos_gen_wire.constants import API_PATH, HEALTH_PATH, PUBSUB_PATH

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server, ServerThread
from tests.server.kit.lab import lab, opened

VERSION = json.dumps({"payloadtype": "versionmsg", "payload": "eyJtc2d0eXBlIjoidmVyc2lvbm1zZyJ9"}).encode()


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", HEALTH_PATH, 200, ""),
        ("POST", HEALTH_PATH, 404, "404 page not found"),
        ("GET", API_PATH, 404, "404 page not found"),
        ("PUT", API_PATH, 404, "404 page not found"),
        ("GET", "/", 404, "404 page not found"),
        ("GET", "/api/x", 404, "404 page not found"),
        ("OPTIONS", API_PATH, 404, "404 page not found"),
        ("GET", PUBSUB_PATH, 400, "Bad Request\n"),
        ("POST", API_PATH + "/", 307, ""),
    ],
)
def test_paths(method: str, path: str, status: int, text: str) -> None:
    async def main() -> None:
        async with (
            lab() as here,
            here.session.request(method, here.server.url + path, allow_redirects=False) as response,
        ):
            assert (response.status, await response.text()) == (status, text)
            if text:
                assert response.content_type == "text/plain"

    asyncio.run(main())


def test_a_slash_too_many_leads_to_the_right_path() -> None:
    async def main() -> None:
        async with (
            lab() as here,
            here.session.post(here.server.url + API_PATH + "/", data=VERSION) as response,
        ):
            assert response.status == 200
            assert opened(await response.read())[0] == "versionmsg"

    asyncio.run(main())


def test_browsers_may_call_from_anywhere() -> None:
    async def main() -> None:
        async with lab() as here:
            headers = {"Origin": "http://example.com", "Access-Control-Request-Method": "POST"}
            async with here.session.options(here.server.url + API_PATH, headers=headers) as response:
                assert response.status == 204
                assert response.headers["Access-Control-Allow-Origin"] == "*"
                assert "POST" in response.headers["Access-Control-Allow-Methods"]
            async with here.session.post(
                here.server.url + API_PATH, data=VERSION, headers={"Origin": "http://example.com"}
            ) as response:
                assert response.headers["Access-Control-Allow-Origin"] == "*"
                assert response.headers["Content-Type"] == "text/plain; charset=utf-8"

    asyncio.run(main())


def test_bodies_over_the_limit() -> None:
    async def main() -> None:
        async with lab(body_limit=2000) as here:
            for body in (b"x" * 2001, b"x" * 10_000_000):
                status, reply = await here.post(body)
                payloadtype, error, payload = opened(reply)
                assert (status, payloadtype, error) == (413, "error", True)
                assert payload == {"status": 413, "message": "The request body is larger than 2000 bytes"}
            packed = gzip.compress(b"x" * 10_000_000)
            async with here.session.post(
                here.server.url + API_PATH, data=packed, headers={"Content-Encoding": "gzip"}
            ) as response:
                assert response.status in (400, 413)
            status, _ = await here.post(VERSION)
            assert status == 200

    asyncio.run(main())


def test_a_request_that_stops_half_way_harms_nobody() -> None:
    async def main() -> None:
        async with lab() as here:
            sockets = [socket.create_connection((here.server.host, here.server.port)) for _ in range(50)]
            for number, each in enumerate(sockets):
                each.sendall(b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"[: 10 + number])
            assert (await here.post(VERSION))[0] == 200  # while none of them has ended
            for each in sockets:
                each.close()
            assert (await here.post(VERSION))[0] == 200

    asyncio.run(main())


def test_start_and_stop() -> None:
    async def main() -> None:
        server = Server()
        await server.start()
        with pytest.raises(RuntimeError, match="running already"):
            await server.start()
        port = server.port
        await server.stop()
        await server.stop()
        # The port is free again.
        async with Server(port=port) as again:
            assert again.url == f"http://127.0.0.1:{port}"

    asyncio.run(main())


def test_a_port_in_use_is_an_error() -> None:
    async def main() -> None:
        async with Server() as server:
            with pytest.raises(OSError, match="address already in use"):
                await Server(port=server.port).start()

    asyncio.run(main())


def test_only_this_machine_unless_allowed() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        with pytest.raises(ValueError, match="allow_remote"):
            Server(host=host)
    Server(host="0.0.0.0", allow_remote=True)
    for host in ("localhost", "127.0.0.1", "127.8.8.8", "::1"):
        Server(host=host)


def test_identity_of_the_owner() -> None:
    key = PrivateKey.generate()
    made = Server()
    assert made.server_key is not None
    assert made.server_key.id == made.server_id
    assert Server(server_key=key.hex()).server_id == key.id
    known_by_id = Server(server_id=key.id)
    assert (known_by_id.server_id, known_by_id.server_key) == (key.id, None)
    assert Server(server_id=key.id, server_key=key).server_key == key
    for wrong in ("", "short", key.id.upper(), key.id + "\n"):
        with pytest.raises(ValueError, match="is no identity"):
            Server(server_id=wrong)
    with pytest.raises(ValueError, match="not the identity"):
        Server(server_id=made.server_id, server_key=key)


def test_thread() -> None:
    clock = ManualClock()
    with ServerThread(clock=clock) as server:
        with urllib.request.urlopen(server.url + HEALTH_PATH) as response:
            assert (response.status, response.read()) == (200, b"")
        before = clock.now_ns()
        server.run(lambda: clock.advance(hours=1))
        assert clock.now_ns() - before == 3600 * 10**9
        with pytest.raises(RuntimeError, match="running already"):
            server.start()
    assert "colonyos-gen-server" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(RuntimeError, match="not running"):
        server.run(clock.advance)
    server.stop()


def test_thread_that_cannot_start_leaves_nothing_behind() -> None:
    with ServerThread() as server:
        second = ServerThread(port=server.server.port)
        with pytest.raises(OSError, match="address already in use"):
            second.start()
    assert "colonyos-gen-server" not in [thread.name for thread in threading.enumerate()]


def test_stop_ends_long_polls() -> None:
    async def main() -> None:
        async with lab(clock=ManualClock()) as here:  # by which no poll ever comes to its end
            keys = [await here.add_executor(f"ex{number}") for number in range(20)]
            polls = [asyncio.create_task(here.assign(key, 600)) for key in keys]
            while here.server.listeners < len(polls):
                await asyncio.sleep(0.01)
            await here.server.stop()
            ends = await asyncio.gather(*polls, return_exceptions=True)
            assert {str(end) for end in ends} == {"404 No process available for assignment"}

    asyncio.run(main())


def test_a_stopped_server_answers_nobody() -> None:
    async def main() -> None:
        async with lab() as here:
            await here.server.stop()
            with pytest.raises(aiohttp.ClientConnectionError):
                await here.post(VERSION)

    asyncio.run(main())


def test_an_empty_answer_has_no_type() -> None:
    async def main() -> None:
        async with (
            lab(quirks="v1.9") as here,
            here.session.post(here.server.url + API_PATH, data=b"null") as response,
        ):
            assert (response.status, await response.read()) == (500, b"")
            assert "Content-Type" not in response.headers

    asyncio.run(main())
