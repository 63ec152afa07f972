"""What the generator is asked for, and how it ends."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

from colonyos_gen_codegen.build import UnknownReleaseError, as_of, build
from colonyos_gen_codegen.cli import diff, drift
from colonyos_gen_codegen.cli.exits import (
    EXIT_CLEAN,
    EXIT_CODES,
    EXIT_INTERNAL,
    EXIT_PIPE,
    EXIT_USAGE,
    report,
    say,
)
from colonyos_gen_codegen.cli.export import export
from colonyos_gen_codegen.cli.generate import generate, say_draft
from colonyos_gen_codegen.drift import Observer
from colonyos_gen_codegen.output.formatting import FormatError
from colonyos_gen_codegen.output.overrides import OverrideError
from colonyos_gen_codegen.output.writer import WriteError
from colonyos_gen_codegen.rendering import findings_of
from colonyos_gen_codegen.schema.findings import SchemaError
from colonyos_gen_codegen.schema.folder import GENERATED, IN_A_CHECKOUT, SCHEMA
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import ENTRY_POINTS, Target, TargetError, TargetFailedError, registry


def main(
    arguments: Sequence[str] | None = None,
    prog: str = "python -m codegen",
    observer: Observer | None = None,
) -> int:
    """Run one command; returns its exit code (2 is raised as SystemExit by argparse).

    `observer` is what `drift` looks at servers and recordings with; None where there is nothing that can.
    """
    try:
        code = _main(arguments, prog, observer)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in the buffer
        return EXIT_PIPE
    return code


def _main(arguments: Sequence[str] | None, prog: str, observer: Observer | None) -> int:
    try:
        targets = registry(_target_folders(arguments))
    except TargetError as error:
        return say(f"{prog}: {error}", EXIT_USAGE)
    options = _parser(targets, prog).parse_args(arguments)
    if options.command != "diff":
        options.schema = _folder_in(options.schema)
    problem = "" if options.command == "diff" else _missing_folder(options)
    if problem:
        return say(f"{prog}: {problem}", EXIT_USAGE)
    try:
        if options.command == "diff":
            return diff.run(options, prog)
        if options.command == "drift":
            return drift.run(options, prog, observer)
        if options.command == "lint":
            return _lint(options.schema, options.draft)
        if options.command == "export":
            return export(options.schema, options.folder)
        return generate(options, targets)
    except SchemaError as error:
        return report(error.findings, options.schema)
    except BrokenPipeError:
        raise
    except TargetFailedError as error:
        return say(f"{prog}: {error}", EXIT_INTERNAL)
    except (OverrideError, TargetError, UnknownReleaseError) as error:
        return say(f"{prog}: {error}", EXIT_USAGE)
    except (FormatError, WriteError, jinja2.TemplateError, OSError) as error:
        where = (
            f" in {error.filename}:{error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        )
        return say(f"{prog}: {type(error).__name__}{where}: {error}", EXIT_INTERNAL)
    except Exception as error:  # a target or a rule has a bug: say where, in one line
        at = traceback.extract_tb(error.__traceback__)[-1]
        bug = f"{type(error).__name__}: {error} in {at.filename}:{at.lineno}"
        return say(f"{prog}: internal error: {bug}", EXIT_INTERNAL)


def _folder_in(given: Path) -> Path:
    """The schema of a checkout, or of what `export` wrote, for which people name the folder above."""
    inside = given / "schema"
    is_above = not (given / "colonyos.yaml").is_file() and (inside / "colonyos.yaml").is_file()
    return inside if is_above else given


def _missing_folder(options: argparse.Namespace) -> str:
    schema: Path = options.schema
    if not schema.is_dir():
        return f"{schema} is not a folder; name the schema folder with --schema"
    templates: Path | None = getattr(options, "templates", None)
    if templates is not None and not templates.is_dir():
        return f"{templates} is not a folder; name one with TARGET/NAME.jinja in it"
    return ""


def _lint(root: Path, draft: bool) -> int:
    schema = load(root)
    findings = findings_of(schema, draft=draft)
    if findings:
        return report(findings, root)
    say_draft(build(as_of(schema)))
    return say("the schema is clean", EXIT_CLEAN)


def _target_folders(arguments: Sequence[str] | None) -> list[Path]:
    """Those of `--target-dir`, which say what `--target` may be."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--target-dir", action="append", type=Path, default=[])
    try:
        folders: list[Path] = parser.parse_known_args(arguments)[0].target_dir
    except argparse.ArgumentError:  # which the real parser tells better
        return []
    return folders


def _parser(targets: Mapping[str, Target], prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Check the description of the protocol, and generate from it.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    lint = commands.add_parser(
        "lint", help="check the schema, and print each finding as file:line:col RULE_ID message"
    )
    generating = commands.add_parser("generate", help="check the schema, and write what differs")
    checking = commands.add_parser("check", help="show what generate would change, and change nothing")
    exporting = commands.add_parser(
        "export", help="write the schema into a folder: YAML, and the documents and vectors made from it"
    )
    diff.add_to(commands)
    drift.add_to(commands)
    exporting.add_argument("folder", type=Path, metavar="DIR", help="an empty folder, or none yet")
    own = "that of this checkout" if IN_A_CHECKOUT else "the one that came with this package"
    for command in (lint, generating, checking, exporting):
        command.add_argument(
            "--schema", type=Path, default=SCHEMA, metavar="FOLDER", help=f"schema folder (default: {own})"
        )
    for command in (lint, generating, checking):
        command.add_argument(
            "--draft",
            action="store_true",
            help="let through what has no recorded example yet, or does not say since which release it is there",
        )
    for command in (generating, checking):
        command.add_argument(
            "--out",
            type=Path,
            default=GENERATED,
            metavar="FOLDER",
            help="output folder (default: %(default)s)",
        )
        command.add_argument(
            "--server-version",
            metavar="VERSION",
            help="leave out what a server of this release has not, such as 1.9.7 (default: the newest)",
        )
        command.add_argument(
            "--templates",
            type=Path,
            metavar="FOLDER",
            help="folder with templates of your own, TARGET/NAME, that win",
        )
        command.add_argument(
            "--target-dir",
            type=Path,
            action="append",
            metavar="FOLDER",
            help=f"a target of your own, called by its folder: __init__.py with render(service, templates), and"
            f" templates/; may be repeated (installed ones are found by the entry point group {ENTRY_POINTS})",
        )
        lines = "; ".join(f"{target.name}: {target.summary}" for target in targets.values())
        command.add_argument(
            "--target",
            action="append",
            choices=sorted(targets),
            metavar="NAME",
            help=f"only this target, may be repeated ({lines})",
        )
    return parser
