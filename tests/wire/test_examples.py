"""Every example of the schema: its request is one that we send, its reply one that we read, and neither loses anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire import methods
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.codec import (
    decode_reply,
    decode_request,
    encode,
    encode_reply,
    shape_of,
    unknown_fields,
)
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.shape import ListOf, StructOf
from jsonschema import Draft202012Validator

from tests.wire.kit.comparing import differences

ROOT = Path(__file__).parents[2]
METHODS = methods.METHODS
BUNDLE: dict[str, Any] = json.loads((ROOT / "generated/colonyos.schema.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Example:
    """One example, and where it stands."""

    where: str
    msgtype: str
    request: Any
    reply: Any

    @property
    def method(self) -> Method[Any, Any]:
        return METHODS[self.msgtype]

    @property
    def fields(self) -> dict[str, Any]:
        """The request without its message type."""
        return {key: value for key, value in self.request.items() if key != "msgtype"}


def read_examples() -> list[Example]:
    """All examples, in the order of files."""
    return [
        Example(f"{path.stem}: {msgtype} {index + 1}", msgtype, entry["request"], entry["reply"])
        for path in sorted((ROOT / "schema/examples").glob("*.json"))
        for msgtype, entries in json.loads(path.read_text(encoding="utf-8")).items()
        for index, entry in enumerate(entries)
    ]


EXAMPLES = read_examples()
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.where)


def violations(schema: dict[str, Any], value: Any) -> list[str]:
    """What keeps `value` from being valid under `schema`, a part of the bundled document."""
    validator: Any = Draft202012Validator({"$defs": BUNDLE["$defs"], "allOf": [schema]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_every_example_is_of_a_message() -> None:
    """Whether every message has one is checked in the schema."""
    assert {example.msgtype for example in EXAMPLES} <= set(METHODS)
    assert len(EXAMPLES) > 90
    assert all(example.request["msgtype"] == example.msgtype for example in EXAMPLES)


@every_example
def test_request_is_decoded_allowed_and_encoded_alike(example: Example) -> None:
    request = decode_request(example.method, example.fields)
    assert type(request) is example.method.request
    check(request)
    written = json.loads(encode(request))
    assert written.pop("msgtype") == example.msgtype
    assert differences(StructOf(example.method.request), example.fields, written) == []
    assert decode_request(example.method, written) == request


@every_example
def test_request_has_no_unknown_field(example: Example) -> None:
    assert unknown_fields(example.method.request, json.dumps(example.fields).encode()) == []


@every_example
def test_reply_is_decoded_strictly_and_encoded_alike(example: Example) -> None:
    method, payload = example.method, json.dumps(example.reply).encode()
    value = decode_reply(method, payload, strict=True)
    if method.response is None:
        assert (value, example.reply) == (None, {})
        return
    shape = shape_of(method.response)
    assert isinstance(value, list) == isinstance(shape, ListOf)
    assert differences(shape, example.reply, json.loads(encode(value))) == []
    assert (
        differences(shape, example.reply, json.loads(encode_reply(method.response, value)), exact=True) == []
    )
    assert decode_reply(method, encode(value), strict=True) == value


@every_example
def test_json_schema_accepts_both_sides(example: Example) -> None:
    entry = BUNDLE["x-messages"][example.msgtype]
    assert violations(entry["request"], example.request) == []
    assert violations(entry.get("reply", {}), example.reply) == []


@every_example
def test_json_schema_accepts_what_we_write(example: Example) -> None:
    entry, method = BUNDLE["x-messages"][example.msgtype], example.method
    request = decode_request(method, example.fields)
    assert violations(entry["request"], json.loads(encode(request))) == []
    if method.response is not None:
        value = decode_reply(method, json.dumps(example.reply).encode())
        assert violations(entry["reply"], json.loads(encode(value))) == []
        assert violations(entry["reply"], json.loads(encode_reply(method.response, value))) == []
