"""What a transport returns is checked: who wrote it is told what is wrong with it, and nothing hides that."""

from __future__ import annotations

from typing import Any

import pytest
from colonyos_gen_wire.methods.process import GET_PROCESS

from colonyos_gen import AsyncClient, Client, Interceptor, InvalidRequestError, OutgoingCall
from colonyos_gen.errors import ConnectionFailedError, UnexpectedReplyError
from colonyos_gen.interceptors import Proceed
from tests.client.kit.loops import in_a_loop
from tests.client.kit.odd import OddConnection, OddTransport, raises, reply_of
from tests.client.kit.scripted import KEY, PROCESS_ID

STATUS, BODY = reply_of(GET_PROCESS)

REPLIES: dict[str, tuple[Any, str, str]] = {
    "None": (None, "NoneType", "a tuple"),
    "a body alone": (BODY, "bytes", "a tuple"),
    "three": ((STATUS, BODY, 1), "tuple", "a tuple"),
    "a list": ([STATUS, BODY], "list", "a tuple"),
    "a status of text": (("200", BODY), "str", "an int as the status"),
    "a status that is true": ((True, BODY), "bool", "an int as the status"),
    "a body of text": ((STATUS, BODY.decode()), "str", "bytes as the body"),
    "a memoryview": ((STATUS, memoryview(BODY)), "memoryview", "bytes as the body"),
    "no body": ((STATUS, None), "NoneType", "bytes as the body"),
}


@pytest.mark.parametrize("reply", REPLIES)
@in_a_loop
async def test_what_is_no_reply(reply: str) -> None:
    value, kind, expected = REPLIES[reply]
    transport: Any = OddTransport(lambda: value)
    async with AsyncClient(transport=transport, member_key=KEY) as client:
        with pytest.raises(UnexpectedReplyError) as caught:
            await client.get_process(PROCESS_ID)
        assert f"OddTransport.post gave a value of type {kind}; expected {expected}" in str(caught.value)
        assert caught.value.method == "get_process"
        assert (await client.get_process(PROCESS_ID)).processid == PROCESS_ID


class NotAwaited(OddTransport):
    def post(self, body: bytes, *, method: Any, headers: Any, timeout: float) -> Any:
        del body, headers, timeout
        return reply_of(method)

    def connect(self, *, method: Any, headers: Any, timeout: float) -> Any:
        del method, headers, timeout
        return OddConnection()


@in_a_loop
async def test_what_is_no_coroutine() -> None:
    transport: Any = NotAwaited()
    async with AsyncClient(transport=transport, member_key=KEY) as client:
        with pytest.raises(
            UnexpectedReplyError, match=r"NotAwaited\.post .* tuple; expected something to await"
        ):
            await client.get_process(PROCESS_ID)
        with pytest.raises(UnexpectedReplyError, match=r"NotAwaited\.connect .* OddConnection; expected"):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()


class Half:
    """A connection that cannot do everything."""

    heard_at = 0.0

    def __init__(self) -> None:
        self.dropped = 0

    def drop(self) -> None:
        self.dropped += 1
        raise LookupError("not that either")


class Timeless(OddConnection):
    heard_at = "now"


CONNECTIONS: dict[str, tuple[Any, str]] = {
    "a tuple": ((1, 2), r"OddTransport\.connect gave a value of type tuple; expected .* send\(\), .* drop\(\)"),
    "None": (None, "type NoneType; expected a Connection"),
    "without a clock": (Timeless(), "type Timeless; expected a Connection, which has heard_at as a number"),
    "half": (Half(), r"type Half; expected a Connection, which has send\(\), receive\(\), ping\(\)"),
    "that sends nothing": (OddConnection(receive=lambda: "text"), r"receive gave a value of type str; expected bytes"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONNECTIONS)
@in_a_loop
async def test_what_is_no_connection(kind: str) -> None:
    connection, message = CONNECTIONS[kind]
    transport: Any = OddTransport(connects=lambda: connection)
    async with AsyncClient(transport=transport, member_key=KEY) as client:
        with pytest.raises(UnexpectedReplyError, match=message):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()
    if hasattr(connection, "dropped"):
        assert connection.dropped >= 1


@in_a_loop
async def test_a_clean_up_that_fails_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    connection = OddConnection(
        send=raises(ConnectionFailedError("the real one")), drop=raises(LookupError("of the clean-up"))
    )
    transport: Any = OddTransport(connects=lambda: connection)
    async with AsyncClient(transport=transport, member_key=KEY, retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="the real one"):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()
    assert connection.dropped
    assert "OddConnection.drop has failed" in caplog.text


def without(name: str) -> object:
    """A transport that lacks something."""
    members = {key: value for key, value in vars(OddTransport).items() if key in ("post", "connect", "close")}
    members["url"] = "odd://here"
    del members[name]
    return type("Lacking", (), members)()


@pytest.mark.parametrize("make", [AsyncClient, Client], ids=["async", "sync"])
@pytest.mark.parametrize("name", ["post", "connect", "close", "url"])
def test_a_transport_that_lacks_something_is_refused(make: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"must have the methods of .*lacks (a )?{name}"):
        make(transport=without(name))


@pytest.mark.parametrize("make", [AsyncClient, Client], ids=["async", "sync"])
def test_a_class_is_no_transport(make: Any) -> None:
    members = {name: vars(OddTransport)[name] for name in ("post", "connect", "close")}
    late: Any = type("Late", (), {**members, "url": property(lambda _: "odd://here")})
    with pytest.raises(TypeError, match=r"transport is the class Late; .* Late\(…\)"):
        make(transport=late)


class Setting(Interceptor):
    """Puts something in the place of the headers."""

    def __init__(self, headers: Any) -> None:
        self.headers = headers

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        call.headers = self.headers
        return await proceed()


@pytest.mark.parametrize(
    "headers", [None, ["X-A"], [("X-A", "b")], "X-A: b", 5, {1: "b"}, {"X-A": 5}], ids=repr
)
@in_a_loop
async def test_headers_that_are_none(headers: Any) -> None:
    transport: Any = OddTransport()
    async with AsyncClient(transport=transport, member_key=KEY, interceptors=[Setting(headers)]) as client:
        with pytest.raises(InvalidRequestError, match="headers"):
            await client.get_process(PROCESS_ID)
        with pytest.raises(InvalidRequestError, match="headers"):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()
    assert transport.posted == 0
