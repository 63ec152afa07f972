"""How a report is written, and how the command ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from colonyos_gen_codegen.diff import RULES

from tests.codegen.diff.conftest import Diff
from tests.codegen.kit.schema_pairs import SMALL, Edit, edited
from tests.codegen.kit.small_project import ROOT

TYPES = "types/library.yaml"
EDITS = [
    Edit(TYPES, "x-unit: euros", "x-unit: cents"),
    Edit(TYPES, "x-secret: true, deprecated: true", "x-secret: true, deprecated: true, x-since: v3.0.1"),
    Edit(TYPES, "description: Shelf class.", "description: Class of the shelf."),
    Edit(
        "rpc/loan.yaml",
        "loan: {description: Id",
        'reader: {description: Who., type: string, default: ""}\n      loan: {description: Id',
    ),
]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A schema with a change that breaks, two that do not, and one of words."""
    monkeypatch.chdir(tmp_path)
    edited(tmp_path / "new", *EDITS)
    return Path("new")


def test_text(diff: Diff, new: Path) -> None:
    run = diff(SMALL, new)
    assert run.code == 100
    assert run.out.splitlines() == [
        "new/types/library.yaml:91 BEHAVIOUR breaking for callers, servers: UNIT_CHANGED Book.price is in cents, not in "
        "euros; convert what you send and read [AddBookMsg, GetBooksMsg, WatchBookMsg and 1 more]",
        "new/rpc/loan.yaml:20 WIRE safe for servers: FIELD_ADDED ReturnBookMsg.reader is new; write or read it, where you "
        "serve it; older servers do not know it [ReturnBookMsg]",
        "new/types/library.yaml:102 BEHAVIOUR safe for callers, servers: SINCE_CHANGED Book.accesskey is there since v3.0.1, "
        "not always; look which releases your program meets [AddBookMsg, GetBooksMsg, WatchBookMsg and 1 more]",
        "3 changes, 1 breaking; 1 of words and examples (--docs shows those)",
        "next version: the next major (breaking: 1 change; which one that is depends on the version of OLD: --version)",
    ]
    shown = diff(SMALL, new, "--docs").out
    assert "84 DOC safe for everybody: DESCRIPTION_CHANGED the description of Book.class changed" in shown
    assert "(--docs" not in shown


def test_json(diff: Diff, new: Path) -> None:
    run = diff(SMALL, new, "--format", "json", "--version", "0.3.1")
    assert run.code == 100
    data = json.loads(run.out)
    assert data["summary"] == {
        "changes": 3,
        "breaking": 1,
        "accepted": 0,
        "failing": 1,
        "words_and_examples": 1,
        "unused_acceptances": 0,
    }
    assert data["next_version"]["version"] == "0.4.0"
    first = data["changes"][0]
    assert {
        key: first[key] for key in ("rule", "level", "breaking", "breaks", "file", "line", "side", "subject")
    } == {
        "rule": "UNIT_CHANGED",
        "level": "BEHAVIOUR",
        "breaking": True,
        "breaks": ["callers", "servers"],
        "file": "new/types/library.yaml",
        "line": 91,
        "side": "new",
        "subject": "Book.price",
    }
    assert len(json.loads(diff(SMALL, new, "--format", "json", "--docs").out)["changes"]) == 4


def test_github(diff: Diff, new: Path) -> None:
    first, second, *_ = diff(SMALL, new, "--format", "github").out.splitlines()
    assert first == (
        "::error file=new/types/library.yaml,line=91,col=7,title=UNIT_CHANGED%3A BEHAVIOUR%2C breaking for callers%2C servers"
        "::Book.price is in cents, not in euros; convert what you send and read [AddBookMsg, GetBooksMsg, "
        "WatchBookMsg and 1 more]"
    )
    assert second.startswith("::notice file=new/rpc/loan.yaml,line=20,col=7,title=FIELD_ADDED")


