"""The bundled JSON Schema: valid, closed, and true to what servers were recorded to send."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER, environment
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.jsonschema import render
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = environment(registry()["jsonschema"].templates)


@pytest.fixture(scope="module")
def service() -> Service:
    return build(load(ROOT / "schema"))


@pytest.fixture(scope="module")
def bundle(service: Service) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(render(service, TEMPLATES)["colonyos.schema.json"])
    return result


def references(node: Any) -> Iterator[str]:
    """Every `$ref` below `node`."""
    if isinstance(node, dict):
        members = cast("dict[str, Any]", node)
        if isinstance(members.get("$ref"), str):
            yield members["$ref"]
        for value in members.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in cast("Sequence[Any]", node):
            yield from references(item)


def problems(bundle: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    validator: Any = Draft202012Validator({"$defs": bundle["$defs"], "allOf": [schema]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_valid_against_the_metaschema(bundle: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(bundle)
    for message in bundle["x-messages"].values():
        Draft202012Validator.check_schema(message.get("reply", {}))


def test_carries_the_banner(bundle: dict[str, Any]) -> None:
    assert bundle["$comment"] == BANNER


def test_references_are_local_and_resolve(bundle: dict[str, Any]) -> None:
    found = set(references(bundle))
    assert len(found) > 100
    assert {ref for ref in found if ref.removeprefix("#/$defs/") not in bundle["$defs"]} == set()


def test_defines_every_type_enum_and_request(service: Service, bundle: dict[str, Any]) -> None:
    structs = [*service.structs, *(message.struct for message in service.messages)]
    names = {struct.name for struct in structs} | {enum.name for enum in service.enums}
    assert names <= set(bundle["$defs"])
    assert list(bundle["x-messages"]) == [message.msgtype for message in service.messages]


def test_recorded_wire_data_validates(service: Service, bundle: dict[str, Any]) -> None:
    checked = 0
    for message in service.messages:
        entry = bundle["x-messages"][message.msgtype]
        for example in message.examples:
            # One request was recorded with a wrong message type, which that message forgives.
            if example.request["msgtype"] == message.msgtype:
                assert problems(bundle, entry["request"], example.request) == [], message.msgtype
            assert problems(bundle, entry.get("reply", {}), example.reply) == [], message.msgtype
            checked += 1
    assert checked >= 99


def test_limits_bind_requests_but_not_replies(bundle: dict[str, Any]) -> None:
    user = {"colonyname": "c", "userid": "0" * 64, "name": "with:colon"}
    request = {"msgtype": "addusermsg", "user": user}
    assert problems(bundle, bundle["x-messages"]["addusermsg"]["reply"], user) == []
    found = problems(bundle, {"$ref": "#/$defs/AddUserMsg"}, request)
    assert [p.partition(":")[0] for p in found] == ["$.user.name"]


def test_limits_reach_into_nested_types(bundle: dict[str, Any]) -> None:
    spec: dict[str, Any] = {"funcname": "f", "conditions": {"executornames": ["nul \0"]}, "priority": 50001}
    found = problems(
        bundle, {"$ref": "#/$defs/SubmitFunctionSpecMsg"}, {"msgtype": "submitfuncspecmsg", "spec": spec}
    )
    assert {p.partition(":")[0] for p in found} == {"$.spec.conditions.executornames[0]", "$.spec.priority"}


def test_every_definition_for_sending_has_what_the_plain_one_has(bundle: dict[str, Any]) -> None:
    sent = {name: each for name, each in bundle["$defs"].items() if "x-of" in each}
    assert {"FunctionSpecToSend", "SubmitFunctionSpecMsgSpecToSend"} <= set(sent)
    for name, schema in sent.items():
        plain = bundle["$defs"][schema["x-of"]]
        assert set(schema["properties"]) == set(plain["properties"])
        assert schema.get("required") == plain.get("required")
        if name == schema["x-of"] + "ToSend":
            assert name in plain["$comment"]


def schemas_in(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema below one."""
    yield node
    inner = [node.get(key) for key in ("items", "additionalProperties", "propertyNames")]
    for schema in (*inner, *node.get("properties", {}).values(), *node.get("anyOf", [])):
        if isinstance(schema, dict):
            yield from schemas_in(schema)


def test_what_other_tools_stumble_over_is_nowhere(bundle: dict[str, Any]) -> None:
    """Each of these made a tool of another language lose a type, loop, or write what does not compile."""
    seen = 0
    for definition in bundle["$defs"].values():
        for schema in schemas_in(definition):
            seen += 1
            assert not {"$ref", "properties"} <= set(schema)
            assert not {"default", "contentEncoding"} <= set(schema)
            assert "const" not in schema or "type" in schema
            assert "default" not in schema or schema.get("format") != "date-time"
            for branch in schema.get("anyOf", []):
                assert {"type", "$ref"} & set(branch), "a branch that takes everything"
    assert seen > 1000
    assert "Time" not in bundle["$defs"]


def test_own_keywords_are_listed_for_strict_validators(bundle: dict[str, Any]) -> None:
    used = {
        key
        for definition in bundle["$defs"].values()
        for schema in schemas_in(definition)
        for key in schema
        if key.startswith("x-")
    }
    assert bundle["x-keywords"] == sorted(used)


def test_enums_are_open(bundle: dict[str, Any]) -> None:
    assert problems(bundle, {"$ref": "#/$defs/ProcessState"}, 99) == []
    assert problems(bundle, {"$ref": "#/$defs/ProcessState"}, "RUNNING") != []


def test_facts_of_the_schema_are_kept(bundle: dict[str, Any]) -> None:
    process = bundle["$defs"]["Process"]["properties"]
    assert process["prioritytime"]["x-unit"] == "nanoseconds"
    assert process["in"]["type"] == ["array", "null"]
    assert process["in"]["x-name"] == "input"
    assert bundle["$defs"]["FunctionSpec"]["properties"]["maxexectime"]["default"] == -1
    assert bundle["x-messages"]["submitfuncspecmsg"]["idempotency"] == "unsafe"
    assert bundle["x-messages"]["subscribeprocessmsg"]["stream"] is True


def test_hazards_are_kept(service: Service, bundle: dict[str, Any]) -> None:
    """The catalog, and for each message what it takes part in, in names of the wire."""
    assert list(bundle["x-hazards"]) == [hazard.name for hazard in service.hazards]
    assert {hazard["effect"] for hazard in bundle["x-hazards"].values()} == set(bundle["x-effects"])
    assert bundle["x-hazards"]["too_many_reads"]["limit"] in bundle["x-limits"]
    for msgtype, message in bundle["x-messages"].items():
        for entry in message.get("hazards", []):
            assert msgtype in bundle["x-hazards"][entry["name"]]["messages"]
    (nul,) = (
        e for e in bundle["x-messages"]["submitworkflowspecmsg"]["hazards"] if e["name"] == "nul_in_env"
    )
    assert nul == {"name": "nul_in_env", "field": "spec.functionspecs.env", "refused": ["a\0b"]}
    (everything, *_) = bundle["x-messages"]["removeallprocessesmsg"]["hazards"]
    assert (everything["field"], everything["values"], everything["confirm"]) == ("state", [-1], True)


def test_same_text_every_time(service: Service) -> None:
    assert render(service, TEMPLATES) == render(service, TEMPLATES)
