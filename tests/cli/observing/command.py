"""One run of the command, in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from colonyos_gen_codegen.cli import main

from colonyos_gen.cli.observing.observer import Observer


def drift(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, and what was written to the two streams."""
    capsys.readouterr()
    code = main(["drift", *map(str, arguments)], "colonyos-gen schema", Observer())
    written = capsys.readouterr()
    return code, written.out, written.err


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """The report as data."""
    _, out, _ = drift(capsys, *arguments, "--format", "json")
    document: dict[str, Any] = json.loads(out)
    return document


def told(document: dict[str, Any]) -> list[str]:
    """Kind and subject of each difference."""
    return [f"{each['kind']} {each['subject']}" for each in document["differences"]]
