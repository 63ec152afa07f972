"""How a command ends, and what it says then."""

from __future__ import annotations

import sys
from pathlib import Path

from colonyos_gen_codegen.schema.findings import Finding

EXIT_CLEAN = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_FINDINGS = 100
EXIT_STALE = 101
EXIT_PIPE = 141
"""As a shell says it of a program whose output nobody reads any more."""

EXIT_CODES = """\
exit codes:
    0  clean: nothing to report
    1  the generator itself failed (a template, a target, the formatter, a file that cannot be written)
    2  the command line was not understood
  100  there are findings
  101  the output is stale: `generate` would change it
"""


def say(text: str, code: int) -> int:
    """Print `text`, as an error if `code` is one; returns `code`."""
    print(text, file=sys.stderr if code else sys.stdout)
    return code


def report(findings: list[Finding], root: Path) -> int:
    """Print the findings of the schema in `root`."""
    root = root.resolve()
    shown = root.relative_to(Path.cwd()) if root.is_relative_to(Path.cwd()) else root
    for finding in findings:  # so that editors and terminals can open it
        print(f"{shown.as_posix()}/{finding}")
    return say(f"{len(findings)} finding{'s' if len(findings) != 1 else ''}", EXIT_FINDINGS)
