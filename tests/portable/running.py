"""Starts tools, and the rows of the table."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Row:
    """How one tool did."""

    tool: str
    version: str
    types: str = ""
    compiled: str = ""
    replies: str = ""
    requests: str = ""
    failed: str = ""
    """What went wrong; empty if nothing did."""


class ToolError(Exception):
    """A program failed; says what it said."""


def need(*programs: str) -> None:
    """Exit if a toolchain is missing, and name it."""
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        raise SystemExit(f"not on this machine: {', '.join(missing)}; install them, then run this again")


def run(*command: str | Path, cwd: Path, given: str | None = None, **environment: str) -> str:
    """What a program writes. Raises `ToolError` if it fails, or takes longer than five minutes."""
    try:
        done = subprocess.run(
            [str(each) for each in command], cwd=cwd, input=given, text=True, capture_output=True,
            check=False, timeout=300, env={**os.environ, **environment},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{command[0]}: no end after {error.timeout:.0f} s") from error
    if done.returncode:
        raise ToolError(f"{Path(str(command[0])).name}: {(done.stdout + done.stderr).strip()[-1500:]}")
    return done.stdout
