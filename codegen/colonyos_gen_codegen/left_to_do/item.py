"""One thing that is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Item:
    """What is to be done, and where; prints as `file:line what`, the file as seen from the current folder."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line} {self.what}"


def shown(path: Path) -> str:
    """A path as seen from the current folder, if it is below that."""
    path, here = path.resolve(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
