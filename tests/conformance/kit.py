"""Running the command, as people do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = [sys.executable, "-m", "colonyos_gen.conformance"]
"""The driver of this package."""


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One call of `colonyos-gen conformance`."""
    return subprocess.run(
        [sys.executable, "-m", "colonyos_gen.cli", "conformance", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def behaving(kind: str) -> list[str]:
    """A driver that behaves in this way."""
    return [sys.executable, "-m", "tests.conformance.drivers", kind]
