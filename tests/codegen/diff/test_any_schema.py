"""Whatever schemas there are: they can be compared, and the documents made of one say the same as it does."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.diff import Report, compare
from colonyos_gen_codegen.diff.nodes import Side
from colonyos_gen_codegen.diff.reading import read_document, read_schema
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets.jsonschema.document import bundle
from colonyos_gen_codegen.targets.openrpc.document import describe as openrpc
from hypothesis import HealthCheck, Phase, given, settings

from tests.codegen.kit.random_schema import Drawn, schemas

pytestmark = pytest.mark.long

few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def side(drawn: Drawn, folder: Path) -> Side:
    drawn.write(folder)
    return read_schema(load(folder), folder.name)


def nothing(report: Report) -> bool:
    return not report.changes and not report.words and not report.idle


@few
@given(one=schemas(), other=schemas())
def test_any_two_can_be_compared(one: Drawn, other: Drawn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = side(one, Path(folder, "one")), side(other, Path(folder, "other"))
    assert nothing(compare(first, first))
    assert nothing(compare(second, second))
    assert nothing(compare(first, second)) == nothing(compare(second, first))


@few
@given(drawn=schemas())
def test_documents_say_the_same_as_their_schema(drawn: Drawn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        schema = side(drawn, Path(folder, "schema"))
        service = build(load(Path(folder, "schema")))
        for name, content in (
            ("schema.json", bundle(service)),
            ("openrpc.json", openrpc(service)),
        ):
            path = Path(folder, name)
            path.write_text(json.dumps(content))
            made = read_document(path, "OLD", name)
            assert [str(change) for change in compare(made, schema).changes] == []
            assert [str(change) for change in compare(schema, made).changes] == []
