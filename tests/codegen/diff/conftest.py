"""The command, as people run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from tests.codegen.kit.small_project import Run

Diff = Callable[..., Run]


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Diff:
    """Runs `diff` with these arguments."""

    def run(*arguments: str | Path) -> Run:
        try:
            code: object = main(["diff", *map(str, arguments)])
        except SystemExit as usage:
            code = usage.code
        said = capsys.readouterr()
        assert isinstance(code, int)
        return Run(code, said.out, said.err)

    return run
