"""Every rule has a pair of schemas, which shows what is told of it.

`pairs/NAME.txt` holds edits of the small schema (a file, what goes after `- `, what comes after `+ `), and the lines that
follow: after `=>` of the edits, and after `<=` of taking them back. `UPDATE_EXPECTED=1` writes those anew, to be read.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from colonyos_gen_codegen.diff import RULES, Report
from colonyos_gen_codegen.diff.formats.as_text import line
from colonyos_gen_codegen.schema.findings import Finding
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.schema.shape import check_shape

from tests.codegen.kit.schema_pairs import SMALL, Pair, compared, edited

PAIRS = sorted((Path(__file__).parent / "pairs").glob("*.txt"))


def told(report: Report) -> list[str]:
    return [line(change) for change in (*report.changes, *report.words)]


def misshapen(root: Path, pair: Pair) -> list[Finding]:
    """What is wrong with the shape of the files that were edited: a change that no schema can have tells nothing."""
    schema = load(root)
    names = {edit.file for edit in pair.edits}
    documents = {name: document for name, document in schema.documents.items() if name in names}
    return [
        each for each in check_shape(replace(schema, documents=documents)) if "x-until" not in each.message
    ]


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_pair_has_the_expected_lines(path: Path, tmp_path: Path) -> None:
    pair = Pair.read(path)
    new = edited(tmp_path / "new", *pair.edits)
    assert misshapen(new, pair) == []
    forth, back = told(compared(SMALL, new)), told(compared(new, SMALL))
    if os.environ.get("UPDATE_EXPECTED"):
        pair.write(forth, back)
    else:
        assert (forth, back) == (pair.forth, pair.back)


def test_every_rule_has_a_pair() -> None:
    """Some pair tells it, forth or back; and a pair that is named by a rule tells that."""
    rules: set[str] = set()
    for path in PAIRS:
        pair = Pair.read(path)
        found = {name for text in (*pair.forth, *pair.back) for name in RULES if f": {name} " in text}
        rules |= found
        named = path.stem.split("_of_")[0].split("_in_")[0]
        assert named not in RULES or named in found, f"{path.name} does not tell {named}"
    assert set(RULES) - rules == set()
