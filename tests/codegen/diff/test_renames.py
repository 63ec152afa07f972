"""What is told as renamed, and what is not; and types that hold themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from colonyos_gen_codegen.diff import Report

from tests.codegen.kit.schema_pairs import SMALL, Edit, compared, edited

TYPES = "types/library.yaml"


def rules(report: Report) -> list[str]:
    return [change.rule.name for change in report.changes]


def test_an_unlike_field_is_no_renaming(tmp_path: Path) -> None:
    edit = Edit(
        TYPES,
        "price: {description: What it cost., type: number, default: 0.5, x-unit: euros}",
        "weight: {description: Kilograms on the scales., type: number, default: 0.5, x-unit: kg}",
    )
    assert rules(compared(SMALL, edited(tmp_path / "new", edit))) == ["FIELD_REMOVED", "FIELD_ADDED"]


def test_another_type_is_no_renaming(tmp_path: Path) -> None:
    edit = Edit(
        TYPES,
        "price: {description: What it cost., type: number, default: 0.5, x-unit: euros}",
        'prices: {description: What it cost., type: string, default: ""}',
    )
    assert rules(compared(SMALL, edited(tmp_path / "new", edit))) == ["FIELD_REMOVED", "FIELD_ADDED"]


def test_a_renamed_field_that_changed_is_told_with_its_changes(tmp_path: Path) -> None:
    edit = Edit(
        TYPES,
        "price: {description: What it cost., type: number, default: 0.5, x-unit: euros}",
        "prices: {description: What it cost., type: number, default: 0.7, x-unit: cents}",
    )
    report = compared(SMALL, edited(tmp_path / "new", edit))
    assert sorted(rules(report)) == ["FIELD_DEFAULT_CHANGED", "FIELD_RENAMED", "UNIT_CHANGED"]
    assert all(change.breaking for change in report.changes)


def test_a_renamed_type_that_moved_and_changed(tmp_path: Path) -> None:
    """Nothing of it is lost: the name, the domain, and the field that went; and its fields elsewhere are not told again."""
    color = """\
  Color:
    type: object
    description: A colour of light.
    x-direction: both
    properties:
      red: {description: Share of red., type: integer, default: 255, minimum: 0, maximum: 255, x-unit: level}
      opacity: {description: How much it hides., type: number, default: 1.0, x-unit: fraction}
"""
    paint = color.replace("  Color:", "  Paint:").replace("default: 1.0", "default: 0.5")
    edits = [
        Edit(TYPES, color, ""),
        Edit(TYPES, "#/$defs/Color", "loan.yaml#/$defs/Paint"),
        Edit("types/loan.yaml", "  Loan:\n", f"{paint}  Loan:\n"),
    ]
    report = compared(SMALL, edited(tmp_path / "new", *edits))
    assert rules(report) == ["TYPE_MOVED", "TYPE_RENAMED", "FIELD_DEFAULT_CHANGED"]
    assert {change.messages for change in report.changes} == {
        ("AddBookMsg", "AwaitLoanMsg", "GetBooksMsg", "WatchBookMsg")
    }


def test_a_renamed_message_that_moved(tmp_path: Path) -> None:
    root = edited(tmp_path / "new")
    text = (root / "rpc/loan.yaml").read_text()
    start = text.index("  AwaitLoanMsg:")
    moved = text[start : text.index("  CountLoansMsg:")]
    (root / "rpc/loan.yaml").write_text(text.replace(moved, ""))
    renamed = moved.replace("AwaitLoanMsg", "WaitForLoanMsg").replace("awaitloanmsg", "waitforloanmsg")
    with (root / "rpc/library.yaml").open("a") as file:
        file.write(renamed)
    assert rules(compared(SMALL, root)) == ["MESSAGE_MSGTYPE_CHANGED", "MESSAGE_MOVED"]


def test_renamed_roles_codes_and_types_are_followed_into_messages(tmp_path: Path) -> None:
    edits = [
        Edit("colonyos.yaml", "  owner: {", "  head: {"),
        Edit("rpc/library.yaml", "x-roles: [owner]", "x-roles: [head]"),
        Edit("rpc/library.yaml", "x-roles: [reader, owner]", "x-roles: [reader, head]"),
    ]
    assert rules(compared(SMALL, edited(tmp_path / "new", *edits))) == ["ROLE_RENAMED"]


@pytest.mark.parametrize("deep", [1, 3])
def test_types_that_hold_each_other_end(tmp_path: Path, deep: int) -> None:
    """A circle of structs, which is new, or goes, or is there on both sides."""
    names = [f"Ring{number}" for number in range(deep)]
    ring = "".join(
        f"""\
  {name}:
    type: object
    description: Part {number} of a circle.
    x-direction: both
    properties:
      next:
        description: What comes next.
        anyOf: [{{$ref: "#/$defs/{names[(number + 1) % deep]}"}}, {{type: "null"}}]
        default: null
      all: {{description: All that come., type: array, items: {{$ref: "#/$defs/{name}"}}, default: []}}
      size: {{description: How large it is., type: integer, default: 1, x-unit: count}}
"""
        for number, name in enumerate(names)
    )
    insert = Edit(TYPES, "  Author:\n    type", f"{ring}  Author:\n    type")
    held = Edit(
        TYPES,
        "remark: {description: Any JSON value., default: null}",
        'remark: {description: Any JSON value., $ref: "#/$defs/Ring0", default: {}}',
    )
    with_ring = edited(tmp_path / "ring", insert, held)
    assert rules(compared(SMALL, with_ring)).count("TYPE_ADDED") == deep
    assert rules(compared(with_ring, SMALL)).count("TYPE_REMOVED") == deep
    changed = edited(
        tmp_path / "changed",
        insert,
        held,
        Edit(TYPES, "default: 1, x-unit: count}\n  Author", "default: 2, x-unit: count}\n  Author"),
    )
    (change,) = compared(with_ring, changed).changes
    assert (change.rule.name, change.subject) == ("FIELD_DEFAULT_CHANGED", f"Ring{deep - 1}.size")
    assert change.messages == ("AddBookMsg", "GetBooksMsg", "WatchBookMsg", "AwaitLoanMsg")


def test_a_change_of_a_type_is_told_once(tmp_path: Path) -> None:
    """Though four messages carry it, in requests and replies."""
    edit = Edit(
        TYPES,
        "red: {description: Share of red., type: integer",
        "red: {description: Share of red., type: number",
    )
    (change,) = compared(SMALL, edited(tmp_path / "new", edit)).changes
    assert (change.rule.name, len(change.messages)) == ("VALUE_WIDENED", 4)
    assert change.breaks == ("callers",)
