"""`colonyos-gen schema`: the generator, where the extra `codegen` is installed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

PROG = "colonyos-gen schema"
MISSING = f"{PROG}: the generator is not installed ({{name}} is missing): pip install 'colonyos-gen[codegen]'"
USAGE = 2
INTERRUPTED = 130


def add_to(commands: Any) -> None:
    """Add the command to those of `colonyos-gen`; what follows it is for the generator, which has a parser of its own."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "schema", help="check, export and compare the protocol's schema, and generate from it", add_help=False
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(run=_run)


def run(arguments: Sequence[str]) -> int:
    """Run the generator with these arguments; returns its exit code."""
    try:
        from colonyos_gen_codegen.cli import main

        from colonyos_gen.cli.observing.observer import Observer
    except ModuleNotFoundError as error:
        print(MISSING.format(name=error.name), file=sys.stderr)
        return USAGE
    try:
        return main(arguments, PROG, Observer())
    except KeyboardInterrupt:
        print(f"{PROG}: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    return run(options.rest)
