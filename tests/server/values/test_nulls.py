"""What was null, and what was an empty value: kept by servers, and never seen by clients."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from colonyos_gen_wire.codec import decode, decode_request, encode, encode_reply, read_as_server
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.nulls import (
    NullBytes,
    NullList,
    NullMap,
    is_null,
    remember_nulls,
    texts_of_nulls,
    with_nulls,
)
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Property, Shape, StructOf
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.process import Process

EMPTY: dict[type, Any] = {ListOf: [], MapOf: {}, Leaf: ""}
PLAIN: dict[type, type] = {ListOf: list, MapOf: dict, Leaf: bytes}
NULL: dict[type, Any] = {ListOf: NullList, MapOf: NullMap, Leaf: NullBytes}
FOUND = [(type_, field) for type_, fields in FIELDS.items() for field in fields if field.null_as_sent]


def places(shape: Shape, above: tuple[type[msgspec.Struct], ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths, through one item of each list and map, to everything in `shape` that can be null."""
    if isinstance(shape, ListOf | MapOf):
        first = 0 if isinstance(shape, ListOf) else "key"
        yield from ((first, *path) for path in places(shape.item, above))
    elif isinstance(shape, StructOf) and shape.type not in above:
        for field in FIELDS[shape.type]:
            if field.null_as_sent:
                yield (field.wire,)
            yield from ((field.wire, *path) for path in places(field.shape, (*above, shape.type)))


def sample(type_: type[msgspec.Struct], path: tuple[str | int, ...], value: Any) -> Any:
    """JSON of `type_` with nothing in it but what has to be, and `value` at `path`."""
    if not path:
        return value
    made: Any = {"processid": "", "spec": {"funcname": ""}} if type_ is Process else {"funcname": ""}
    inner = sample(msgspec.Struct, path[1:], value)
    return [inner] if path[0] == 0 else {**made, path[0]: inner}


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def test_there_is_something_to_remember() -> None:
    assert {(type_.__name__, field.wire) for type_, field in FOUND} >= {
        ("Process", "errors"),
        ("Process", "in"),
        ("Conditions", "executornames"),
        ("Filesystem", "dirs"),
        ("Hardware", "network"),
        ("Allocations", "projects"),
        ("ChannelEntry", "payload"),
    }


@pytest.mark.parametrize(("type_", "field"), FOUND, ids=lambda each: getattr(each, "wire", None))
def test_each_field_comes_back_as_it_was_sent(type_: type[msgspec.Struct], field: Property) -> None:
    kind = Leaf if isinstance(field.shape, Leaf) else type(field.shape)
    needed: dict[str, Any] = {"processid": "", "spec": {"funcname": ""}} if type_ is Process else {}
    for given, null in (({}, True), ({field.wire: None}, True), ({field.wire: EMPTY[kind]}, False)):
        held = getattr(read_as_server(type_, needed | given), field.name)
        assert type(held) is (NULL if null else PLAIN)[kind], given
        assert held == NULL[kind]()
        made = read_as_server(type_, needed | given)
        for value in (made, copy.copy(made), msgspec.structs.replace(made)):
            written = json.loads(encode_reply(type_, value, nulls_as_sent=True))
            if not field.omit_empty:
                assert written[field.wire] == (None if null else EMPTY[kind])
        plain = json.loads(encode_reply(type_, made))
        if not field.omit_empty:
            assert plain[field.wire] == (None if field.null_when_empty else EMPTY[kind])


@pytest.mark.parametrize("type_", [Process, Executor])
def test_what_is_stored_remembers(type_: type[msgspec.Struct]) -> None:
    """However deep it is; and what is stored is as before where nothing was null."""
    paths = list(places(StructOf(type_)))
    assert paths
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(type_)
    for path in paths:
        for value in (None, "empty"):
            null = value is None
            empty: Any = {} if path[-1] == "projects" else []
            row = read_as_server(type_, sample(type_, path, None if null else empty))
            text = encoder.encode(with_nulls(row)).decode()
            assert at(json.loads(text), path) == (None if null else empty)
            assert not null or any(each in text for each in texts_of_nulls(type_))
            read = decoder.decode(text)
            remember_nulls(StructOf(type_), json.loads(text), read)
            written = encode_reply(type_, row, nulls_as_sent=True)
            assert encode_reply(type_, read, nulls_as_sent=True) == written
            assert at(json.loads(written), path) == (None if null else empty)


def test_a_row_without_nulls_is_not_copied() -> None:
    row = decode(Process, b'{"processid":"p","spec":{"funcname":"f"}}')
    assert with_nulls(row) is row


def test_keys_in_any_case_are_found() -> None:
    spec: Any = {"Conditions": {"EXECUTORNAMES": []}, "fs": None}
    request = decode_request(METHODS["submitfuncspecmsg"], {"SPEC": spec})
    assert not is_null(request.spec.conditions.executornames)
    assert is_null(request.spec.fs.dirs)


def test_what_was_filled_is_not_null() -> None:
    names: NullList = NullList()
    assert is_null(names)
    names.append("x")
    assert not is_null(names)


def test_requests_with_null_bytes_can_be_written_again() -> None:
    request = decode_request(METHODS["channelappendmsg"], {"payload": None})
    assert isinstance(request.data, NullBytes)
    assert json.loads(encode(request))["payload"] is None
    with pytest.raises(TypeError, match="Encoding objects of type object is unsupported"):
        encode(object())


def test_clients_see_plain_empty_values() -> None:
    process = decode(
        Process, b'{"processid":"p","spec":{"funcname":"f","fs":{"dirs":null}},"errors":null,"in":null}'
    )
    assert [type(held) for held in (process.errors, process.input, process.spec.fs.dirs)] == [list] * 3
