"""Pairs of schemas: the small one, and what edits make of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from colonyos_gen_codegen.diff import Report, compare
from colonyos_gen_codegen.diff.nodes import Side
from colonyos_gen_codegen.diff.reading import read_schema
from colonyos_gen_codegen.schema.loader import load

SMALL = Path(__file__).parents[1] / "small"
FORTH, BACK = "=>", "<="


@dataclass(frozen=True)
class Edit:
    """A text of a file, and what stands there instead. A file without a text before is made."""

    file: str
    old: str
    new: str

    def make(self, root: Path) -> None:
        """Make it in the schema at `root`, wherever the text stands."""
        path = root / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert self.old in text, f"{self.file} has no {self.old!r}"
        assert self.old or not text
        path.write_text(text.replace(self.old, self.new) if text else self.new, encoding="utf-8")


@dataclass(frozen=True)
class Pair:
    """A pair as it is written down: edits of the small schema, and what is told of them, forth and back."""

    path: Path
    edits: list[Edit]
    forth: list[str]
    back: list[str]

    @classmethod
    def read(cls, path: Path) -> Pair:
        """The pair in a file: names of files, lines after `- ` and `+ `, then the expected lines after `=>` and `<=`."""
        written, _, expected = path.read_text(encoding="utf-8").partition(f"{FORTH}\n")
        forth, _, back = expected.partition(f"{BACK}\n")
        return cls(path, list(_edits(written.splitlines())), forth.splitlines(), back.splitlines())

    def write(self, forth: list[str], back: list[str]) -> None:
        """Write down what is told."""
        written = self.path.read_text(encoding="utf-8").partition(f"{FORTH}\n")[0]
        self.path.write_text("\n".join([written + FORTH, *forth, BACK, *back]) + "\n", encoding="utf-8")


def edited(folder: Path, *edits: Edit) -> Path:
    """A copy of the small schema with these edits."""
    root = shutil.copytree(SMALL, folder)
    for edit in edits:
        edit.make(root)
    return root


def compared(old: Path, new: Path) -> Report:
    """What is told of two folders."""
    return compare(_side(old, "old"), _side(new, ""))


def _side(root: Path, revision: str) -> Side:
    return _small(revision) if root == SMALL else read_schema(load(root), str(root), revision=revision)


@lru_cache(maxsize=2)
def _small(revision: str) -> Side:
    return read_schema(load(SMALL), str(SMALL), revision=revision)


def _edits(lines: list[str]) -> list[Edit]:
    found: list[Edit] = []
    file, old, new = "", list[str](), list[str]()
    for line in [*lines, ""]:
        if line.startswith("- "):
            old.append(line[2:])
        elif line.startswith("+ "):
            new.append(line[2:])
        else:
            if file:
                found.append(Edit(file, "\n".join(old), "\n".join(new)))
            file, old, new = line, [], []
    return found
