"""Every rule has a failing example, and the schema of this repository has no findings.

`failures/<RULE_ID>/` holds the files that replace those of `base/`, the smallest schema that keeps all rules, and the
findings that follow in `expected.txt`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.rules import RULES
from colonyos_gen_codegen.rules.conformance import mismatches
from colonyos_gen_codegen.schema.loader import Document, Pointer, Schema, load
from colonyos_gen_codegen.schema.outline import Outline
from colonyos_gen_codegen.validate import validate

HERE = Path(__file__).parent
BASE = HERE / "base"
FAILURES = HERE / "failures"
SCHEMA = HERE.parent.parent / "schema"
OTHERS: tuple[Any, ...] = (None, 7, "other", [], {})
"""What a value is replaced with; None stands for its removal."""


def lines(root: Path) -> list[str]:
    return [str(finding) for finding in validate(load(root))]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy of the base schema, to be spoiled."""
    return shutil.copytree(BASE, tmp_path / "schema")


@pytest.mark.parametrize("rule", sorted(path.name for path in FAILURES.iterdir()))
def test_failing_example_has_the_expected_findings(rule: str, base: Path) -> None:
    shutil.copytree(FAILURES / rule, base, dirs_exist_ok=True)
    found = lines(base)
    assert found == (FAILURES / rule / "expected.txt").read_text().splitlines()
    assert {line.split()[1] for line in found} == {rule}


def test_every_rule_has_a_failing_example_and_a_summary() -> None:
    assert {path.name for path in FAILURES.iterdir()} == set(RULES)
    assert all(summary.endswith(".") for summary in RULES.values())


def test_base_schema_is_clean() -> None:
    assert lines(BASE) == []


def test_repository_schema_is_clean() -> None:
    """And no draft: where a message has no recorded example, this test says so, and no other."""
    assert lines(SCHEMA) == []


def test_json_may_hold_what_yaml_does_not(base: Path) -> None:
    """Characters beyond the first plane as a pair of escapes, and the control character DEL."""
    example = base / "examples/note.json"
    text = example.read_text()
    odd = r'"\ud83d\ude00 \\ud83d \u00e9 \/ ' + "\x7f" + '"'
    first = text.index('"title":')
    title = text[first:].split(",")[0]
    example.write_text(text.replace(title, f'"title": {odd}', 1))
    assert lines(base) == []
    (entry, *_) = load(base).documents["examples/note.json"].data["addnotemsg"]
    assert entry["title"] == "\U0001f600 \\ud83d \xe9 / \x7f"


def test_missing_manifest_is_a_finding(base: Path) -> None:
    (base / "colonyos.yaml").unlink()
    assert [line.split()[1] for line in lines(base)] == ["FILE_READS"]


def test_empty_file_is_a_finding(base: Path) -> None:
    (base / "rpc/note.yaml").write_text("# nothing yet\n")
    assert lines(base) == ["rpc/note.yaml:1:1 META_SCHEMA the file is empty"]


def test_meta_schema_of_the_folder_wins(base: Path) -> None:
    (base / "meta").mkdir()
    (base / "meta/examples.schema.json").write_text('{"maxProperties": 0}')
    assert [line.split()[0] for line in lines(base)] == ["examples/board.json:1:1", "examples/note.json:1:1"]


@pytest.mark.parametrize("text", ["{", '{"type": "notatype"}', '{"$ref": "#/nowhere"}'])
def test_broken_meta_schema_is_a_finding(base: Path, text: str) -> None:
    (base / "meta").mkdir()
    (base / "meta/rpc.schema.json").write_text(text)
    (found,) = lines(base)
    assert found.startswith("meta/rpc.schema.json:1:1 META_SCHEMA not usable as a JSON Schema: ")


BYTES: dict[str, Any] = {
    "type": "string",
    "contentEncoding": "base64",
    "x-max-bytes": 3,
    "x-go-null": "request",
}


@pytest.mark.parametrize(
    ("definition", "value", "side", "expected"),
    [
        (BYTES, "YWJj", "reply", []),
        (BYTES, "YWJ", "reply", ["must be padded standard base64"]),
        (BYTES, "YWJjZA==", "request", ["must be at most 3 bytes"]),
        (BYTES, None, "request", []),
        (BYTES, None, "reply", ["must be text"]),
        ({**BYTES, "x-go-null": True}, None, "reply", []),
        ({**BYTES, "x-go-null": "sometimes"}, None, "reply", []),
        ({"type": "integer", "not": {"const": 0}, "x-rule": "not 0"}, 0, "request", ["must be not 0"]),
        ({"type": "integer"}, True, "reply", ["must be an integer"]),
        ({"type": "number"}, 1, "reply", []),
        ({"type": "string", "pattern": "^a$"}, "a\n", "reply", ["must be ^a$"]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": 1}, "reply", ["must be text"]),
        ({"type": "object"}, {"a": 1}, "reply", []),
        ({}, None, "reply", []),
    ],
)
def test_value_conforms_as_the_server_writes_it(
    definition: dict[str, Any], value: Any, side: Literal["request", "reply"], expected: list[str]
) -> None:
    schema = load(BASE)
    found = mismatches(Outline(schema), schema.manifest, definition, value, side)
    assert [reason for _, reason in found] == expected


@pytest.mark.parametrize("file", sorted(load(BASE).documents))
def test_spoiled_schema_is_either_found_or_built(file: str) -> None:
    """Neither the rules nor, where they find nothing, the build fall over a value that is missing or of another type."""
    schema = load(BASE)
    for data in spoiled(schema.documents[file].data):
        spoilt = with_data(schema, file, data)
        if not validate(spoilt):
            build(spoilt)


def spoiled(data: Any) -> Iterator[Any]:
    """Copies of `data`, each with one value removed or replaced."""
    for pointer in pointers(data, ()):
        *path, last = pointer
        for other in OTHERS:
            copy = deepcopy(data)
            parent = copy
            for key in path:
                parent = parent[key]
            if other is None:
                del parent[last]
            else:
                parent[last] = other
            yield copy


def pointers(data: Any, at: Pointer) -> Iterator[Pointer]:
    """The path of every value inside `data`."""
    for key in keys_of(data):
        yield (*at, key)
        yield from pointers(data[key], (*at, key))


def keys_of(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return list(cast("dict[str, Any]", data))
    return [] if isinstance(data, str | int | float | None) else list(range(len(data)))


def with_data(schema: Schema, file: str, data: Any) -> Schema:
    document = Document(file, data, schema.documents[file].positions)
    return replace(schema, documents={**schema.documents, file: document})


def test_every_keyword_is_documented() -> None:
    """In the README of the schema folder, which is what writers of other generators read."""
    meta = "".join(path.read_text() for path in (SCHEMA / "meta").glob("*.json"))
    used = set(re.findall(r'"(x-[a-z-]+)"', meta))
    documented = set(re.findall(r"`(x-[a-z-]+)`", (SCHEMA / "README.md").read_text()))
    assert documented == used
