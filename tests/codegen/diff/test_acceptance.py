"""Breaking changes that are wanted are accepted beside what changed, and fail no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from colonyos_gen_codegen.rules import RULES
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.validate import validate

from tests.codegen.diff.conftest import Diff
from tests.codegen.kit.schema_pairs import SMALL, Edit, edited

TYPES = "types/library.yaml"
GONE = Edit(
    TYPES, "      price: {description: What it cost., type: number, default: 0.5, x-unit: euros}\n", ""
)
UNIT = Edit(TYPES, "x-unit: euros", "x-unit: cents")


def accepting(rule: str, more: str = "") -> str:
    return f"x-accept: [{{rule: {rule}{more}, reason: It was never right.}}]"


def test_what_is_accepted_nowhere_fails(diff: Diff, tmp_path: Path) -> None:
    run = diff(SMALL, edited(tmp_path / "new", GONE))
    assert run.code == 100
    assert "WIRE breaking for callers, servers: FIELD_REMOVED Book.price is gone" in run.out
    assert "\n1 change, 1 breaking\n" in f"\n{run.out}"


@pytest.mark.parametrize(
    ("beside", "more"),
    [
        ((TYPES, "    x-new: [title,", "    {}\n    x-new: [title,"), ""),  # what had it
        ((TYPES, "    x-new: [title,", "    {}\n    x-new: [title,"), ", of: Book.price"),
        ((TYPES, "domain: library\n", "domain: library\n{}\n"), ""),  # its domain does not have it: types do
        (("colonyos.yaml", 'protocol: "2.1"\n', 'protocol: "2.1"\n{}\n'), ", of: Book.price"),
    ],
    ids=["type", "type, named", "domain", "manifest"],
)
def test_what_is_gone_is_accepted_further_up(
    diff: Diff, tmp_path: Path, beside: tuple[str, str, str], more: str
) -> None:
    file, old, new = beside
    edit = Edit(file, old, new.format(accepting("FIELD_REMOVED", more)))
    run = diff(SMALL, edited(tmp_path / "new", GONE, edit))
    assert run.code == (100 if file == TYPES and old.startswith("domain") else 0)
    if run.code == 0:
        assert "WIRE accepted for callers, servers: FIELD_REMOVED Book.price is gone" in run.out
        assert "(accepted: It was never right.)" in run.out
        assert "\n1 change, 1 breaking (1 accepted)\n" in f"\n{run.out}"


def test_what_changed_is_accepted_there(diff: Diff, tmp_path: Path) -> None:
    edit = Edit(TYPES, "x-unit: euros", f"x-unit: cents, {accepting('UNIT_CHANGED')}")
    run = diff(SMALL, edited(tmp_path / "new", edit))
    assert (run.code, "BEHAVIOUR accepted" in run.out) == (0, True)


def test_accepted_changes_count_for_the_version(diff: Diff, tmp_path: Path) -> None:
    edit = Edit(TYPES, "x-unit: euros", f"x-unit: cents, {accepting('UNIT_CHANGED')}")
    run = diff(SMALL, edited(tmp_path / "new", edit), "--version", "1.4.2")
    assert run.out.endswith("next version: 2.0.0 (breaking: 1 change)\n")


@pytest.mark.parametrize(
    ("acceptance", "finding"),
    [
        (accepting("UNIT_CHANGED"), "no breaking UNIT_CHANGED is made here; take the acceptance out"),
        (accepting("UNITS_CHANGED"), "there is no rule UNITS_CHANGED; did you mean UNIT_CHANGED?"),
        (accepting("FIELD_ADDED"), "no breaking FIELD_ADDED is made here; take the acceptance out"),
        (
            accepting("UNIT_CHANGED", ", of: Book.pages"),
            "no breaking UNIT_CHANGED of Book.pages is made here",
        ),
    ],
    ids=["unused", "unknown", "of something safe", "of another thing"],
)
def test_an_acceptance_that_nothing_needs_is_a_finding(
    diff: Diff, tmp_path: Path, acceptance: str, finding: str
) -> None:
    root = edited(tmp_path / "new", Edit(TYPES, "x-unit: euros", f"x-unit: euros, {acceptance}"))
    run = diff(SMALL, root)
    assert run.code == 100
    assert f"types/library.yaml:91 UNUSED_ACCEPTANCE {finding}" in run.out
    assert "; 1 unused acceptance\n" in run.out


def test_an_acceptance_needs_a_reason(tmp_path: Path) -> None:
    edit = Edit(TYPES, "x-unit: euros", "x-unit: euros, x-accept: [{rule: UNIT_CHANGED}]")
    (found,) = validate(load(edited(tmp_path / "new", edit)))
    assert (found.rule, found.message) == ("META_SCHEMA", "the key 'reason' is missing")
    assert found.rule in RULES


def test_other_changes_still_fail(diff: Diff, tmp_path: Path) -> None:
    edit = Edit(TYPES, "x-unit: euros", f"x-unit: cents, {accepting('UNIT_CHANGED')}")
    run = diff(SMALL, edited(tmp_path / "new", edit, Edit(TYPES, "      lent: {", "      borrowed: {")))
    assert run.code == 100
    assert "(1 accepted)" in run.out
