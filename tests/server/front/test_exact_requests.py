"""Requests that are read in one go are read as the Go server reads them; the others are left to who reads field by field."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest
from colonyos_gen_wire import FunctionSpec
from colonyos_gen_wire.codec import decode_request, encode
from colonyos_gen_wire.exact import read_exact
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.methods import process as methods
from colonyos_gen_wire.nulls import with_nulls
from colonyos_gen_wire.requests.process import AssignProcessMsg, CloseSuccessfulMsg, SubmitFunctionSpecMsg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front.envelope import key_of, read_payload
from colonyos_gen.server._values.exact_integers import may_be_inexact, require_exact_integers
from colonyos_gen.server._values.plain_json import is_shallow, plain_json
from colonyos_gen.server._values.repeated_keys import read_at_once
from tests.drawn import drawn
from tests.server.fuzz.schema_strategies import Requests
from tests.wire.test_examples import EXAMPLES, Example

REQUESTS = Requests({})
HOLDS_ITSELF = {"addblueprintdefinitionmsg"}
"""Its schemas hold schemas, so it is always read field by field."""
OPTIONS: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "phases": (Phase.generate,),  # making a failing request shorter takes minutes
    "suppress_health_check": list(HealthCheck),
}
MOST_CALLS = 30
"""Calls of functions that it takes to read a request; field by field a submit took 647."""


def is_read_alike(msgtype: str, text: bytes) -> bool:
    """Whether `text` is read in one go; then checks that it is read as it is field by field."""
    method = METHODS[msgtype]
    exact = read_at_once(method, text) if is_shallow(text) else None
    if exact is None:
        return False
    document = read_payload(method, text)
    assert isinstance(document, dict)
    payload = cast("dict[str, object]", document)
    slow = decode_request(method, payload)
    assert exact == slow
    assert repr(exact) == repr(slow)  # which tells 1 from True and 1.0
    assert encode(with_nulls(exact)) == encode(with_nulls(slow))
    assert type(exact) is method.request
    assert key_of(payload, "msgtype") == method.msgtype
    assert method.about is None or key_of(payload, method.about.key) is not None
    return True


@st.composite
def texts(draw: st.DrawFn, msgtype: str) -> bytes:
    """JSON of a request or of what is almost one, written in several ways."""
    payload: Any = draw(REQUESTS.valid(msgtype) | REQUESTS.flawed(msgtype))
    if isinstance(payload, dict) and draw(st.integers(0, 4)):
        payload = {"msgtype": msgtype} | cast("dict[str, Any]", payload)
    text = json.dumps(
        payload, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1]))
    )
    data = text.encode("utf-8", "surrogatepass")
    spoil = draw(st.sampled_from([None, None, _twice, _other_number, _not_utf8, _lone_surrogate, _cut]))
    return data if spoil is None else spoil(draw, data)


def _twice(draw: st.DrawFn, data: bytes) -> bytes:
    """With a key that comes twice."""
    document = json.loads(data)
    if not isinstance(document, dict) or not document:
        return data
    fields = cast("dict[str, Any]", document)
    key = draw(st.sampled_from(sorted(fields)))
    values: list[Any] = [None, 0, "a", {}, [], fields[key]]
    first = json.dumps({key: draw(st.sampled_from(values))}).encode()
    return first[:-1] + b", " + data.lstrip()[1:]


def _other_number(draw: st.DrawFn, data: bytes) -> bytes:
    return data.replace(b"1", draw(st.sampled_from([b"1.0", b"1e2", b"-0", b"1" * 17, b"1" * 400, b"1e400"])))


def _not_utf8(draw: st.DrawFn, data: bytes) -> bytes:
    return data.replace(b'": "', b'": "' + draw(st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\x00"])), 1)


def _lone_surrogate(draw: st.DrawFn, data: bytes) -> bytes:
    half = draw(st.sampled_from([rb"\ud800", rb"\udc00", rb"\ud800\ud800", rb"\u0000"]))
    return data.replace(b'": "', b'": "' + half, 1)


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))]


@pytest.mark.parametrize("msgtype", METHODS)
def test_both_ways_read_the_same(msgtype: str) -> None:
    """Whatever is read in one go is what the other way makes of it, for every message."""

    @settings(max_examples=drawn(15), **OPTIONS)
    @given(texts(msgtype))
    def check(text: bytes) -> None:
        is_read_alike(msgtype, text)

    check()


@pytest.mark.parametrize("msgtype", METHODS)
def test_what_our_client_sends_is_read_in_one_go(msgtype: str) -> None:
    """Otherwise the test above would show nothing."""

    @settings(max_examples=drawn(4), **OPTIONS)
    @given(REQUESTS.valid(msgtype))
    def check(payload: dict[str, Any]) -> None:
        text = encode(decode_request(METHODS[msgtype], payload))
        assert is_read_alike(msgtype, text) is (msgtype not in HOLDS_ITSELF) or b'":null' in text

    check()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.where)
def test_recorded_requests(example: Example) -> None:
    """Those of other clients are read alike; what they leave out is zero, not what our client would have sent."""
    is_read_alike(example.msgtype, json.dumps({"msgtype": example.msgtype} | example.fields).encode())


CONDITIONS: dict[str, Any] = {"executornames": [], "dependencies": []}
SYNCED: dict[str, Any] = {"snapshots": [], "dirs": []}


def spec(**fields: Any) -> bytes:
    """A submission of one function, as short as it can be without a null that is remembered."""
    made = {"funcname": "f", "conditions": CONDITIONS, "fs": SYNCED} | fields
    return json.dumps({"msgtype": "submitfuncspecmsg", "spec": made}).encode()


@pytest.mark.parametrize("fields", [{}, {"args": None}, {"env": None, "kwargs": None}, {"channels": []}])
def test_what_is_left_out_or_null_is_zero(fields: dict[str, Any]) -> None:
    """Also where clients have another default."""
    text = spec(**fields)
    assert is_read_alike("submitfuncspecmsg", text)
    request = read_exact(methods.SUBMIT, text)
    assert request is not None
    assert (request.spec.maxwaittime, request.spec.args, request.spec.env) == (0, [], {})


@pytest.mark.parametrize(
    "text",
    [
        spec(FuncName="g"),
        spec(Args=[1]),
        spec(colour="red"),
        spec(conditions=None),
        spec(priority=None),
        spec(priority=1.0),
        spec(args="a"),
        spec(fs=None),
        spec(fs=SYNCED | {"dirs": None}),
        spec(fs={"dirs": []}),
        spec(conditions=CONDITIONS | {"dependencies": [None]}),
        spec(args="\udcff"),
        spec().replace(b"submitfuncspecmsg", b"submitworkflowspecmsg"),
        spec().replace(b"msgtype", b"MsgType"),
        b'{"msgtype": "submitfuncspecmsg"}',
        b'{"msgtype": "submitfuncspecmsg", "spec": null}',
        b"[]",
        b"null",
        b"",
    ],
    ids=repr,
)
def test_what_is_not_to_the_letter_is_left_to_the_other_way(text: bytes) -> None:
    """Keys in another case, keys that nobody knows, null for what is no list, and what is no request."""
    assert read_exact(methods.SUBMIT, text) is None


@pytest.mark.parametrize("time", ["2026-05-01T12:00:00", "2026-05-01T12:00:00+0100", "0000-01-01T00:00:00Z"])
def test_times_that_only_go_reads_or_refuses(time: str) -> None:
    """Those without a zone, with one that RFC 3339 does not have, and of the year 0."""
    executor = {"executorid": "0" * 64, "commissiontime": time}
    text = json.dumps({"msgtype": "addexecutormsg", "executor": executor}).encode()
    assert read_exact(METHODS["addexecutormsg"], text) is None


NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=drawn(100), **OPTIONS)
@given(st.lists(NUMBERS | st.dictionaries(st.text(max_size=3), NUMBERS, max_size=2), max_size=3))
def test_integers_that_are_too_large_are_found(numbers: list[Any]) -> None:
    """A text that is not looked into has none of them."""
    text = json.dumps({"processid": "a", "output": numbers}).encode()
    request = decode_request(methods.CLOSE, plain_json(text))
    try:
        require_exact_integers(request)
    except Refusal:
        assert may_be_inexact(text)


def calls_of(work: Callable[[], object]) -> int:
    """How many functions `work` calls, those of C among them, once it has been done before."""
    work()
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        del frame, argument
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "request_",
    [
        SubmitFunctionSpecMsg(spec=FunctionSpec.new("f", "t", "c")),
        AssignProcessMsg(colonyname="c", timeout=10),
        CloseSuccessfulMsg(processid="0a" * 32, output=[1]),
    ],
    ids=lambda request: type(request).__name__,
)
def test_reading_takes_few_calls(request_: msgspec.Struct) -> None:
    """Whatever the number of fields."""
    method, text = METHODS[cast(str, type(request_).__struct_config__.tag)], encode(request_)
    assert calls_of(functools.partial(read_at_once, method, text)) <= MOST_CALLS
    assert calls_of(functools.partial(decode_request, method, plain_json(text))) > MOST_CALLS
