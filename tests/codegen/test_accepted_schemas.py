"""What the rules accept, the generator can render and the package can use: single cases at the border."""

from __future__ import annotations

from pathlib import Path

import pytest
from colonyos_gen_codegen.rendering import render
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.validate import validate

from tests.codegen.kit.random_schema import ENVELOPE, MANIFEST, Drawn, Json, enumeration, example, message

from .test_random_schemas import round_trip

TEXT: Json = {"type": "string", "default": ""}
TIME: Json = {"type": ["string", "null"], "format": "date-time", "default": None}
OPTIONAL_TEXT: Json = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
TEXTS: Json = {"type": "array", "items": {"type": "string"}, "default": []}
BYTES: Json = {"type": "string", "contentEncoding": "base64", "default": ""}
TIME_ITEM: Json = {key: value for key, value in TIME.items() if key != "default"}
BYTES_ITEM: Json = {key: value for key, value in BYTES.items() if key != "default"}
NEEDY: Json = {
    "type": "object",
    "description": "It needs x.",
    "x-direction": "both",
    "required": ["x"],
    "properties": {"x": {"description": "Text that it needs.", "type": "string"}},
}


def service(
    fields: Json,
    payload: Json | None = None,
    *,
    types: Json | None = None,
    name: str = "Thing",
    new: list[str] | None = None,
    parameter: str | None = None,
) -> Drawn:
    """A service with one struct called `name`, one message that carries it, and the other `types` that it needs."""
    later = {"x-since": "v1.1.0"}  # what is recorded may lack it
    described = {
        key: {"description": "A field of it.", **({} if key in (payload or {}) else later), **value}
        for key, value in fields.items()
    }
    struct: Json = {
        "type": "object",
        "description": "It is a thing.",
        "x-direction": "both",
        "properties": described,
    }
    if new:
        struct["x-new"] = new
    request = message(name, "msg0")
    if parameter:
        request["properties"][parameter] = {"description": "A parameter of it.", **TEXT}
        request["x-methods"][0]["parameters"].append(parameter)
    about = {"domain": "stuff", "description": "Stuff and more."}
    files: dict[str, Json] = {
        "colonyos.yaml": MANIFEST,
        "types/envelope.yaml": ENVELOPE,
        "types/stuff.yaml": {**about, "$defs": {name: struct, **(types or {})}},
        "rpc/stuff.yaml": {**about, "$defs": {"StuffMsg": request}},
        "examples/stuff.json": {"msg0": [example("msg0", payload or {})]},
    }
    return Drawn(files, {"msg0": [payload or {}]})


WORKING: dict[str, Drawn] = {
    "time in a request": service({"at": TIME}, {"at": "2026-05-01T12:00:00Z"}),
    "times in a list": service({"at": {**TEXTS, "items": TIME_ITEM}}, {"at": ["0001-01-01T00:00:00Z", None]}),
    "bytes in a map": service(
        {"at": {"type": "object", "additionalProperties": BYTES_ITEM, "default": {}}}, {"at": {"a": "YQ=="}}
    ),
    "list of itself under another name": service(
        {"in": {**TEXTS, "items": {"$ref": "#/$defs/Thing"}, "x-name": "inner"}}, {"in": [{"in": []}]}
    ),
    "constructor with a renamed field": service({"a-1": {**TEXT, "x-name": "a1"}}, {"a-1": "x"}, new=["a-1"]),
    "empty JSON value that is left out when null": service(
        {"any": {"default": None, "x-omit-empty": True}}, {"any": 0}
    ),
    "pattern with quotes": service(
        {"a": {**TEXT, "pattern": "^[^\"']*$", "x-rule": "text without \" or '"}}, {"a": "x"}
    ),
    "words with backslashes": service(
        {"a": {**TEXT, "pattern": "^[^\\\\]*$", "x-rule": "free of \\' and \\"}}, {"a": "x"}
    ),
    "members that look like enum attributes": service(
        {"state": {"$ref": "#/$defs/State", "default": 0}},
        {"state": 1},
        types={"State": enumeration(["name", "value", "real"], [0, 1, 2])},
    ),
}

REFUSED: dict[str, Drawn] = {
    "field called like a type": service({"str": TEXT}),
    "field called like an import": service({"msgspec": TEXT, "a-1": {**TEXTS, "x-name": "a1"}}),
    "field called new beside x-new": service({"new": TEXT}, new=["new"]),
    "field called like a helper": service({"data": BYTES, "data_bytes": TEXT}),
    "struct called like an import": service({"a": {"default": None}}, name="Any"),
    "parameter called prvkey": service({"a": TEXT}, parameter="prvkey"),
    "member called mro": service(
        {"state": {"$ref": "#/$defs/State", "default": 0}}, types={"State": enumeration(["mro"], [0])}
    ),
    "list with a default": service({"a": {**TEXTS, "default": ["x"]}}),
    "time with a default": service({"a": {**TIME, "default": "2026-05-01T12:00:00Z"}}),
    "default of a struct that needs values": service(
        {"a": {"$ref": "#/$defs/Needy", "default": {}}}, types={"Needy": NEEDY}
    ),
    "optional text": service({"a": OPTIONAL_TEXT}, {"a": None}),
    "default of a field left out when empty": service(
        {"a": {"type": "boolean", "default": True, "x-omit-empty": True}}, {"a": False}
    ),
}


def findings_or_problems(drawn: Drawn, root: Path) -> tuple[list[str], str]:
    """What the rules say, and if that is nothing, what goes wrong with the package."""
    drawn.write(root / "schema")
    found = [str(finding) for finding in validate(load(root / "schema"))]
    return found, "" if found else round_trip(root, drawn.payloads)


@pytest.mark.parametrize("case", WORKING)
def test_accepted_and_working(case: str, tmp_path: Path) -> None:
    assert findings_or_problems(WORKING[case], tmp_path) == ([], "")


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    """What the templates cannot render so that it works, a rule keeps away from them."""
    found, _ = findings_or_problems(REFUSED[case], tmp_path)
    assert found


@pytest.mark.parametrize("target", registry())
def test_smallest_schema_can_be_rendered(target: str, tmp_path: Path) -> None:
    assert render(Path(__file__).parent / "base", {target: registry()[target]}, None, tmp_path)
