"""`drift`: the schema against a server, and what to do about each difference."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from colonyos_gen_codegen.build import known_releases
from colonyos_gen_codegen.cli.exits import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, say
from colonyos_gen_codegen.drift import (
    Access,
    Comparison,
    Difference,
    DriftError,
    Observer,
    Surface,
    as_json,
    as_markdown,
    as_text,
    compare,
    describe,
    observed_differences,
    read,
    surface_of,
    text_differences,
    write,
)
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.rendering import service_of
from colonyos_gen_codegen.schema.folder import IN_A_CHECKOUT, SCHEMA
from colonyos_gen_codegen.schema.loader import load

_KEY_VARIABLES = {
    "server": "COLONIES_SERVER_PRVKEY",
    "colony": "COLONIES_COLONY_PRVKEY",
    "member": "COLONIES_PRVKEY",
}
_HOLDERS = {"server": "server's owner", "colony": "colony's owner", "member": "executor or user"}
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
    wanted.add_argument(
        "--server",
        metavar="URL",
        help="a server that runs: what only reads is called, and the rest in a colony that is made for it and removed"
        " at the end; without a key of the server's owner, only what the other keys may read",
    )
    wanted.add_argument(
        "--recorded",
        type=Path,
        metavar="DIR|FILE",
        help="recorded traffic: all that can be read below a folder",
    )
    for role, variable in _KEY_VARIABLES.items():
        parser.add_argument(
            f"--{role}-key-env",
            default=variable,
            metavar="NAME",
            help=f"with --server: the variable that holds the key of the {_HOLDERS[role]} (default: %(default)s)",
        )
    parser.add_argument(
        "--colony",
        metavar="NAME",
        help="with --server: the colony to read with these keys (default: that of COLONIES_COLONY_NAME)",
    )
    parser.add_argument(
        "--against",
        metavar="DIR[@REVISION]",
        help="with --source: the sources of a newer server, to compare the two servers instead of the schema",
    )
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="compare with the whole schema, and not with what it says of the release that the sources are of",
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


def run(options: argparse.Namespace, prog: str, observer: Observer | None = None) -> int:
    """Compare, tell, and write what is asked for; returns the exit code."""
    problem = _misfit(options, observer)
    if problem:
        return say(f"{prog}: {problem}", EXIT_USAGE)
    try:
        root: Path = options.schema
        if options.against:
            left, right = read(options.source), read(options.against)
        else:
            schema = load(root)
            service = service_of(schema, draft=True)
            if options.source:
                right = read(options.source)
                if right.release in known_releases(schema) and not options.as_is:
                    service = service_of(schema, draft=True, release=right.release)
                left = describe(service, _shown(root))
            else:
                assert observer is not None
                left = describe(service, _shown(root))
                return _observe(options, prog, observer, service, left)
        comparison = compare(left, right)
        differences = list(comparison.differences())
        if options.texts:
            differences += text_differences(comparison)
        return _tell(options, prog, comparison, differences)
    except DriftError as error:
        return say(f"{prog}: {error}", EXIT_USAGE)


def _misfit(options: argparse.Namespace, observer: Observer | None) -> str:
    """Why the options cannot be served; empty if they can."""
    if options.against and options.write:
        return "--write is for the schema; leave out --against"
    if options.source:
        return ""
    if options.against or options.texts:
        return "--against and --texts are for sources; name some with --source"
    if observer is None:
        return "this needs the client, which is not installed here; run `colonyos-gen schema drift`"
    return ""


def _observe(
    options: argparse.Namespace, prog: str, observer: Observer, service: Service, left: Surface
) -> int:
    if options.server:
        access = Access(
            options.server,
            options.server_key_env,
            options.colony_key_env,
            options.member_key_env,
            options.colony,
        )
        observed = observer.server(service, access)
    else:
        observed = observer.recorded(service, options.recorded)
    right = surface_of(observed)
    differences = list(observed_differences(left, observed, right))
    return _tell(options, prog, Comparison(left, right, {}, {}), differences)


def _tell(
    options: argparse.Namespace, prog: str, comparison: Comparison, differences: list[Difference]
) -> int:
    left, right = comparison.left, comparison.right
    print(_FORMATS[options.format](differences, left, right))
    for note in [*left.notes, *right.notes]:
        print(f"{prog}: {note}", file=sys.stderr)
    if options.write:
        for line in write(options.schema, options.write, comparison, differences):
            print(line, file=sys.stderr)
    return EXIT_FINDINGS if differences else EXIT_CLEAN


def _shown(root: Path) -> Path:
    """The folder as people are shown it, so that editors and terminals can open its files."""
    full = root.resolve()
    return full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full
