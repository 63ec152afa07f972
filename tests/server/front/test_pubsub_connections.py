"""WebSocket connections: frames that are not as they should be, clients that stall or vanish, and stopping the server."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import PUBSUB_PATH, SUCCESS, WAITING
from colonyos_gen_wire.methods import channel
from colonyos_gen_wire.methods.server import GET_VERSION
from colonyos_gen_wire.methods.subscription import (
    SUBSCRIBE_CHANNEL,
    SUBSCRIBE_PROCESS,
    SUBSCRIBE_PROCESSES,
)
from colonyos_gen_wire.requests.channel import ChannelAppendMsg
from colonyos_gen_wire.requests.server import VersionMsg
from colonyos_gen_wire.requests.subscription import (
    SubscribeProcessesMsg,
)

from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._front import pubsub
from colonyos_gen.server._quirks import STRICT
from tests.server.kit.lab import TYPE, Lab, Refused, envelope, spec
from tests.server.kit.socket_lab import Connection, line
from tests.server.kit.subscription_scene import Scene, play

pytestmark = pytest.mark.hazards(
    "process_subscription_near_change",
    "abandoned_feed",
    "request_beside_feed",
    "several_subscriptions_on_one_connection",
    "waiting_feed_takes_wakeups",
)


def test_one_subscription_at_a_time_runs_on_a_connection() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
        for _ in range(2):
            await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(WAITING))
            with pytest.raises(Refused, match=r"^400 A subscription is running"):
                await here.line.item(SUBSCRIBE_PROCESS)
        await here.append(5)
        assert [entry.sequence for entry in await here.line.item(SUBSCRIBE_CHANNEL)] == [5]

    play(act)


def test_answers_come_in_frames_of_the_kind_that_was_sent() -> None:
    async def act(here: Scene) -> None:
        for binary in (False, True):
            async with line(here.here) as second:
                await second.ask(here.user, SUBSCRIBE_PROCESS, here.process(WAITING), binary=binary)
                assert (await second.frame()).type is (WSMsgType.BINARY if binary else WSMsgType.TEXT)

    play(act)


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (b"", 400),
        (b"hello", 400),
        (b"[" * 60_000, 400),
        (b"[]", 400),
        (b'{"payloadtype": "subscribeprocessmsg"}', 403),
        (b'{"payloadtype": 1}', 400),
    ],
)
def test_frames_that_are_no_envelopes_are_refused(frame: bytes, status: int) -> None:
    async def act(here: Scene) -> None:
        await here.line.socket.send_bytes(frame)
        with pytest.raises(Refused, match=f"^{status} "):
            await here.line.item(SUBSCRIBE_PROCESS)
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(WAITING))
        assert (await here.line.item(SUBSCRIBE_PROCESS)).state is WAITING

    play(act)


@pytest.mark.parametrize("method", [SUBSCRIBE_PROCESS, SUBSCRIBE_PROCESSES, SUBSCRIBE_CHANNEL])
@pytest.mark.parametrize(
    "payload", [b"no json", b"[]", b"null", b'{"timeout": "long"}', b'{"processid": 7, "state": "x"}']
)
def test_payloads_of_the_wrong_form_are_refused(method: Any, payload: bytes) -> None:
    async def act(here: Scene) -> None:
        await here.line.socket.send_bytes(envelope(here.executor, method.msgtype, payload))
        with pytest.raises(Refused, match=r"^40[03] \S"):
            await here.line.item(method)

    play(act)


def test_calls_and_subscriptions_do_not_mix() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, GET_VERSION, VersionMsg())
        with pytest.raises(Refused, match=r"^403 invalid rpcMsg\.PayloadType: versionmsg$"):
            await here.line.item(GET_VERSION)
        with pytest.raises(Refused, match=r"^403 invalid rpcMsg\.PayloadType: subscribeprocessmsg$"):
            await here.here.call(here.user, SUBSCRIBE_PROCESS, here.process(WAITING))

    play(act)


def test_a_request_that_is_too_long_ends_the_connection() -> None:
    async def act(here: Scene) -> None:
        await here.line.socket.send_bytes(bytes(1024**2 + 1))
        assert await here.line.close_code() == WSCloseCode.MESSAGE_TOO_BIG

    play(act)


def _server_transports(server: Server) -> list[asyncio.Transport]:
    listening = server._listening  # pyright: ignore[reportPrivateUsage]
    assert listening is not None
    runner = listening.runner
    assert runner.server is not None
    found = [handler.transport for handler in runner.server.connections]
    return [transport for transport in found if isinstance(transport, asyncio.Transport)]


def _client_transport(connection: Connection) -> asyncio.Transport:
    reading = connection.socket._response.connection  # pyright: ignore[reportPrivateUsage]
    assert reading is not None
    assert isinstance(reading.transport, asyncio.Transport)
    return reading.transport


def test_a_client_that_does_not_read_costs_no_memory_and_loses_nothing() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
        _client_transport(here.line).pause_reading()
        payload = bytes(100_000)
        for number in range(200):
            await here.append(number, payload)
        held = sum(transport.get_write_buffer_size() for transport in _server_transports(here.here.server))
        assert held < 10 * len(payload)
        _client_transport(here.line).resume_reading()
        for number in range(200):
            [entry] = await here.line.item(SUBSCRIBE_CHANNEL)
            assert (entry.sequence, len(entry.payload)) == (number, len(payload))

    play(act)


def test_a_feed_that_is_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colonyos_gen.server._processes.events.BACKLOG_LIMIT", 5)

    async def act(here: Scene) -> None:
        request = SubscribeProcessesMsg(executortype=TYPE, state=WAITING, timeout=60)
        await here.line.ask(here.executor, SUBSCRIBE_PROCESSES, request)
        _client_transport(here.line).pause_reading()
        big = "x" * 1_000_000
        for _ in range(20):
            await here.here.submit(here.user, spec(args=[big]))
        _client_transport(here.line).resume_reading()
        frames = 0
        while (frame := await here.line.frame()).type is WSMsgType.TEXT:
            frames += 1
        assert 0 < frames < 20
        assert (frame.type, frame.data) == (WSMsgType.CLOSE, WSCloseCode.TRY_AGAIN_LATER)

    play(act)


async def _falls_to(tasks: int) -> None:
    """Wait until this few tasks are left."""
    while len(asyncio.all_tasks()) > tasks:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("stalled", [False, True])
def test_a_client_that_vanishes_leaves_nothing_behind(*, stalled: bool) -> None:
    async def act(here: Scene) -> None:
        await here.here.call(here.user, GET_VERSION, VersionMsg())
        before = len(asyncio.all_tasks())
        second = Connection(await here.here.session.ws_connect(here.here.server.url + PUBSUB_PATH))
        await second.socket.send_bytes(envelope(here.user, SUBSCRIBE_CHANNEL.msgtype, encode(here.channel())))
        await here.append(1)
        await second.item(SUBSCRIBE_CHANNEL)
        assert len(asyncio.all_tasks()) > before
        if stalled:
            _client_transport(second).pause_reading()
            for number in range(50):
                await here.append(number, bytes(100_000))
        _client_transport(second).abort()
        await _falls_to(before)

    play(act)


def test_stopping_the_server_closes_every_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pubsub, "_FAREWELL_S", 5.0
    )  # the one that stalls takes all of it, and the others what they need

    async def main() -> None:
        server = Server()
        async with asyncio.timeout(300), aiohttp.ClientSession() as session:
            await server.start()
            here = Lab(server, session)
            await here.add_colony()
            user = await here.add_user("u")
            submitted = await here.submit(user, spec(channels=["c"]))
            made = Scene(here, user, user, submitted.processid, Connection(None))  # type: ignore[arg-type]
            lines: list[Connection] = []
            for method, request in (
                (SUBSCRIBE_CHANNEL, made.channel()),
                (SUBSCRIBE_PROCESS, made.process(SUCCESS)),
                (SUBSCRIBE_CHANNEL, made.channel()),
            ):
                url = server.url + PUBSUB_PATH
                lines.append(Connection(await session.ws_connect(url, autoping=False, autoclose=False)))
                await lines[-1].ask(user, method, request)
            stalled = lines.pop()
            _client_transport(stalled).pause_reading()
            for number in range(50):
                await made.append(number, bytes(100_000))
            arrived = 0
            while arrived < 50:
                entries = await lines[0].item(SUBSCRIBE_CHANNEL)
                arrived += len(entries)
            answering = [asyncio.create_task(_last_code(each)) for each in lines]
            await server.stop()
            assert [await answer for answer in answering] == [WSCloseCode.GOING_AWAY] * 2
            await server.start()
            async with line(here) as again:
                await again.ask(user, SUBSCRIBE_PROCESS, made.process(WAITING))
                assert (await again.item(SUBSCRIBE_PROCESS)).state is WAITING
            await server.stop()

    asyncio.run(main())


def test_a_transport_that_has_come_to_its_end_by_itself_is_not_aborted() -> None:
    """One that was closed before all was sent ends with the last byte, and can be aborted no more."""
    requests: list[web.Request] = []

    @web.middleware
    async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
        requests.append(request)
        return await handler(request)

    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
        [request] = [each for each in requests if each.path == PUBSUB_PATH]
        _client_transport(here.line).pause_reading()
        transport = request.transport
        assert transport is not None
        for number in itertools.count():
            if transport.get_write_buffer_size():
                break
            await here.append(number, bytes(100_000))
        server = here.here.server
        dispatcher, listening = server._dispatcher, server._listening  # pyright: ignore[reportPrivateUsage]
        assert listening is not None
        connection = pubsub._Connection(  # pyright: ignore[reportPrivateUsage]
            web.WebSocketResponse(), request, dispatcher, listening.connections, 60, STRICT
        )
        transport.close()
        _client_transport(here.line).resume_reading()
        while (await here.line.frame()).type is WSMsgType.TEXT:
            pass
        while request.transport is not None:
            await asyncio.sleep(0)
        connection.abort()

    play(act, middlewares=[keep])


def test_a_client_that_leaves_before_its_connection_is_made(caplog: pytest.LogCaptureFixture) -> None:
    """It asked for one, and is gone when the server turns to it: that is no failure, and nobody reads an answer."""

    @web.middleware
    async def cut(request: web.Request, handler: Handler) -> web.StreamResponse:
        if "X-Leaves" in request.headers and request.transport is not None:
            request.transport.abort()
        return await handler(request)

    async def act(here: Scene) -> None:
        url = here.here.server.url + PUBSUB_PATH
        with pytest.raises(aiohttp.ClientError):
            await here.here.session.ws_connect(url, headers={"X-Leaves": "yes"})
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
        await here.append(1)
        await here.line.item(SUBSCRIBE_CHANNEL)

    play(act, middlewares=[cut])
    assert [each.getMessage() for each in caplog.records if each.levelname in ("WARNING", "ERROR")] == []


async def _last_code(connection: Connection) -> int:
    while (frame := await connection.frame()).type is WSMsgType.TEXT:
        pass
    assert frame.type is WSMsgType.CLOSE
    await connection.socket.close()
    return int(frame.data)


def test_ten_thousand_entries_are_streamed_in_order() -> None:
    clock = ManualClock()

    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel(10**6))
        received: list[int] = []

        async def receive() -> None:
            while len(received) < 10_000:
                received.extend(entry.sequence for entry in await here.line.item(SUBSCRIBE_CHANNEL))

        receiving = asyncio.create_task(receive())
        for number in range(10_000):
            if number % 500 == 0:
                clock.advance(5)
            request = ChannelAppendMsg(processid=here.processid, channelname="c", sequence=number)
            body = envelope(here.user, channel.CHANNEL_APPEND.msgtype, encode(request))
            answer = await here.here.server.answer(body)
            assert answer.status == 200, base64.b64decode(json.loads(answer.body)["payload"])
        await receiving
        assert received == list(range(10_000))

    play(act, clock=clock)
