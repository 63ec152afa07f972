"""What every language needs: its tools, a server, the vectors, and a table of what held."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.against import served

__all__ = ["ROOT", "Failed", "Row", "need", "server", "step", "vectors"]

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A step did not hold; what it printed has been shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a step that held, its seconds, and what it said last."""

    step: str
    seconds: float
    said: str


def need(*tools: str) -> None:
    """Raises `Failed` if a program is not installed, and names it."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise Failed(f"{tool} is not installed, or not on PATH")


def step(
    name: str,
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    limit_s: float = 900,
) -> Row:
    """Run `command` in `folder`; what it printed is shown only if it fails.

    Raises:
        Failed: Its exit code is not 0, or it took longer than `limit_s`.
    """
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{name}: {shlex.join(command)} took more than {limit_s:.0f} s") from error
    if done.returncode:
        print(done.stdout)
        raise Failed(f"{name}: {shlex.join(command)} ended with {done.returncode}")
    lines = done.stdout.strip().splitlines()
    return Row(name, time.monotonic() - began, lines[-1] if lines else "")


def vectors(driver: Sequence[str], folder: Path) -> Row:
    """Feed the shared vectors to the driver of an SDK."""
    command = [sys.executable, "-m", "colonyos_gen.cli", "conformance", "--client", shlex.join(driver)]
    path = os.pathsep.join(map(str, (ROOT, ROOT / "codegen", ROOT / "generated" / "python")))
    return step("vectors", command, folder, {"PYTHONPATH": path})


@contextlib.contextmanager
def server() -> Generator[dict[str, str]]:
    """An embedded server with a colony; yields the variables by which a program finds both, and its keys."""
    with served() as variables:
        yield variables
