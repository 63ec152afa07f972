"""Nothing that a schema can say changes without a word about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from colonyos_gen_codegen.diff import compare
from colonyos_gen_codegen.diff.reading import read_schema
from colonyos_gen_codegen.schema.loader import Document, Pointer, Schema, load
from colonyos_gen_codegen.schema.shape import check_shape

from tests.codegen.kit.schema_pairs import SMALL

META = Path(__file__).resolve().parents[3] / "schema/meta"

CANNOT_MATTER = {
    **dict.fromkeys(["x-accept", "rule", "of", "reason"], "lets changes pass, and is none"),
    "worker": "says for whom a change is, and is none",
    **dict.fromkeys(
        ["releases", "release", "names"], "says to lint what x-since may name, and what needs none"
    ),
    "unregistered": "names the messages with x-registered: false, as the rule UNREGISTERED_AGREES of lint demands",
}
"""Keywords of which a change tells nothing, and why."""

SILENT = {
    r"colonyos\.yaml unregistered.*": CANNOT_MATTER["unregistered"],
    r".* (\S*\.)?(envelope_errors|required|x-errors|x-hazard|x-methods|keywords|also|unset-zero)": "the order alone",
    r".*\.default": "null is what a field without a default has; lint demands that it is written",
    r".*\.x-idempotency": "unsafe is what a message without it is; lint demands that it is written",
    r".*\.additionalProperties": "true is what a map without it has",
}
"""Values of the small schema, by file and path, that may change without a word, and why."""

OTHERS: dict[str | int, list[Any]] = {
    "x-direction": ["request", "reply", "both"],
    "x-go-null": [True, False, "usually", "sometimes", "request"],
    "x-transport": ["http", "websocket"],
    "x-idempotency": ["read", "idempotent", "unsafe"],
    "quantity": ["cores", "bytes"],
    "method": ["GET", "POST"],
    "key": ["none", "member", "colony", "server"],
    "type": ["string", "integer", "number", "boolean"],
}
"""What else may stand under some keywords."""


def changed(key: str | int, value: Any) -> Iterator[Any]:
    """Other values that may stand there."""
    if key in OTHERS:
        yield from OTHERS[key]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield value + "x"
    elif isinstance(value, list):
        yield value[1:]
        yield value[::-1]


def pointers(data: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """The path of every value."""
    if isinstance(data, dict):
        for key, value in cast("dict[str, Any]", data).items():
            yield (*at, key)
            yield from pointers(value, (*at, key))
    elif not isinstance(data, str | int | float | None):
        for index, value in enumerate(data):
            yield (*at, index)
            yield from pointers(value, (*at, index))


def variants(data: Any, pointer: Pointer) -> Iterator[Any]:
    """The document with something else at `pointer`, or with nothing there."""
    *path, last = pointer
    value = data
    for key in pointer:
        value = value[key]
    for other in (None, *changed(last, value)):
        copy = deepcopy(data)
        parent = copy
        for key in path:
            parent = parent[key]
        if other is None:
            del parent[last]
        elif other == value:
            continue
        else:
            parent[last] = other
        yield copy


def silent(schema: Schema, file: str, data: Any) -> bool:
    """Whether a schema with other data in one file is as good as the old one, going by what is told."""
    document = Document(file, data, schema.documents[file].positions)
    new = replace(schema, documents={**schema.documents, file: document})
    try:
        report = compare(read_schema(schema, "old"), read_schema(new, "new"))
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError):
        return False  # it has not the shape of a schema, or names what is not there
    if report.changes or report.words:
        return False
    return not check_shape(replace(new, documents={file: document}))


FILES = [name for name in sorted(load(SMALL).documents) if not name.startswith("examples/")]


@pytest.mark.long
@pytest.mark.parametrize("file", FILES)
def test_every_value_that_changes_is_told(file: str) -> None:
    schema = load(SMALL)
    data = schema.documents[file].data
    found = {
        f"{file} {'.'.join(map(str, pointer))}"
        for pointer in pointers(data)
        for other in variants(data, pointer)
        if silent(schema, file, other)
    }
    assert {where for where in found if not any(re.fullmatch(each, where) for each in SILENT)} == set()


def keywords(meta: Any) -> Iterator[str]:
    """Every key that a meta schema knows."""
    if isinstance(meta, dict):
        for key, value in cast("dict[str, Any]", meta).items():
            if key == "properties":
                yield from value
            if key not in ("if", "then", "else", "dependentSchemas"):  # which say it again
                yield from keywords(value)
    elif not isinstance(meta, str | int | float | None):
        for item in meta:
            yield from keywords(item)


def test_every_keyword_is_tried() -> None:
    """By changing it in the small schema, which says nearly everything, or by a pair; or it cannot matter."""
    known = {each for path in META.glob("*.json") for each in keywords(json.loads(path.read_text()))}
    assert len(known) > 90
    used = {
        str(key)
        for document in load(SMALL).documents.values()
        for pointer in pointers(document.data)
        for key in pointer
    }
    pairs = "".join(path.read_text() for path in (Path(__file__).parent / "pairs").glob("*.txt"))
    tried = {each for each in known if re.search(rf"(?<![\w-]){re.escape(each)}:", pairs)}
    assert known - used - tried - CANNOT_MATTER.keys() == set()
    assert CANNOT_MATTER.keys() <= known
