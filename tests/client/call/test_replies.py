"""Replies that servers and what stands before them really send, and worse ones."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import time
from typing import Any

import pytest
from colonyos_gen_wire.methods import METHODS
from hypothesis import given, settings
from hypothesis import strategies as st

from colonyos_gen import AsyncClient, FunctionSpec
from colonyos_gen._call.envelope import open_reply
from colonyos_gen.errors import (
    ConnectionFailedError,
    DeniedError,
    InvalidError,
    NotFoundError,
    RPCError,
    RPCTimeoutError,
    ServerFaultError,
    UnexpectedReplyError,
)
from tests.client.kit.scripted import (
    HANG,
    KEY,
    PROCESS_ID,
    Answer,
    Scripted,
    envelope,
    http,
    process,
    refusal,
)
from tests.drawn import drawn

GET_PROCESS = METHODS["getprocessmsg"]


def get_process(*answers: Answer, **options: Any) -> Any:
    """The outcome of `get_process` against a server that answers so: a process or an exception."""

    async def outcome() -> Any:
        settings: dict[str, Any] = {"member_key": KEY, "retries": 0, "timeout": 60.0} | options
        async with AsyncClient(server.url, **settings) as client:
            try:
                return await client.get_process(PROCESS_ID)
            except RPCError as error:
                return error

    with Scripted(*answers) as server:
        return asyncio.run(outcome())


def test_a_good_reply() -> None:
    """The scripted server is good enough to be believed."""
    assert get_process(http(envelope("getprocessmsg", process()))).processid == PROCESS_ID


@pytest.mark.parametrize("name", ["get_statistics", "get_process_history"])
def test_empty_body_under_200_is_a_denial_for_two_calls(name: str) -> None:
    """Signers who are not members get nothing at all, and the exception says so."""

    async def call() -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            if name == "get_statistics":
                await client.get_statistics("dev")
            else:
                await client.get_process_history("dev")

    with Scripted(http(b"")) as server, pytest.raises(DeniedError, match="empty body") as caught:
        asyncio.run(call())
    assert caught.value.status == 200
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (http(b""), UnexpectedReplyError, "empty body"),
        (http(b"", 404), UnexpectedReplyError, "empty body"),
        (http(b"", 500), ServerFaultError, "empty body"),
        (http(b"<html><h1>Bad Gateway</h1></html>", 502), ServerFaultError, "Bad Gateway"),
        (http(b"<html>Not Found</html>", 404), UnexpectedReplyError, "is a ColonyOS server behind"),
        (http(b"<html>Welcome to nginx</html>"), UnexpectedReplyError, "Welcome to nginx"),
        (http(b"", 301, headers={"Location": "/api/"}), UnexpectedReplyError, "redirected to /api/;"),
        (http(envelope("getprocessmsg", process())[:-20]), UnexpectedReplyError, "not a ColonyOS reply"),
        (http(b"null"), UnexpectedReplyError, "not a ColonyOS reply"),
        (http(b"[]"), UnexpectedReplyError, "not a ColonyOS reply"),
        (http(b'"text"'), UnexpectedReplyError, "not a ColonyOS reply"),
        (http(b"\xff\xfe\x00"), UnexpectedReplyError, "not a ColonyOS reply"),
        (http(b'{"payloadtype":"getprocessmsg","payload":"%%%","error":false}'), UnexpectedReplyError, ""),
        (http(b'{"payloadtype":"getprocessmsg","payload":"e30","error":false}'), UnexpectedReplyError, ""),
        (http(b'{"payloadtype":"getprocessmsg","payload":7,"error":false}'), UnexpectedReplyError, ""),
        (http(envelope("getprocessmsg", [process()])), UnexpectedReplyError, "does not fit"),
        (http(envelope("getprocessmsg", {"processid": 5})), UnexpectedReplyError, "processid"),
        (http(envelope("getprocessmsg", b"{")), UnexpectedReplyError, "does not fit"),
        (http(envelope("getprocessmsg", b"\xff")), UnexpectedReplyError, "does not fit"),
        (http(envelope("getprocessmsg", b'{"processid":"\xc3("}')), UnexpectedReplyError, "does not fit"),
        (http(envelope("getcolonymsg", process())), UnexpectedReplyError, "'getcolonymsg'; expected"),
        (http(envelope("getprocessmsg", process()), 500), UnexpectedReplyError, "without the error flag"),
        (http(envelope("error", [], error=True), 400), UnexpectedReplyError, "cannot be read"),
        (http(refusal(404, "Failed to get process, process not found"), 404), NotFoundError, "not found"),
        (http(refusal(404, "Failed to get process, process not found")), NotFoundError, "not found"),
        (http(refusal(400, "no such text"), 400), InvalidError, "no such text"),
    ],
)
def test_unusual_replies(answer: Answer, kind: type[RPCError], text: str) -> None:
    """Each becomes the exception that tells what happened, with the status and the call."""
    error = get_process(answer)
    assert type(error) is kind
    assert text in str(error)
    assert error.method == "get_process"
    assert not error.conn_err()


def test_two_envelopes_in_one_body() -> None:
    """Some failures are written twice; the first one counts."""
    first, second = (
        refusal(403, "Access denied, not a member of Colony with name <dev>"),
        refusal(500, "pq: x"),
    )
    assert isinstance(get_process(http(first + second, 403)), DeniedError)
    assert isinstance(get_process(http(first + b"\n" + second, 403)), DeniedError)


def test_the_error_flag_counts_under_status_200() -> None:
    """A follower in a cluster answers 200 with the leader's refusal inside, whose status is the true one."""
    error = get_process(http(refusal(408, "Assignment timeout: colony assignments are paused")))
    assert error.status == 408


