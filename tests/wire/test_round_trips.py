"""What goes out comes back: every type and request, with Go's conventions absorbed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from colonyos_gen_wire import (
    AttributeType,
    Blueprint,
    BlueprintMetadata,
    Cron,
    Executor,
    ExecutorState,
    FunctionSpec,
    Process,
    ProcessState,
)
from colonyos_gen_wire.codec import (
    UnknownFieldsError,
    decode,
    decode_reply,
    decode_request,
    encode,
    encode_reply,
)
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawn import drawn
from tests.wire.kit.comparing import differences, is_zero

UNSET = ["0001-01-01T00:00:00Z", "0001-01-01T01:12:12+01:12", "0000-12-31T19:03:58-04:56"]
"""The zero time of servers in UTC, in Stockholm, and in New York, where it falls into year 0."""

TYPES = sorted(FIELDS, key=lambda kind: kind.__name__)

text = st.text(max_size=8)
any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
times = st.sampled_from(UNSET) | st.datetimes(
    datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)
).map(datetime.isoformat)
LEAVES: dict[Leaf, st.SearchStrategy[Any]] = {
    Leaf.STRING: text,
    Leaf.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Leaf.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Leaf.BOOLEAN: st.booleans(),
    Leaf.TIME: times,
    Leaf.BYTES: st.none()
    | st.binary(max_size=6).map(lambda data: msgspec.json.decode(msgspec.json.encode(data))),
    Leaf.ANY: any_json,
}


def wire_values(shape: Shape, depth: int = 3) -> st.SearchStrategy[Any]:
    """JSON values that a server may send for `shape`, null lists and unset times among them."""
    if isinstance(shape, Leaf):
        return LEAVES[shape]
    if isinstance(shape, StructOf):
        if shape.optional and depth <= 0:
            return st.none()
        fields = {field.wire: wire_values(field.shape, depth - 1) for field in FIELDS[shape.type]}
        whole = st.fixed_dictionaries(fields)
        return st.none() | whole if shape.optional else whole
    if depth <= 0:
        return st.none()
    item = wire_values(shape.item, depth - 1)
    if isinstance(shape, ListOf):
        return st.none() | st.lists(item, max_size=2)
    return st.none() | st.dictionaries(text, item, max_size=2)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_values_survive_a_round_trip(kind: type[msgspec.Struct]) -> None:
    """From the wire into the struct, out and in again: equal, and nothing differs from what came first."""

    @settings(max_examples=drawn(15), deadline=None)
    @given(wire_values(StructOf(kind)))
    def check(wire: dict[str, Any]) -> None:
        tag = kind.__struct_config__.tag
        sent = json.dumps(wire | ({"msgtype": tag} if isinstance(tag, str) else {})).encode()
        value = decode(kind, sent)
        written = encode(value)
        assert decode(kind, written) == value
        ours = json.loads(written)
        if isinstance(tag, str):
            assert ours.pop("msgtype") == tag
        assert not differences(StructOf(kind), wire, ours)
        assert set(ours) == {field.wire for field in FIELDS[kind]}, "every field is written"
        answered = json.loads(encode_reply(kind, value))
        assert not differences(StructOf(kind), wire, answered)
        for field in FIELDS[kind]:
            held = getattr(value, field.name)
            if isinstance(field.shape, ListOf | MapOf):
                assert isinstance(held, list if isinstance(field.shape, ListOf) else dict)
            elif field.shape is Leaf.TIME:
                assert held is None or (held.year > 1 and held.tzinfo is not None)

    check()


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_what_a_server_leaves_out_reads_as_zero(kind: type[msgspec.Struct]) -> None:
    """A key that Go omits when it is empty was empty, whatever the default of a request is."""
    wire: dict[str, Any] = {}
    for field in FIELDS[kind]:
        if not field.omit_empty:
            wire[field.wire] = zero(field.shape)
    tag = kind.__struct_config__.tag
    value = decode(kind, json.dumps(wire | ({"msgtype": tag} if isinstance(tag, str) else {})).encode())
    ours = json.loads(encode(value))
    wrong = {
        field.wire: ours[field.wire] for field in FIELDS[kind] if not is_zero(field.shape, ours[field.wire])
    }
    assert not wrong


def zero(shape: Shape) -> Any:
    """What Go writes for a value that was never set."""
    if isinstance(shape, StructOf):
        return None if shape.optional else {field.wire: zero(field.shape) for field in FIELDS[shape.type]}
    if isinstance(shape, Leaf):
        zeros: dict[Leaf, Any] = {Leaf.STRING: "", Leaf.INTEGER: 0, Leaf.NUMBER: 0, Leaf.BOOLEAN: False}
        return UNSET[0] if shape is Leaf.TIME else zeros.get(shape)
    return None


@pytest.mark.parametrize("name", sorted(METHODS))
def test_absent_request_fields_are_go_zero_values(name: str) -> None:
    """A server reads what is missing as zero, not as the default that a client would send."""
    request = decode_request(METHODS[name], {})
    ours = json.loads(encode(request))
    assert not differences(StructOf(METHODS[name].request), {}, ours)


def test_the_defaults_of_clients_are_not_those_of_servers() -> None:
    """The case that bites: no limit for a client, no time at all for a server."""
    spec = {"funcname": "f", "conditions": {"executortype": "cli"}}
    request = decode_request(METHODS["submitfuncspecmsg"], {"spec": spec})
    assert (request.spec.maxexectime, request.spec.maxwaittime) == (0, 0)
    assert json.loads(encode(FunctionSpec.new("f", "cli", "dev")))["maxexectime"] == -1


def test_defaults_other_than_zero_are_always_sent() -> None:
    """Left out they would read as zero."""
    for kind in TYPES:
        for field in msgspec.structs.fields(kind):
            if isinstance(field.default, int | str) and field.default:
                assert not kind.__struct_config__.omit_defaults, kind
    spec = json.loads(encode(FunctionSpec.new("f", "cli", "dev")))
    assert (spec["maxwaittime"], spec["maxexectime"]) == (-1, -1)
    assert json.loads(encode(Cron(colonyname="c", name="n", workflowspec="")))["interval"] == -1


def test_requests_match_keys_in_any_case_and_take_byte_lists() -> None:
    """As the Go server does."""
    payload = {"PROCESSID": "ab", "Name": "c", "payload": [104, 105], "Sequence": 3, "inreplyto": None}
    request = decode_request(METHODS["channelappendmsg"], payload)
    assert (request.processid, request.channelname, request.data, request.sequence) == ("ab", "c", b"hi", 3)
    assert request.inreplyto == 0


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([None], b"\0"),
        ([104, None, 105], b"h\0i"),
        ("aGk=\n", b"hi"),
        ("aG\r\nk=", b"hi"),
        ("\n", b""),
    ],
)
def test_bytes_are_read_as_go_reads_them(given: Any, read: bytes) -> None:
    """Null is 0 among numbers, and base64 may have line ends in it, as the program `base64` writes them."""
    assert decode_request(METHODS["channelappendmsg"], {"processid": "ab", "payload": given}).data == read


@pytest.mark.parametrize("payload", [None, [], "text", 5, {"timeout": "5"}, {"colonyname": 5}])
def test_requests_of_a_wrong_shape_are_refused(payload: Any) -> None:
    """With one kind of exception, whatever they are; null stands for nothing given."""
    method = METHODS["assignprocessmsg"]
    if payload is None:
        assert decode_request(method, None).timeout == 0
        return
    with pytest.raises(msgspec.ValidationError):
        decode_request(method, payload)


@pytest.mark.parametrize("bad", [[256], [-1], ["x"], [1.5], {}, "%%%", 5, "aG k=", "aGk=\t", "aGk"])
def test_bytes_of_a_wrong_shape_are_refused(bad: Any) -> None:
    """A payload that is neither base64 nor a list of byte values."""
    with pytest.raises(msgspec.ValidationError):
        decode_request(METHODS["channelappendmsg"], {"processid": "ab", "payload": bad})


@pytest.mark.parametrize(
    ("kind", "known"),
    [(ProcessState, 5), (ExecutorState, 4), (AttributeType, 4)],
    ids=lambda value: str(value),
)
def test_enums_are_open(kind: Any, known: int) -> None:
    """A value of a newer server is kept, and says that it is not known."""
    assert len(list(kind)) == known
    newer = kind(77)
    assert (int(newer), newer.is_known, newer.name) == (77, False, "UNKNOWN_77")
    assert kind(1).is_known
    assert kind(77) == newer
    assert len(list(kind)) == known
    with pytest.raises(ValueError, match="not a valid"):
        kind("text")


def test_unknown_states_survive_a_round_trip() -> None:
    """Read and sent back, in a list too."""
    (executor,) = decode(
        list[Executor], b'[{"executorid":"","executortype":"","executorname":"","colonyname":"","state":9}]'
    )
    assert executor.state == 9
    assert json.loads(encode(executor))["state"] == 9


@pytest.mark.parametrize("unset", [*UNSET, None])
def test_unset_times_read_as_none(unset: str | None) -> None:
    """At the top, nested and in lists, beside times that are set."""
    process = {
        "processid": "p",
        "spec": {"funcname": "f"},
        "starttime": unset,
        "submissiontime": "2026-11-24T05:06:07.123456789+01:00",
    }
    reply = decode_reply(METHODS["getprocessmsg"], json.dumps(process).encode())
    assert reply.starttime is None
    assert reply.submissiontime == datetime.fromisoformat("2026-11-24T04:06:07.123457+00:00")
    assert reply.submissiontime.tzinfo is not None
    (listed, _) = decode_reply(METHODS["getprocessesmsg"], json.dumps([process, process]).encode())
    assert listed == reply
    nested = {"kind": "k", "metadata": {"name": "n", "createdAt": unset, "updatedAt": "2026-01-01T00:00:00Z"}}
    blueprints = decode(list[Blueprint], json.dumps([nested]).encode())
    assert blueprints[0].metadata.createdAt is None
    assert blueprints[0].metadata.updatedAt is not None


@pytest.mark.parametrize("unset", UNSET)
def test_times_in_free_values_are_just_text(unset: str) -> None:
    """Nothing is taken out of arguments and outputs, even when a time beside them has to be mended."""
    process = {
        "processid": "p",
        "endtime": UNSET[2],
        "out": [unset, {"at": unset}],
        "spec": {"funcname": "f", "args": [unset], "kwargs": {"at": [unset]}, "env": {"AT": unset}},
    }
    value = decode(Process, json.dumps(process).encode(), strict=True)
    assert value.endtime is None
    assert value.output == [unset, {"at": unset}]
    assert (value.spec.args, value.spec.kwargs, value.spec.env) == ([unset], {"at": [unset]}, {"AT": unset})


def test_wrong_types_are_refused_even_where_times_are_mended() -> None:
    """The second attempt is as strict as the first."""
    with pytest.raises(msgspec.ValidationError, match="state"):
        decode(Process, json.dumps({"processid": "p", "state": "x", "endtime": UNSET[2]}).encode())
    with pytest.raises(msgspec.ValidationError):
        decode(Process, b'{"processid":"p","endtime":""}')


@pytest.mark.parametrize("text", ["2026-05-01T12:00:00", "2026-05-01T12:00:00+0100", ""])
def test_a_server_takes_no_time_without_a_zone(text: str) -> None:
    """Go refuses it, so a server in Python has to."""
    method = METHODS["addexecutormsg"]
    with pytest.raises(msgspec.ValidationError):
        decode_request(method, {"executor": {"lastheardfromtime": text}})
    request = decode_request(method, {"executor": {"lastheardfromtime": "2026-05-01T12:00:00+01:00"}})
    assert request.executor.lastheardfromtime == datetime(2026, 5, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-05-01T12:00:00", "2026-05-01"])
def test_a_client_takes_no_time_without_a_zone(text: str) -> None:
    """It is no point in time, and compares with none."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.timestamp"):
        decode_reply(METHODS["channelreadmsg"], json.dumps([{"timestamp": text}]).encode())


