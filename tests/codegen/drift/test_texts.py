"""`--texts`: what the handlers say when they refuse, and what the schema says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.kit.go_library import Library, differences, told

BOOKS = "pkg/server/handlers/library/handlers.go"
CHECK = "	if err != nil || h.server.RequireMembership"


def refusing(root: Path, *lines: str) -> Library:
    """A library whose handler of new books has more lines."""
    library = Library(root)
    library.edit(BOOKS, CHECK, "".join(f"	{line}\n" for line in lines) + CHECK)
    return library


def texts(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> list[tuple[str, str | None, str | None]]:
    """Kind, old and new of the differences."""
    found = differences(capsys, *arguments, "--texts")
    return [(entry["kind"], entry["old"], entry["new"]) for entry in found]


def test_what_is_said_as_described_is_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = refusing(
        tmp_path / "go",
        'return errors.New("There is no book")',
        'return fmt.Errorf("%d pages are too many for \\"the shelf\\"", msg.Book.Pages)',
        'return errors.New("Failed to add book, " + "invalid JSON")',
        'return errors.New("something that cannot happen")',
        "return errors.New(reason)",
    )
    assert texts(capsys, "--source", library.root) == []


def test_what_is_said_nearly_so_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = refusing(
        tmp_path / "go",
        'errMsg := strconv.Itoa(msg.Book.Pages) + " pages are far too many for \\"the shelf\\""',
        "return errors.New(errMsg)",
    )
    assert texts(capsys, "--source", library.root) == [
        (
            "error text changed",
            '{} pages are too many for "the shelf"',
            '{} pages are far too many for "the shelf"',
        )
    ]
    assert told(capsys, "--source", library.root) == []


def test_between_two_servers_all_count_but_what_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = refusing(
        tmp_path / "old", 'errors.New("The book is <" + id + "> already")', 'errors.New("Never on a Sunday")'
    )
    old.add("pkg/core/checks.go", 'package core\n\nvar errLate = errors.New("It is too late for this")\n')
    new = refusing(
        tmp_path / "new",
        'errors.New("The book is <" + id + "> by now")',
        'fmt.Errorf("Shelf %s is full", shelf)',
        'errors.New("It is too late for this")',
    )
    assert texts(capsys, "--source", old.root, "--against", new.root) == [
        ("error text changed", "The book is <{}> already", "The book is <{}> by now"),
        ("error text removed", "Never on a Sunday", None),
        ("error text added", None, "Shelf {} is full"),
    ]
