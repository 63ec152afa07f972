"""Calls and subscriptions, over sockets and inside of a process: what is wrong is refused alike, before anything is sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from colonyos_gen_wire import Process
from colonyos_gen_wire.method import Method

from colonyos_gen import (
    SUCCESS,
    AsyncClient,
    Client,
    ConnectionFailedError,
    FunctionSpec,
    InvalidKeyError,
    InvalidRequestError,
    MissingKeyError,
    RPCError,
    UnexpectedReplyError,
)
from colonyos_gen.server import Server
from colonyos_gen.testing import InProcessTransport
from colonyos_gen.transport import Connection
from tests.client.kit.loops import in_a_loop
from tests.client.kit.scripted import KEY, PROCESS_ID, Request, Scripted, envelope, http, sample

SURROGATE = "\ud800"


class _Noting(InProcessTransport):
    """Counts what gets as far as the transport."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.sent = 0

    async def post(
        self, body: bytes, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        self.sent += 1
        return await super().post(body, method=method, headers=headers, timeout=timeout)

    async def connect(
        self, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        self.sent += 1
        return await super().connect(method=method, headers=headers, timeout=timeout)


class _Way:
    def __init__(self, client: AsyncClient, sent: Callable[[], int]) -> None:
        self.client = client
        self.sent = sent


@asynccontextmanager
async def _sockets(**keys: Any) -> AsyncGenerator[_Way]:
    with Scripted(sample) as server:
        async with AsyncClient(server.url, **keys) as client:
            yield _Way(client, lambda: server.connections)


@asynccontextmanager
async def _in_process(**keys: Any) -> AsyncGenerator[_Way]:
    async with Server() as server:
        transport = _Noting(server)
        async with AsyncClient(transport=transport, **keys) as client:
            yield _Way(client, lambda: transport.sent)


async def _read(client: AsyncClient, processid: Any, channelname: Any, **key: Any) -> None:
    await client.channel_read(processid, channelname, 0, **key)


async def _subscribe(client: AsyncClient, processid: Any, channelname: Any, **key: Any) -> None:
    subscribe: Any = client.subscribe_channel
    async with subscribe(processid, channelname, 0, 5, **key) as entries:
        await entries.take()


async def _subscribe_to_process(client: AsyncClient, processid: Any, channelname: Any, **key: Any) -> None:
    process = Process(processid=processid, spec=FunctionSpec.new("f", channelname, "dev"))
    async with client.process_events(process, 5, push=True, **key) as events:
        await events.take()


async def _feed(client: AsyncClient, processid: Any, channelname: Any, **key: Any) -> None:
    del processid
    async with client.subscribe_processes(channelname, SUCCESS, 5, **key) as stream:
        await stream.take()


WAYS = {"sockets": _sockets, "in-process": _in_process}
KINDS = {"call": _read, "channel": _subscribe, "process": _subscribe_to_process, "feed": _feed}
BOTH = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@BOTH
@pytest.mark.parametrize("kind", [_read, _subscribe, _feed], ids=["call", "channel", "feed"])
@in_a_loop
async def test_half_a_character(way: Any, kind: Any) -> None:
    async with way(member_key=KEY) as here:
        with pytest.raises(InvalidRequestError, match=r"cannot be written as JSON.*surrogates") as caught:
            await kind(here.client, PROCESS_ID, SURROGATE)
        assert here.sent() == 0
    assert caught.value.rule == "made of JSON values"
    assert caught.value.status is None


@BOTH
@pytest.mark.parametrize(
    "kind", [_read, _subscribe, _subscribe_to_process], ids=["call", "channel", "process"]
)
@in_a_loop
async def test_a_broken_limit(way: Any, kind: Any) -> None:
    async with way(member_key=KEY) as here:
        with pytest.raises(InvalidRequestError, match="must be 64 hexadecimal") as caught:
            await kind(here.client, "5c", "out")
        assert here.sent() == 0
    assert (caught.value.field, caught.value.value) == ("processid", "5c")


@BOTH
@ALL
@in_a_loop
async def test_a_missing_key(way: Any, kind: Any) -> None:
    async with way(colony_key=KEY) as here:
        with pytest.raises(MissingKeyError, match=r"holds: colony.*COLONIES_PRVKEY"):
            await kind(here.client, PROCESS_ID, "out")
        assert here.sent() == 0


@BOTH
@ALL
@pytest.mark.parametrize(
    ("key", "kind_of_error"), [("ab", InvalidKeyError), (5, TypeError)], ids=["text", "number"]
)
@in_a_loop
async def test_a_key_that_is_none(way: Any, kind: Any, key: Any, kind_of_error: type[Exception]) -> None:
    async with way() as here:
        with pytest.raises(kind_of_error, match="prvkey"):
            await kind(here.client, PROCESS_ID, "out", prvkey=key)
        assert here.sent() == 0


@BOTH
@ALL
@in_a_loop
async def test_a_closed_client(way: Any, kind: Any) -> None:
    async with way(member_key=KEY) as here:
        await here.client.close_connections()
        with pytest.raises(RPCError, match="the client is closed; make a new one"):
            await kind(here.client, PROCESS_ID, "out")
        assert here.sent() == 0


STATUSES = pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
BODIES = {"empty": b"", "page": b"<a href='/elsewhere'>Moved</a>", "envelope": envelope("channelreadmsg", [])}


@STATUSES
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@in_a_loop
async def test_redirects_are_not_followed(status: int, body: bytes) -> None:
    """A signed request is for the server that it was sent to. A subscription says of it what a call says."""
    with Scripted(sample) as other:

        def redirect(request: Request) -> Any:
            path = request.head.split(" ")[1]
            return http(body, status, headers={"Location": other.url + path})

        with Scripted(redirect) as server:
            async with AsyncClient(server.url, member_key=KEY, retries=0) as client:
                with pytest.raises(UnexpectedReplyError) as of_call:
                    await _read(client, PROCESS_ID, "out")
                with pytest.raises(UnexpectedReplyError) as of_subscription:
                    await _subscribe(client, PROCESS_ID, "out")
            assert [each.head.split(" ")[1] for each in server.requests] == ["/api", "/pubsub"]
        assert other.connections == 0
    assert of_call.value.status == of_subscription.value.status == status
    assert of_call.value.message == of_subscription.value.message


class _Canned:
    """A transport of one's own: answers everything alike, after it has failed as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures: list[Exception] = list(failures)
        self.posted: list[tuple[str, bytes]] = []
        self.closed = 0

    @property
    def url(self) -> str:
        return "canned://here"

    async def post(
        self, body: bytes, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        assert headers is None
        assert 0 < timeout <= 30
        self.posted.append((method.name, body))
        if self.failures:
            raise self.failures.pop(0)
        return 200, envelope(
            method.payloadtype, {"processid": PROCESS_ID, "state": 0, "spec": {"funcname": "echo"}}
        )

    async def connect(
        self, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        del headers, timeout
        raise ConnectionFailedError("nobody pushes", method=method.name, sent=False)

    async def close(self) -> None:
        self.closed += 1


SPEC = FunctionSpec.new("echo", "cli", "dev")


def test_a_transport_of_ones_own() -> None:
    """What it says was not sent is sent again, whatever it is; what it does not know of, the caller gets."""
    transport = _Canned(
        ConnectionFailedError("no way", sent=False), ConnectionFailedError("no way", sent=False)
    )
    with Client(transport=transport, member_key=KEY) as client:
        assert client.url == "canned://here"
        assert client.submit(SPEC).processid == PROCESS_ID
        assert [name for name, _ in transport.posted] == ["submit"] * 3
        assert len({body for _, body in transport.posted}) == 1
        transport.failures = [ConnectionFailedError("broken", sent=True)]
        with pytest.raises(ConnectionFailedError, match="broken"):
            client.submit(SPEC)
        transport.failures = [LookupError("of the transport")]
        with pytest.raises(LookupError, match="of the transport"):
            client.get_process(PROCESS_ID)
        with pytest.raises(ConnectionFailedError, match="nobody pushes"):
            client.subscribe_channel(PROCESS_ID, "out", 0, 30).take()
    assert transport.closed == 1


@pytest.mark.parametrize("make", [AsyncClient, Client], ids=["async", "sync"])
def test_what_is_no_transport_is_refused(make: Any) -> None:
    with pytest.raises(TypeError, match="must have the methods of"):
        make(transport="http://localhost")
