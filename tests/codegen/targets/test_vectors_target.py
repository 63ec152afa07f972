"""The test vectors: of the documented format, of everything in the schema, and the same each time."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jinja2
import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.model import Field, Service, Type
from colonyos_gen_codegen.output.render import environment
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.vectors import render
from colonyos_gen_codegen.targets.vectors.meaning import Meaning, Wrong
from colonyos_gen_codegen.targets.vectors.signatures import KEYS, identity_of
from jsonschema import Draft202012Validator

Vector = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
SMALL = Path(__file__).parents[1] / "small"
MOST_BYTES = 3_500_000


def templates() -> jinja2.Environment:
    return environment(registry()["vectors"].templates)


@pytest.fixture(scope="module")
def service() -> Service:
    return build(load(ROOT / "schema"))


@pytest.fixture(scope="module")
def files(service: Service) -> dict[str, str]:
    return dict(render(service, templates()))


@pytest.fixture(scope="module")
def vectors(files: dict[str, str]) -> list[Vector]:
    return vectors_in(files)


def vectors_in(files: dict[str, str]) -> list[Vector]:
    found: list[Vector] = []
    for path, text in files.items():
        if path.endswith(".json") and not path.endswith(".schema.json"):
            found += json.loads(text)["vectors"]
    return found


@pytest.mark.parametrize("schema", [ROOT / "schema", SMALL], ids=["colonyos", "small"])
def test_they_are_of_the_format(schema: Path) -> None:
    files = dict(render(build(load(schema)), templates()))
    format_ = json.loads(files["vectors/vectors.schema.json"])
    Draft202012Validator.check_schema(format_)
    of_op = {
        entry["properties"]["op"]["const"]: entry
        for entry in format_["properties"]["vectors"]["items"]["oneOf"]
    }
    validators = {
        op: Draft202012Validator({**entry, "$defs": format_["$defs"]}) for op, entry in of_op.items()
    }
    for vector in vectors_in(files):
        validators[vector["op"]].validate(vector)  # pyright: ignore[reportUnknownMemberType]
    head: dict[str, Any] = {"vectors": [], **dict.fromkeys(("description", "protocol", "server"), "")}
    Draft202012Validator(format_).validate(head)  # pyright: ignore[reportUnknownMemberType]


def test_one_a_line_and_no_more_than_people_keep(files: dict[str, str]) -> None:
    for path, text in files.items():
        if path.startswith("vectors/rpc/"):
            rows = [line for line in text.splitlines() if line.startswith("  {")]
            assert len(rows) == len(json.loads(text)["vectors"]), path
            assert all(json.loads(row.removesuffix(",")) for row in rows)
    assert sum(len(text.encode()) for text in files.values()) < MOST_BYTES


def test_each_has_a_name_of_its_own(vectors: list[Vector]) -> None:
    assert [name for name, count in Counter(vector["id"] for vector in vectors).items() if count > 1] == []


def test_they_are_the_same_each_time(service: Service, files: dict[str, str]) -> None:
    assert dict(render(service, templates())) == files


def test_each_message_is_there_in_each_way(service: Service, vectors: list[Vector]) -> None:
    ops = {(vector["op"], vector["message"]) for vector in vectors if "message" in vector}
    wanted = ("read_reply", "read_request", "write_request", "read_response", "sign")
    assert ops == {
        (op, message.msgtype) for message in service.messages if message.registered for op in wanted
    }
    right, wrong = {"value"}, {"error"}
    for message in service.messages:
        if message.registered:
            own = [vector for vector in vectors if vector.get("message") == message.msgtype]
            outcomes = {(vector["op"], *vector["expect"]) for vector in own}
            assert outcomes >= {("read_request", *right), ("read_request", *wrong), ("write_request", "text")}
            assert message.reply.type is None or outcomes >= {("read_reply", *right), ("read_reply", *wrong)}
            assert message.reply.when_null is None or any(
                "in disguise: null" in vector["id"] for vector in own
            )
            assert message.reply.when_empty is None or any("an empty body" in vector["id"] for vector in own)


def test_each_error_is_there_with_its_code(service: Service, vectors: list[Vector]) -> None:
    refused: dict[str, dict[str, Any]] = {
        vector["id"]: vector["expect"]["error"]
        for vector in vectors
        if vector["op"] == "read_response" and "error" in vector["expect"]
    }
    for message in service.messages:
        for error in message.errors if message.registered else ():
            told = refused[f"read_response/{message.msgtype}/refused: {error.name}"]
            assert (told["status"], "{" in told["message"]) == (error.status, False)
            if "{" not in error.text:
                assert (told["code"], told["message"]) == (error.code.upper(), error.text)
    assert {told["code"] for told in refused.values() if told["kind"] == "refused"} == {
        code.upper() for code in service.codes
    }


def test_each_field_is_read_right_and_wrong(service: Service, vectors: list[Vector]) -> None:
    tried: dict[bool, set[str]] = {True: set(), False: set()}
    for vector in vectors:
        if vector["op"] in ("read_reply", "read_request") and "/$" in vector["id"]:
            place = vector["id"].split("/", 2)[2].replace('["a key"]', "").replace("[0]", "").split(" ")[0]
            tried["error" in vector["expect"]].add(place.rpartition(".")[2])
    requests = [message.struct for message in service.messages if message.registered]
    used = {name for struct in requests for name in _inside(service, struct.fields)}
    for type_ in (message.reply.type for message in service.messages):
        if type_ is not None:
            used |= _inside(service, (Field("", "", type_, "", requests[0].position),))
    structs = [*requests, *(service.struct(name) for name in used)]
    fields = [field for struct in structs for field in struct.fields]
    assert len(fields) > 400
    assert {field.wire for field in fields if not _is_any(field.type)} <= tried[True]
    assert {field.wire for field in fields if not field.required} <= tried[False]


def _is_any(type_: Type) -> bool:
    return type_.kind == "scalar" and type_.scalar.value == "any"


def _inside(service: Service, fields: tuple[Field, ...]) -> set[str]:
    found: set[str] = set()
    pending = [part for field in fields for part in field.type.walk()]
    while pending:
        part = pending.pop()
        if part.kind == "struct" and part.name not in found:
            found.add(part.name)
            pending += [inner for field in service.struct(part.name).fields for inner in field.type.walk()]
    return found


def test_each_limit_is_broken(service: Service, vectors: list[Vector]) -> None:
    broken = [
        vector["id"] for vector in vectors if vector["op"] == "write_request" and "error" in vector["expect"]
    ]
    for message in service.messages:
        for field in message.struct.fields if message.registered else ():
            if field.type.limit is not None and field.type.limit.max_bytes is None:
                begin = f"write_request/{message.msgtype}/$.{field.wire} refused: "
                assert any(name.startswith(begin) for name in broken), begin


def test_keys_are_those_of_tests() -> None:
    assert len(set(KEYS)) == 3
    assert all(len(key) == len(identity_of(key)) == 64 for key in KEYS)


def test_what_a_value_means(service: Service) -> None:
    meaning, process = Meaning(service), Type("struct", name="Process")
    read = meaning.of(
        process,
        {"processid": "p", "spec": {"funcname": "f"}, "endtime": "0001-01-01T01:12:12+01:12", "more": 1},
    )
    assert (read["endtime"], read["spec"]["maxretries"], read["spec"]["args"], "more" in read) == (
        None,
        -1,
        [],
        False,
    )
    with pytest.raises(Wrong, match=r"\$\.spec\.funcname"):
        meaning.of(process, {"processid": "p", "spec": {}})
