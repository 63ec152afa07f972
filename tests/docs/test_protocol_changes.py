"""What the README shows of `schema diff` is what it prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EDITS = [
    (
        "types/process.yaml",
        r"(      maxwaittime:(?:\n        .*)*?\n        x-unit: )seconds",
        r"\1milliseconds",
    ),
    ("types/common.yaml", r"(enum: \[0, 1, 2, 3), 4\]", r"\1, 5]"),
    (
        "rpc/colony.yaml",
        r"(  GetColoniesMsg:(?:\n    .*)*?\n    )x-roles: \[server_owner\]",
        r"\1x-roles: [server_owner, colony_owner]",
    ),
    (
        "rpc/process.yaml",
        r"(  CloseFailedMsg:(?:\n    .*)*?\n    )x-idempotency: unsafe",
        r"\1x-idempotency: idempotent",
    ),
]
"""The changes that the example has: file, what stands there, what it becomes."""


def test_the_example_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "schema", tmp_path / "schema")
    for file, old, new in EDITS:
        path = tmp_path / "schema" / file
        path.write_text(re.sub(old, new, path.read_text(encoding="utf-8"), count=1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["diff", str(ROOT / "schema"), "schema", "--version", "0.1.0"]) == 100
    shown = re.search(r"\$ colonyos-gen schema diff v0\.1\.0 +#.*\n((?:    .*\n)+)", README)
    assert shown is not None
    assert capsys.readouterr().out == re.sub(r"^    ", "", shown[1], flags=re.MULTILINE)
