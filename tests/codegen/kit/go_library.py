"""The Go sources of a library server, that agrees with the small schema, to be changed by whoever looks for drift."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_codegen.cli import main

HERE = Path(__file__).resolve().parents[1]
SCHEMA = HERE / "small"
ERAS = ("registry", "switched")
"""Where its messages are registered: in a registry by each package of handlers, or in one switch."""


class Library:
    """A copy of the sources."""

    def __init__(self, root: Path, era: str = "registry") -> None:
        self.root = root
        for part in ("common", era):
            shutil.copytree(HERE / "drift/library" / part, root, dirs_exist_ok=True)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file; `old` is there exactly once."""
        path = self.root / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))

    def add(self, name: str, text: str) -> None:
        """Write a file, over one that is there."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)


def drift(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Run `drift` on the small schema; returns the exit code, and what is said as a result and beside it."""
    capsys.readouterr()
    code = main(["drift", "--schema", str(SCHEMA), *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def differences(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[dict[str, Any]]:
    """The differences that `drift` tells, as data."""
    code, out, _ = drift(capsys, *arguments, "--format", "json")
    found: list[dict[str, Any]] = json.loads(out)["differences"]
    assert code == (100 if found else 0)
    return found


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[str]:
    """Kind and subject of each difference."""
    return [f"{entry['kind']} {entry['subject']}" for entry in differences(capsys, *arguments)]