def test_a_connection_cut_within_the_body() -> None:
    """Less than the Content-Length promised is a broken connection, not a reply."""
    whole = http(envelope("getprocessmsg", process()))
    error = get_process(Answer(whole.data[:-30], close=True))
    assert isinstance(error, ConnectionFailedError)
    assert error.sent
    assert error.conn_err()


def test_a_connection_reset() -> None:
    """A TCP reset instead of a reply."""
    error = get_process(Answer(b"", reset=True))
    assert isinstance(error, ConnectionFailedError)
    assert error.sent


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/9 x\r\n\r\n", b"\x16\x03\x01", b"HTTP/1.1 200"]
)
def test_another_protocol(data: bytes) -> None:
    """What listens there does not speak HTTP."""
    assert isinstance(get_process(Answer(data, close=True)), ConnectionFailedError)


def chunked(body: bytes) -> Answer:
    """A reply without a Content-Length."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Answer(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))


def until_close(body: bytes) -> Answer:
    """A reply that ends with the connection."""
    return Answer(b"HTTP/1.0 200 OK\r\n\r\n" + body, close=True)


def zipped(body: bytes) -> Answer:
    """A compressed reply, as a proxy may make it."""
    return http(gzip.compress(body), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("make", [http, chunked, until_close, zipped])
def test_replies_over_the_size_limit(make: Any) -> None:
    """However the length is announced, no more than the limit is read; and what is below it is."""
    large = envelope("getprocessmsg", process(spec={"funcname": "x" * 100_000}))
    assert len(get_process(make(large), max_reply_bytes=len(large)).spec.funcname) == 100_000
    error = get_process(make(large), max_reply_bytes=len(large) - 1)
    assert type(error) is UnexpectedReplyError
    assert "larger than" in str(error)
    assert error.status == 200


def test_an_announced_gigantic_reply_is_not_waited_for() -> None:
    """The announcement alone is enough."""
    endless = Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 300_000)
    error = get_process(endless, max_reply_bytes=100_000)
    assert type(error) is UnexpectedReplyError


@pytest.mark.parametrize("answer", [HANG, Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{")])
def test_a_slow_reply(answer: Answer) -> None:
    """Nothing, or not all of it, within the time."""
    started = time.monotonic()
    error = get_process(answer, timeout=0.3)
    assert type(error) is RPCTimeoutError
    assert isinstance(error, TimeoutError)
    assert time.monotonic() - started > 0.2
    assert not error.conn_err()


DEEP = 200_000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b'{"payloadtype":"getprocessmsg","extra":' + b"[" * DEEP,
        b'{"payloadtype":"getprocessmsg","payload":"e30=","error":false,"x":'
        + b"[" * DEEP
        + b"]" * DEEP
        + b"}",
        envelope("getprocessmsg", b'{"in":' + b"[" * DEEP + b"]" * DEEP + b"}"),
        envelope("getprocessmsg", b'{"more":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}"),
        envelope("error", b'{"status":400,"more":' + b"[" * DEEP + b"]" * DEEP + b"}", error=True),
    ],
    ids=["body", "cut", "unknown field", "payload", "unknown payload field", "failure"],
)
@pytest.mark.parametrize("strict", [False, True])
def test_deep_nesting(body: bytes, strict: bool) -> None:
    """Nested beyond what any reader follows: an unexpected reply, not a crash."""
    with pytest.raises(UnexpectedReplyError):
        open_reply(GET_PROCESS, 200, body, strict=strict)


def test_strict_clients_refuse_unknown_fields() -> None:
    """With `strict` the path of a field that the schema does not know is in the error."""
    answer = http(envelope("getprocessmsg", process(spec={"funcname": "f", "conditions": {"colour": 1}})))
    assert get_process(answer).spec.funcname == "f"
    assert "spec.conditions.colour" in str(get_process(answer, strict=True))


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([object()], "cannot be written as JSON"),
        (["\ud800"], "cannot be written as JSON"),
        ([{1j: 1}], "cannot be written as JSON"),
    ],
)
def test_requests_that_are_not_json(args: list[Any], text: str) -> None:
    """They are refused before anything is sent."""

    async def call() -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            spec = FunctionSpec.new("echo", "cli", "dev")
            spec.args = args
            await client.submit(spec)

    with Scripted(HANG) as server, pytest.raises(InvalidError, match=text):
        asyncio.run(call())
    assert server.connections == 0


def test_a_request_that_holds_itself_is_refused() -> None:
    """A cycle has no end, so it has no JSON."""

    async def call() -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            cycle: list[Any] = []
            cycle.append(cycle)
            spec = FunctionSpec.new("echo", "cli", "dev")
            spec.args = cycle
            await client.submit(spec)

    with Scripted(HANG) as server, pytest.raises(InvalidError):
        asyncio.run(call())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
payloads = st.one_of(
    st.binary(max_size=60),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["processid", "state", "spec", "in", "starttime"]), json_values).map(
        lambda value: json.dumps(value).encode()
    ),
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "payloadtype": st.sampled_from(["getprocessmsg", "error", ""]) | json_values,
        "payload": payloads.map(lambda value: base64.b64encode(value).decode()) | json_values,
        "error": st.booleans() | json_values,
    },
).map(lambda value: json.dumps(value).encode())
bodies = st.one_of(
    st.binary(max_size=80),
    json_values.map(lambda value: json.dumps(value).encode()),
    envelopes,
    st.tuples(envelopes, st.binary(max_size=10)).map(b"".join),
    st.tuples(envelopes, st.integers(0, 60)).map(lambda cut: cut[0][: cut[1]]),
)
statuses = st.sampled_from([200, 201, 400, 403, 404, 408, 500, 502, 503])


@settings(max_examples=drawn(600), deadline=None)
@given(bodies, statuses, st.sampled_from(sorted(METHODS)), st.booleans())
def test_any_body_gives_a_reply_or_an_rpc_error(body: bytes, status: int, msgtype: str, strict: bool) -> None:
    """Whatever the bytes are, no other exception comes out."""
    body = body.replace(b'"getprocessmsg"', json.dumps(METHODS[msgtype].payloadtype).encode())
    with contextlib.suppress(RPCError):
        open_reply(METHODS[msgtype], status, body, strict=strict)


def test_any_bytes_over_a_socket_give_a_reply_or_an_rpc_error() -> None:
    """The same through HTTP, where the head is made up as well."""
    heads = st.sampled_from(
        [
            b"",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 101 Switching\r\n\r\n",
            b"HTTP/1.1 \xff\xff\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
        ]
    )

    @settings(max_examples=drawn(120), deadline=None)
    @given(heads, bodies)
    def ask(head: bytes, body: bytes) -> None:
        server.answers = [Answer(head + body, close=True)]
        runner.run(once())

    async def once() -> None:
        async with AsyncClient(server.url, member_key=KEY, retries=0, timeout=2) as client:
            with contextlib.suppress(RPCError):
                await client.get_process(PROCESS_ID)

    with Scripted(HANG) as server, asyncio.Runner() as runner:
        ask()
