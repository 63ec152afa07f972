"""Around calls: in which order, with what, and what becomes of a call when an interceptor raises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from colonyos_gen_wire import ChannelEntry

from colonyos_gen import (
    SUCCESS,
    AsyncClient,
    Client,
    FunctionSpec,
    Interceptor,
    InvalidRequestError,
    MissingKeyError,
    NotFoundError,
    OutgoingCall,
    crypto,
)
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony
from tests.client.kit.loops import in_a_loop
from tests.client.kit.pubsub import Pubsub, Step, entries
from tests.client.kit.scripted import DROP, HANG, KEY, PROCESS_ID, Scripted, http, refusal, sample

SPAN: ContextVar[str] = ContextVar("SPAN", default="")


class Recording(Interceptor):
    """Notes what it sees."""

    def __init__(self, name: str = "", notes: list[str] | None = None) -> None:
        self.name = name
        self.notes: list[str] = [] if notes is None else notes
        self.calls: list[OutgoingCall] = []
        self.spans: list[str] = []

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        self.calls.append(call)
        self.spans.append(SPAN.get())
        self.notes.append(f"{self.name}> {call.method.name} {call.tries}")
        try:
            reply = await proceed()
        except BaseException as error:
            self.notes.append(f"{self.name}! {type(error).__name__} {call.tries}")
            raise
        self.notes.append(f"{self.name}< {type(reply).__name__} {call.tries}")
        return reply


class Raising(Interceptor):
    """Raises before or after the call."""

    def __init__(self, *, after: bool) -> None:
        self.after = after

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        del call
        if self.after:
            await proceed()
        raise LookupError("the exporter is down")


class Adding(Interceptor):
    """Adds headers."""

    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        call.headers |= self.headers
        return await proceed()


Use = Callable[..., Any]


def by_client(url: str, use: Callable[[Any], Any], *interceptors: Interceptor, **options: Any) -> Any:
    """What `use` makes a synchronous client do."""
    with Client(url, member_key=KEY, interceptors=interceptors, **options) as client:
        return use(client)


def by_async_client(url: str, use: Callable[[Any], Any], *interceptors: Interceptor, **options: Any) -> Any:
    """The same with an asynchronous one."""

    async def main() -> Any:
        async with AsyncClient(url, member_key=KEY, interceptors=interceptors, **options) as client:
            return await use(client)

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("by", [by_client, by_async_client], ids=["sync", "async"])


def read(client: Any) -> Any:
    return client.get_process(PROCESS_ID)


def submit(client: Any) -> Any:
    return client.submit(FunctionSpec.new("echo", "cli", "dev"))


def read_of_short_id(client: Any) -> Any:
    return client.get_process("short")


def approve(client: Any) -> Any:
    return client.approve_executor("dev", "w")


def assign(client: Any) -> Any:
    return client.assign("dev", timeout=60)


@BOTH
def test_the_first_is_the_outermost(by: Use) -> None:
    notes: list[str] = []
    first, second = Recording("1", notes), Recording("2", notes)
    with Scripted(sample) as server:
        by(server.url, read, first, Interceptor(), second)
    assert notes == ["1> get_process 0", "2> get_process 0", "2< Process 1", "1< Process 1"]
    [call] = first.calls
    assert call is second.calls[0]
    assert call.signer == crypto.gen_id(KEY)
    assert getattr(call.request, "processid", "") == PROCESS_ID
    assert 0 < call.time_left <= 30
    assert not call.is_subscription


@BOTH
def test_errors_pass_through(by: Use) -> None:
    recording = Recording()
    missing = http(refusal(404, "Failed to get process, process with Id <x> not found"), 404)
    with Scripted(missing) as server, pytest.raises(NotFoundError):
        by(server.url, read, recording)
    assert recording.notes == ["> get_process 0", "! NotFoundError 1"]


@BOTH
def test_what_raises_before_keeps_the_call_from_being_sent(by: Use) -> None:
    recording = Recording()
    with Scripted(sample) as server:
        with pytest.raises(LookupError, match="the exporter is down"):
            by(server.url, submit, recording, Raising(after=False))
        assert server.connections == 0
    assert recording.notes == ["> submit 0", "! LookupError 0"]


@BOTH
def test_what_raises_afterwards_loses_the_result(by: Use) -> None:
    with Scripted(sample) as server:
        with pytest.raises(LookupError, match="the exporter is down"):
            by(server.url, submit, Raising(after=True))
        assert len(server.requests) == 1, "it is not sent again"


@BOTH
def test_headers_reach_a_server(by: Use) -> None:
    with Scripted(sample) as server:
        by(server.url, read, Adding(traceparent="00-1-2-01", X_Who="me"), Adding(X_Who="you"))
        [request] = server.requests
    head = request.head.lower()
    assert "traceparent: 00-1-2-01\r\n" in head
    assert head.count("x-who") == 1
    assert "x-who: you\r\n" in head
    assert "content-type: application/json\r\n" in head


@BOTH
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "\u00e9"),
        ("X A", "1"),
        ("", "1"),
        ("X-A", 5),
        (5, "1"),
        ("content-length", "3"),
        ("Host", "elsewhere"),
        ("Transfer-Encoding", "chunked"),
        ("Sec-WebSocket-Key", "a"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(by: Use, name: Any, value: Any) -> None:
    class Wrong(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            call.headers[name] = value
            return await proceed()

    with Scripted(sample) as server:
        with pytest.raises(InvalidRequestError, match="get_process: headers"):
            by(server.url, read, Wrong())
        assert server.connections == 0


@BOTH
def test_a_call_that_is_repeated_is_one_call(by: Use) -> None:
    recording = Recording()
    with Scripted(DROP, DROP, sample) as server:
        by(server.url, read, recording, Adding(X_A="1"))
        assert [each.head.lower().count("x-a: 1") for each in server.requests] == [1, 1, 1]
    assert recording.notes == ["> get_process 0", "< Process 3"]
    assert [type(each).__name__ for each in recording.calls[0].failures] == ["ConnectionFailedError"] * 2


@BOTH
def test_nothing_is_sent_twice(by: Use) -> None:
    class Insisting(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            del call
            await proceed()
            return await proceed()

    with Scripted(sample) as server:
        with pytest.raises(RuntimeError, match="an interceptor goes on once"):
            by(server.url, submit, Insisting())
        assert len(server.requests) == 1


@BOTH
def test_the_caller_gets_what_the_outermost_returns(by: Use) -> None:
    class Replacing(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            del call
            reply = await proceed()
            reply.state = SUCCESS
            return reply

    with Scripted(sample) as server:
        assert by(server.url, read, Replacing()).state is SUCCESS


@BOTH
def test_what_is_refused_beforehand_gets_to_no_interceptor(by: Use) -> None:
    recording = Recording()
    with Scripted(sample) as server:
        with pytest.raises(InvalidRequestError):
            by(server.url, read_of_short_id, recording)
        with pytest.raises(MissingKeyError):
            by(server.url, approve, recording)
    assert recording.notes == []


@BOTH
def test_a_long_poll_is_one_call(by: Use) -> None:
    recording = Recording()
    with Scripted(sample) as server:
        by(server.url, assign, recording)
    assert recording.notes == ["> assign 0", "< Process 1"]
    assert recording.calls[0].method.waits is not None
    assert recording.calls[0].time_left > 60


@BOTH
def test_context_variables_of_the_caller_are_seen(by: Use) -> None:
    recording = Recording()
    token = SPAN.set("the caller's")
    try:
        with Scripted(sample) as server:
            by(server.url, read, recording)
    finally:
        SPAN.reset(token)
    assert recording.spans == ["the caller's"]


@pytest.mark.parametrize("make", [AsyncClient, Client], ids=["async", "sync"])
def test_what_is_no_interceptor_is_refused(make: Any) -> None:
    with pytest.raises(TypeError, match="each must be an Interceptor"):
        make(interceptors=[print])
    with pytest.raises(TypeError, match=r"interceptors is <.*Recording.*>; it must be a list"):
        make(interceptors=Recording())


@in_a_loop
async def test_a_cancelled_call_is_cancelled_in_there() -> None:
    recording = Recording()
    with Scripted(HANG) as server:
        async with AsyncClient(server.url, member_key=KEY, interceptors=[recording]) as client:
            call = asyncio.create_task(client.get_process(PROCESS_ID))
            while not server.requests:
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
    assert recording.notes == ["> get_process 0", "! CancelledError 1"]


# Subscriptions

ENTRY = {
    "sequence": 1,
    "payload": "YQ==",
    "type": "end",
    "timestamp": "2026-01-01T00:00:00Z",
    "senderid": "a",
}


@in_a_loop
async def test_opening_a_subscription_is_a_call() -> None:
    """Each time that it is opened: here the first connection breaks."""
    recording = Recording()
    with Pubsub(Step(drop=True), later=[Step(text=entries(ENTRY))]) as server:
        async with (
            AsyncClient(server.url, member_key=KEY, interceptors=[recording]) as client,
            client.subscribe_channel(PROCESS_ID, "out", 0, 30) as stream,
        ):
            got = [entry async for entry in stream]
    assert len(got) == 1
    opened = [each for each in recording.calls if each.is_subscription]
    assert len(opened) == 2
    assert recording.notes[:2] == ["> subscribe_channel 0", "< NoneType 1"]


@in_a_loop
async def test_a_subscription_that_an_interceptor_breaks() -> None:
    with Pubsub(Step(text=entries(ENTRY))) as server:
        for after in (False, True):
            async with AsyncClient(server.url, member_key=KEY, interceptors=[Raising(after=after)]) as client:
                with pytest.raises(LookupError, match="the exporter is down"):
                    async with client.subscribe_channel(PROCESS_ID, "out", 0, 30) as stream:
                        await stream.take()
            if not after:
                assert server.asked == []
        assert await asyncio.to_thread(server.gone.wait, 10), "the connection is not kept"


@in_a_loop
async def test_a_subscription_that_is_not_let_through() -> None:
    class Silent(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            del call, proceed

    with Pubsub(Step(text=entries(ENTRY))) as server:
        async with AsyncClient(server.url, member_key=KEY, interceptors=[Silent()]) as client:
            with pytest.raises(RuntimeError, match="kept the subscription from being sent"):
                async with client.subscribe_channel(PROCESS_ID, "out", 0, 30) as stream:
                    await stream.take()
        assert server.asked == []


def test_headers_of_calls_and_subscriptions_reach_the_embedded_server() -> None:
    seen: list[tuple[str, str | None]] = []

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        seen.append((request.path, request.headers.get("traceparent")))
        return await handler(request)

    with LocalColony(middlewares=[note]) as colony:
        worker = colony.add_executor("tester")
        spec = FunctionSpec.new("f", "tester", colony.name)
        spec.channels = ["out"]
        process = colony.client.submit(spec)
        worker.client.assign(colony.name, timeout=10)
        worker.client.channel_append(process.processid, "out", 1, "a", data_type="end")
        seen.clear()
        key, adding = colony.user_key, Adding(traceparent="00-1-2-01")
        with Client(colony.url, member_key=key, interceptors=[adding]) as client:
            client.get_process(process.processid)
            found: list[ChannelEntry] = list(client.subscribe_channel(process.processid, "out"))
        worker.client.close(process.processid)
    assert [entry.payload for entry in found] == [b"a"]
    assert ("/api", "00-1-2-01") in seen
    assert ("/pubsub", "00-1-2-01") in seen
