"""The OpenRPC document, against what OpenRPC 1.3 demands of its objects."""

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
from colonyos_gen_codegen.targets.openrpc import render
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[3]

# Required keys of each object, and the others that it may have; `x-` stands for all keys that start so.
OBJECTS: dict[str, tuple[set[str], set[str]]] = {
    "document": ({"openrpc", "info", "methods"}, {"servers", "components", "x-"}),
    "info": ({"title", "version"}, {"description", "termsOfService", "contact", "license", "x-"}),
    "server": ({"url"}, {"name", "summary", "description", "variables", "x-"}),
    "method": (
        {"name", "params", "result"},
        {
            "summary", "description", "tags", "paramStructure", "errors", "links", "examples", "deprecated",
            "externalDocs", "servers", "x-",
        },
    ),
    "content": ({"name", "schema"}, {"summary", "description", "required", "deprecated", "x-"}),
    "error": ({"code", "message"}, {"data"}),
    "tag": ({"name"}, {"summary", "description", "externalDocs", "x-"}),
    "pairing": ({"name", "params", "result"}, {"summary", "description"}),
    "example": ({"name", "value"}, {"summary", "description", "x-"}),
    "components": (set(), {
        "schemas", "tags", "errors", "examples", "links", "contentDescriptors", "examplePairings",
    }),
}  # fmt: skip


@pytest.fixture(scope="module")
def service() -> Service:
    return build(load(ROOT / "schema"))


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(
        render(service, environment(registry()["openrpc"].templates))["openrpc.json"]
    )
    return result


def objects(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every OpenRPC object of the document with the name of its kind."""
    yield "document", document
    yield "info", document["info"]
    yield "components", document["components"]
    yield from (("server", server) for server in document["servers"])
    yield from (("tag", tag) for tag in document["components"]["tags"].values())
    for method in document["methods"]:
        yield "method", method
        yield from (("content", content) for content in (*method["params"], method["result"]))
        yield from (("error", error) for error in method["errors"])
        for pairing in method["examples"]:
            yield "pairing", pairing
            yield from (("example", example) for example in (*pairing["params"], pairing["result"]))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        members = cast("dict[str, Any]", node)
        if isinstance(members.get("$ref"), str):
            yield members["$ref"]
        for value in members.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in cast("Sequence[Any]", node):
            yield from references(item)


def resolve(document: dict[str, Any], ref: str) -> Any:
    node: Any = document
    for part in ref.removeprefix("#/").split("/"):
        node = node[part]
    return node


def problems(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    validator: Any = Draft7Validator({"components": document["components"], "allOf": [schema]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_objects_have_the_keys_that_openrpc_knows(document: dict[str, Any]) -> None:
    for kind, item in objects(document):
        required, optional = OBJECTS[kind]
        assert required <= set(item), kind
        allowed = required | optional
        unknown = {
            key for key in item if key not in allowed and not ("x-" in allowed and key.startswith("x-"))
        }
        assert unknown == set(), kind


def test_version_and_banner(document: dict[str, Any]) -> None:
    assert document["openrpc"].startswith("1.3.")
    assert document["info"]["x-generated"] == BANNER
    assert "not JSON-RPC 2.0" in document["info"]["description"]


def test_references_resolve(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert len(found) > 100
    for ref in found:
        assert isinstance(resolve(document, ref), dict), ref


def test_schemas_are_draft_7_and_references_stand_alone(document: dict[str, Any]) -> None:
    def check(node: Any) -> None:
        if isinstance(node, dict):
            members = cast("dict[str, Any]", node)
            assert not isinstance(members.get("$ref"), str) or set(members) == {"$ref"}, members
            for value in members.values():
                check(value)

    for schema in document["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
        check(schema)


def test_every_reference_can_be_written_out(document: dict[str, Any]) -> None:
    def write_out(node: Any, above: tuple[str, ...] = ()) -> None:
        if isinstance(node, dict):
            members = cast("dict[str, Any]", node)
            ref = members.get("$ref")
            if isinstance(ref, str):
                assert ref not in above, above
                write_out(resolve(document, ref), (*above, ref))
            for value in members.values():
                write_out(value, above)
        elif isinstance(node, list):
            for item in cast("Sequence[Any]", node):
                write_out(item, above)

    write_out(document["components"]["schemas"])


def test_what_is_cut_is_told(document: dict[str, Any]) -> None:
    told = document["info"]["x-cut"]
    assert told["SchemaProperty"] == ["properties.*", "items"]
    schemas = document["components"]["schemas"]
    assert schemas["SchemaProperty"]["properties"]["items"]["anyOf"][0]["x-cut"] == "SchemaProperty"
    marks = json.dumps(schemas).count('"x-cut"')
    assert marks == sum(len(paths) for paths in told.values())


def test_one_method_for_each_name_of_the_model(service: Service, document: dict[str, Any]) -> None:
    expected = [method.name for message in service.messages for method in message.methods]
    assert [method["name"] for method in document["methods"]] == expected
    assert len(set(expected)) == len(expected)


def test_parameters_match_the_model(service: Service, document: dict[str, Any]) -> None:
    methods = {method["name"]: method for method in document["methods"]}
    for message in service.messages:
        wires = {field.wire for field in message.struct.fields}
        for method in message.methods:
            params = methods[method.name]["params"]
            assert {p["name"] for p in params} == {p.name for p in method.parameters}
            required = [p["required"] for p in params]
            assert required == sorted(required, reverse=True), "required parameters come first"
            for p in params:
                sent = p["x-wire"].values() if isinstance(p["x-wire"], dict) else [p["x-wire"]]
                assert set(sent) <= wires


def test_error_codes_are_unique_within_a_method(document: dict[str, Any]) -> None:
    for method in document["methods"]:
        codes = [error["code"] for error in method["errors"]]
        assert len(set(codes)) == len(codes)
        assert all(case["status"] == error["code"] for error in method["errors"] for case in error["data"])


def test_the_examples_of_every_method_fit(document: dict[str, Any]) -> None:
    for method in document["methods"]:
        schemas = {p["name"]: p["schema"] for p in method["params"]}
        needed = {p["name"] for p in method["params"] if p["required"]}
        for example in method["examples"]:
            assert needed <= {p["name"] for p in example["params"]} <= set(schemas)
            for p in example["params"]:
                assert problems(document, schemas[p["name"]], p["value"]) == [], method["name"]
            result = example["result"]["value"]
            assert problems(document, method["result"]["schema"], result) == [], method["name"]


def test_hazards_are_told_with_the_parameters(service: Service, document: dict[str, Any]) -> None:
    catalog = document["info"]["x-hazards"]
    assert list(catalog) == [hazard.name for hazard in service.hazards]
    told = 0
    for method in document["methods"]:
        parameters = {parameter["name"] for parameter in method["params"]}
        for entry in method.get("x-hazard", []):
            assert method["x-msgtype"] in catalog[entry["name"]]["messages"]
            assert "field" not in entry or entry["field"].partition(".")[0] in parameters
            told += 1
    assert told > 70


def test_facts_about_signing_and_repeating(document: dict[str, Any]) -> None:
    methods = {method["name"]: method for method in document["methods"]}
    assert methods["submit"]["x-msgtype"] == "submitfuncspecmsg"
    assert methods["submit"]["x-roles"] == ["executor_approved", "user"]
    assert methods["submit"]["x-idempotency"] == "unsafe"
    assert methods["subscribe_process"]["x-transport"] == "websocket"
    assert methods["remove_file"]["x-unsafe-when"] == "name"
