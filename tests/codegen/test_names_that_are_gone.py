"""Where the code of this repository uses names, `generate` finds them when the schema loses them: each as file and line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.cli import render
from codegen.left_to_do.offer import Offer, read_offer
from codegen.left_to_do.project import Project
from codegen.left_to_do.uses import uses
from codegen.targets import registry

ROOT = Path(__file__).parents[2]
RENAMED = {
    "rate_limited": "throttled",
    "empty_colony_name": "colony_without_name",
    "assigned_executor": "working_executor",
    "MAX_NODES_MATCHABLE": "MOST_NODES",
    "RAN_TOO_LONG": "WAS_SLOW",
    "CANCELLED": "ABORTED",
}
"""A code, a shared error, a role, a limit, a text and a member of an enum: with a new name, the old one is gone."""
OLD = {
    "rate_limited": r"\bErrorCode\.RATE_LIMITED\b|^    .?RateLimitedError.?,$|import .*\bRateLimitedError\b",
    "empty_colony_name": r'"empty_colony_name"',
    "assigned_executor": r"\bRole\.ASSIGNED_EXECUTOR\b",
    "MAX_NODES_MATCHABLE": r"\bMAX_NODES_MATCHABLE,?$",
    "RAN_TOO_LONG": r"\bconstants\.RAN_TOO_LONG\b|^    RAN_TOO_LONG,$",
    "CANCELLED": r'\b(?:ProcessState|constants)\.CANCELLED\b|^ *"?CANCELLED"?,$',
}
"""How code uses each."""


def offered(schema: Path) -> Offer:
    return read_offer(render(schema, {"python": registry()["python"]}, None, schema / "nowhere"))


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Offer, Offer]:
    """What the generated package offers before and after the change."""
    folder = tmp_path_factory.mktemp("gone")
    schema = shutil.copytree(ROOT / "schema", folder / "schema")
    before = offered(schema)
    for path in (*schema.glob("*.yaml"), *schema.glob("types/*.yaml"), *schema.glob("rpc/*.yaml")):
        text = path.read_text(encoding="utf-8")
        for old, new in RENAMED.items():
            text = re.sub(rf"\b{old}\b", new, text)
        path.write_text(text, encoding="utf-8")
    return before, offered(schema)


def written(pattern: str) -> Iterator[tuple[Path, int]]:
    """The places in the package where code matches."""
    for path in sorted((ROOT / "colonyos_gen").rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(pattern, line):
                yield path, number


@pytest.mark.parametrize("name", RENAMED)
def test_each_use_is_listed_with_its_place(offers: tuple[Offer, Offer], name: str) -> None:
    before, after = offers
    found = {(item.path, item.line) for item in uses(before, after, Project(ROOT))}
    places = set(written(OLD[name]))
    assert places, f"nothing uses {name} any more: choose another one"
    assert places <= found


def test_members_are_missed_in_every_run(offers: tuple[Offer, Offer]) -> None:
    """Also when what was there before is not known any more."""
    _, after = offers
    found = {(item.path, item.line) for item in uses(after, after, Project(ROOT))}
    assert (
        set(written(r"\bErrorCode\.RATE_LIMITED\b|\bRole\.ASSIGNED_EXECUTOR\b|\bProcessState\.CANCELLED\b"))
        <= found
    )


def test_nothing_is_listed_while_nothing_is_gone(offers: tuple[Offer, Offer]) -> None:
    before, _ = offers
    assert list(uses(before, before, Project(ROOT))) == []
