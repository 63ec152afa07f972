"""`drift`: the schema against a server, and what to do about each difference."""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from colonyos_gen_codegen.cli.exits import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, report, say
from colonyos_gen_codegen.drift import (
    DriftError,
    as_json,
    as_markdown,
    as_text,
    compare,
    describe,
    read,
    text_differences,
    write,
)
from colonyos_gen_codegen.rendering import service_of
from colonyos_gen_codegen.schema.findings import SchemaError
from colonyos_gen_codegen.schema.folder import IN_A_CHECKOUT, SCHEMA
from colonyos_gen_codegen.schema.loader import load

_FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown}


def add_to(commands: Any) -> None:
    """Make `drift` known to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "drift",
        help="compare the schema with a server, one line for each difference; exit code 100 if there are any",
    )
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument(
        "--source",
        metavar="DIR[@REVISION]",
        help="sources of the Go server: a checkout, or a revision of a git repository, which needs no work tree",
    )
    parser.add_argument(
        "--against",
        metavar="DIR[@REVISION]",
        help="with --source: the sources of a newer server, to compare the two servers instead of the schema",
    )
    parser.add_argument(
        "--texts", action="store_true", help="compare the texts of refusals that handlers write down as well"
    )
    parser.add_argument("--format", choices=sorted(_FORMATS), default="text", help="default: %(default)s")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="DIR|FILE.patch",
        help="write the schema with a skeleton of all that is new into an empty folder, or the changes as a patch",
    )
    own = "that of this checkout" if IN_A_CHECKOUT else "the one that came with this package"
    parser.add_argument(
        "--schema", type=Path, default=SCHEMA, metavar="FOLDER", help=f"schema folder (default: {own})"
    )


def run(options: argparse.Namespace, prog: str) -> int:
    """Compare, tell, and write what is asked for; returns the exit code."""
    if options.against and options.write:
        return say(f"{prog}: --write is for the schema; leave out --against", EXIT_USAGE)
    try:
        root: Path = options.schema
        if options.against:
            left, right = read(options.source), read(options.against)
        else:
            left = describe(service_of(load(root), draft=True), _shown(root))
            right = read(options.source)
        comparison = compare(left, right)
        differences = list(comparison.differences())
        if options.texts:
            differences += text_differences(comparison)
        print(_FORMATS[options.format](differences, left, right))
        for note in [*left.notes, *right.notes]:
            print(f"{prog}: {note}", file=sys.stderr)
        if options.write:
            for line in write(root, options.write, comparison, differences):
                print(line, file=sys.stderr)
    except SchemaError as error:  # 100 would say that there is drift
        with redirect_stdout(sys.stderr):
            report(error.findings, options.schema)
        return say(f"{prog}: nothing was compared: mend what is wrong with the schema first", EXIT_USAGE)
    except DriftError as error:
        return say(f"{prog}: {error}", EXIT_USAGE)
    return EXIT_FINDINGS if differences else EXIT_CLEAN


def _shown(root: Path) -> Path:
    """The folder as people are shown it, so that editors and terminals can open its files."""
    full = root.resolve()
    return full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full