def test_unset_times_are_sent_as_null_or_as_asked() -> None:
    """A request may hold null; a server writes the zero time of its zone."""
    metadata = BlueprintMetadata(name="n", colonyname="c")
    assert json.loads(encode(metadata))["createdAt"] is None
    assert json.loads(encode_reply(BlueprintMetadata, metadata))["createdAt"] == UNSET[0]

    def write(kind: Leaf, value: Any) -> Any:
        return UNSET[1] if kind is Leaf.TIME and value is None else value

    assert json.loads(encode_reply(BlueprintMetadata, metadata, write=write))["createdAt"] == UNSET[1]


def test_null_for_a_whole_list_is_empty() -> None:
    """As most list calls answer."""
    listed = [method for method in METHODS.values() if str(method.response).startswith("list[")]
    assert len(listed) > 15
    for method in listed:
        assert decode_reply(method, b"null") == []
        assert decode_reply(method, b"null", strict=True) == []


def test_unknown_fields_are_ignored_or_reported_with_their_path() -> None:
    """In strict mode all of them at once."""
    wire: dict[str, Any] = {
        "processid": "p",
        "colour": 1,
        "spec": {"funcname": "f", "conditions": {"shape": {}}, "kwargs": {"free": {"is": "free"}}},
        "attributes": [{"targetid": "t", "key": "k", "value": "v", "odd": None}],
    }
    payload = json.dumps([wire]).encode()
    method = METHODS["getprocessesmsg"]
    assert decode_reply(method, payload)[0].processid == "p"
    with pytest.raises(UnknownFieldsError) as caught:
        decode_reply(method, payload, strict=True)
    expected = {"[0].colour", "[0].spec.conditions.shape", "[0].attributes[0].odd"}
    assert set(caught.value.paths) == expected
    assert all(path in str(caught.value) for path in expected)


def test_every_field_of_a_struct_has_a_shape() -> None:
    """The table of fields and the structs do not drift apart."""
    for kind, fields in FIELDS.items():
        declared = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
        assert {field.name: field.wire for field in fields} == declared, kind
        assert all(isinstance(field.shape, Leaf | ListOf | MapOf | StructOf) for field in fields)
