"""`colonyos-gen lint`: advice about spec files, one finding a line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from colonyos_gen._log import shown

CLEAN = 0
USAGE = 2
FINDINGS = 100


def add_to(commands: Any) -> None:
    """Add the command to those of `colonyos-gen`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "lint",
        help="look for slips in spec files",
        description=(
            "Look for slips in spec files: keys that the server would silently ignore, values that it would refuse, nodes "
            "that wait for each other. Each finding is a line: FILE:LINE:COLUMN RULE message."
        ),
        epilog="Exit codes: 0 nothing found, 2 a file cannot be read, 100 findings.",
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="JSON file with a function spec or a workflow"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from colonyos_gen.spec_lint._lint import lint_spec

    code = CLEAN
    for file in options.files:
        try:
            findings = lint_spec(file)
        except OSError as error:
            print(shown(f"colonyos-gen: {file}: {error.strerror}"), file=sys.stderr)
            code = USAGE
            continue
        for finding in findings:
            print(shown(str(finding)))
        if findings and code == CLEAN:
            code = FINDINGS
    return code
