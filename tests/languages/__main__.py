"""`python -m tests.languages [NAME ...]`: build and try the SDKs of other languages, and print what held."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from tests.languages.kit import Failed, Row

NAMES = ["go", "rust", "typescript"]


def main(names: list[str]) -> int:
    """The exit code: 0 if all held."""
    if unknown := set(names) - set(NAMES):
        print(f"no language {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    rows: list[tuple[str, Row]] = []
    failures: list[str] = []
    for name in names or NAMES:
        module = importlib.import_module(f"tests.languages.{name}")
        with tempfile.TemporaryDirectory(prefix=f"colonyos-{name}-") as work:
            try:
                for row in module.run(Path(work)):
                    rows.append((name, row))  # those before a failure count too
            except Failed as error:
                failures.append(f"{name}: {error}")
    for name, row in rows:
        print(f"{name:<11} {row.step:<24} {row.seconds:6.1f} s  {row.said}")
    for line in failures:
        print(f"FAILED {line}", file=sys.stderr)
    return 1 if failures else 0


sys.exit(main(sys.argv[1:]))