def test_markdown(diff: Diff, new: Path) -> None:
    lines = diff(SMALL, new, "--format", "markdown").out.splitlines()
    assert lines[0].startswith("3 changes, 1 breaking; 1 of words and examples. Next version: the next major")
    assert lines[2] == "| level | breaking | for | rule | change | what to do | where |"
    assert lines[4] == (
        "| BEHAVIOUR | **breaking** | callers, servers | `UNIT_CHANGED` | Book.price is in cents, not in euros "
        "(AddBookMsg, GetBooksMsg, WatchBookMsg and 1 more) | convert what you send and read | `new/types/library.yaml:91` |"
    )
    assert {line.count("|") - line.count("\\|") for line in lines if line.startswith("|")} == {8}


def test_changelog(diff: Diff, new: Path) -> None:
    run = diff(SMALL, new, "--changelog", "--version", "1.0.0")
    assert run.out == (
        "## 2.0.0\n\n### Breaking\n\n"
        "- `Book.price` is in cents, not in euros (for callers, servers, in `AddBookMsg`, `GetBooksMsg`, `WatchBookMsg` and "
        "1 more): convert what you send and read.\n\n"
        "### Added\n\n- `ReturnBookMsg.reader` is new.\n\n"
        "### Changed\n\n- `Book.accesskey` is there since `v3.0.1`, not always.\n"
    )
    assert "Nothing of the protocol changed." in diff(SMALL, SMALL, "--changelog").out


@pytest.mark.parametrize(
    ("edits", "current", "following"),
    [
        (EDITS[:1], "1.4.2", "2.0.0"),
        (EDITS[1:2], "1.4.2", "1.5.0"),
        (EDITS[2:3], "1.4.2", "1.4.3"),
        ([], "1.4.2", "none is needed"),
        (EDITS[:1], "v0.4.2", "0.5.0"),
        (EDITS[1:2], "0.4.2", "0.4.3"),
        (EDITS[2:3], "0.4.2", "0.4.3"),
    ],
)
def test_the_next_version(
    diff: Diff, tmp_path: Path, edits: list[Edit], current: str, following: str
) -> None:
    run = diff(SMALL, edited(tmp_path / "other", *edits), "--version", current)
    assert f"next version: {following} (" in run.out


def test_exit_codes(diff: Diff, new: Path, tmp_path: Path) -> None:
    assert diff(SMALL, SMALL).code == 0
    assert diff(SMALL, edited(tmp_path / "more", EDITS[1])).code == 0
    assert diff(SMALL, new).code == 100
    assert diff().code == 2
    assert "OLD is missing; name what to compare with" in diff().err
    assert diff(SMALL, SMALL, "--format", "xml").code == 2
    run = diff(SMALL, SMALL, "--version", "one")
    assert (run.code, run.err.endswith("diff: --version: 'one' is no version such as 1.2.3\n")) == (2, True)


def test_help_and_rules(diff: Diff) -> None:
    said = diff("--help").out
    for word in (
        "WIRE",
        "SOURCE",
        "BEHAVIOUR",
        "callers",
        "workers",
        "servers",
        "x-accept",
        "last-release",
        "100",
    ):
        assert word in said
    listed = diff("--rules").out.splitlines()
    assert listed[-1] == f"{len(RULES)} rules"
    assert [line.split(":")[0] for line in listed[:-1]] == sorted(RULES)
    assert (
        "FIELD_REQUIRED: in requests WIRE breaking for callers, in replies WIRE safe for servers. A field must be there that "
        "could be left out. Give it a value wherever one is made."
    ) in listed
    assert all(rule.summary.endswith(".") and not rule.todo.endswith(".") for rule in RULES.values())


@pytest.mark.parametrize("style", ["json", "text"])
def test_the_order_does_not_depend_on_hashes(new: Path, style: str) -> None:
    """Of two programs that hash otherwise."""
    for edit in (Edit(TYPES, "0, 1, 7", "0, 2, 3"), Edit("rpc/library.yaml", "[reader, owner]", "[nobody]")):
        edit.make(new)
    command = [
        sys.executable,
        "-m",
        "codegen",
        "diff",
        str(SMALL),
        str(new.resolve()),
        "--format",
        style,
        "--docs",
    ]
    said = [
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=False
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(said[0]) > 1000
