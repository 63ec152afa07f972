"""Since and until which release something is there, and what to avoid, stand in the documents that are made of a schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.diff import compare
from colonyos_gen_codegen.diff.nodes import Side
from colonyos_gen_codegen.diff.reading import read_document
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets.jsonschema.document import bundle
from colonyos_gen_codegen.targets.openrpc.document import describe

from tests.codegen.kit.schema_pairs import SMALL, Pair, edited

RULES = ("SINCE_CHANGED", "UNTIL_CHANGED", "DEPRECATED")
PAIRS = [
    path
    for path in sorted((Path(__file__).parent / "pairs").glob("*.txt"))
    if path.stem.startswith(RULES)
    and path.stem != "DEPRECATED_method"  # documents do not tell it of a method
]


def _side(schema: Path, file: Path, made: Callable[[Service], dict[str, Any]]) -> Side:
    file.write_text(json.dumps(made(build(load(schema)))), encoding="utf-8")
    return read_document(file, "OLD", file.name)


@pytest.mark.parametrize("made", [bundle, describe], ids=["json-schema", "openrpc"])
@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_documents_tell_it(path: Path, made: Callable[[Service], dict[str, Any]], tmp_path: Path) -> None:
    pair = Pair.read(path)
    old = _side(SMALL, tmp_path / "old.json", made)
    new = _side(edited(tmp_path / "new", *pair.edits), tmp_path / "new.json", made)
    found = {change.rule.name for change in (*compare(old, new).changes, *compare(new, old).changes)}
    told = {rule for rule in RULES if any(f": {rule} " in line for line in (*pair.forth, *pair.back))}
    assert found >= told
    assert told
