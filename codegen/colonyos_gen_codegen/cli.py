"""The command line of the generator."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import jinja2

from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.left_to_do import left_to_do
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.formatting import FormatError, format_files
from colonyos_gen_codegen.output.render import environment
from colonyos_gen_codegen.output.writer import Change, WriteError, compare, existing, with_manifest, write
from colonyos_gen_codegen.schema.findings import Finding, SchemaError
from colonyos_gen_codegen.schema.folder import GENERATED, SCHEMA
from colonyos_gen_codegen.schema.loader import Schema, load
from colonyos_gen_codegen.targets import Target, registry
from colonyos_gen_codegen.validate import validate

EXIT_CLEAN = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_FINDINGS = 100
EXIT_STALE = 101

_DRAFT_LACKS = {"MESSAGE_HAS_EXAMPLE"}
"""The rules that a draft need not keep yet."""
_EPILOG = """\
exit codes:
    0  clean: nothing to report
    1  the generator itself failed (a template, the formatter, a file that cannot be written)
    2  the command line was not understood
  100  the schema has findings
  101  generated/ is stale: run `python -m codegen generate`
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (2 is raised as SystemExit by argparse)."""
    targets = registry()
    options = _parser(targets).parse_args(arguments)
    schema_root: Path = options.schema
    if not schema_root.is_dir():
        return _say(
            f"codegen: {schema_root} is not a folder; name the schema folder with --schema", EXIT_USAGE
        )
    templates: Path | None = getattr(options, "templates", None)
    if templates is not None and not templates.is_dir():
        return _say(
            f"codegen: {templates} is not a folder; name one with TARGET/NAME.jinja in it", EXIT_USAGE
        )
    try:
        if options.command == "lint":
            return _lint(schema_root, options.draft)
        chosen = {name: targets[name] for name in options.target or targets}
        return _generate(options, schema_root, chosen)
    except SchemaError as error:
        return _report(error.findings, schema_root)
    except (FormatError, WriteError, jinja2.TemplateError, OSError) as error:
        where = (
            f" in {error.filename}:{error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        )
        return _say(f"codegen: {type(error).__name__}{where}: {error}", EXIT_INTERNAL)
    except Exception as error:  # a target or a rule has a bug: say where, in one line
        at = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__}: {error} in {at.filename}:{at.lineno}"
        return _say(f"codegen: internal error: {problem}", EXIT_INTERNAL)


def render(
    schema_root: Path, chosen: dict[str, Target], templates: Path | None, out: Path, *, draft: bool = False
) -> dict[str, str]:
    """Every file of the `chosen` targets, formatted, with the manifest. Raises `SchemaError` on findings."""
    return _texts(_service(load(schema_root), draft=draft), chosen, templates, out)


def _service(schema: Schema, *, draft: bool) -> Service:
    """The model of a schema. Raises `SchemaError` on findings; those of a draft, only on others than what it may lack."""
    findings = _findings(schema, draft=draft)
    if findings:
        raise SchemaError(findings)
    return build(schema)


def _findings(schema: Schema, *, draft: bool) -> list[Finding]:
    return [finding for finding in validate(schema) if not (draft and finding.rule in _DRAFT_LACKS)]


def _texts(service: Service, chosen: dict[str, Target], templates: Path | None, out: Path) -> dict[str, str]:
    rendered = {
        name: dict(target.render(service, environment(name, templates))) for name, target in chosen.items()
    }
    formatted = format_files({path: text for own in rendered.values() for path, text in own.items()})
    by_target = {name: {path: formatted[path] for path in own} for name, own in rendered.items()}
    return with_manifest(by_target, out)


def _parser(targets: dict[str, Target]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m codegen",
        description="Generate everything under generated/ from the protocol description under schema/.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    lint = commands.add_parser(
        "lint", help="check the schema, and print each finding as file:line:col RULE_ID message"
    )
    generate = commands.add_parser("generate", help="check the schema, and write what differs")
    check = commands.add_parser("check", help="show what generate would change, and change nothing")
    for command in (lint, generate, check):
        command.add_argument(
            "--draft", action="store_true", help="let messages through that have no recorded example yet"
        )
        command.add_argument(
            "--schema", type=Path, default=SCHEMA, help="schema folder (default: %(default)s)"
        )
    for command in (generate, check):
        command.add_argument(
            "--out", type=Path, default=GENERATED, help="output folder (default: %(default)s)"
        )
        command.add_argument(
            "--templates", type=Path, help="folder with templates of your own, TARGET/NAME.jinja, that win"
        )
        lines = "; ".join(f"{target.name}: {target.summary}" for target in targets.values())
        command.add_argument(
            "--target",
            action="append",
            choices=sorted(targets),
            help=f"only this target, may be repeated ({lines})",
        )
    return parser


def _lint(root: Path, draft: bool) -> int:
    schema = load(root)
    findings = _findings(schema, draft=draft)
    if findings:
        return _report(findings, root)
    _say_draft(build(schema))
    return _say("the schema is clean", EXIT_CLEAN)


def _generate(options: argparse.Namespace, schema_root: Path, chosen: dict[str, Target]) -> int:
    started = time.perf_counter()
    schema = load(schema_root)
    service = _service(schema, draft=options.draft)
    files = _texts(service, chosen, options.templates, options.out)
    if options.command == "check":
        changes = compare(files, chosen, options.out)
        for change in changes:
            _show(change)
        if changes:
            return _say(
                f"{len(changes)} of {len(files)} files are not what the schema says: run `python -m codegen generate`"
                " (what was edited by hand belongs into the schema or a template)",
                EXIT_STALE,
            )
        _say_draft(service)
        return _say(f"{len(files)} files are up to date", EXIT_CLEAN)
    before = existing(files, chosen, options.out)
    changes = write(files, chosen, options.out, before)
    for change in changes:
        print(f"{change.kind:8} {change.path}")
    print(f"{len(files)} files, {len(changes)} changed, in {time.perf_counter() - started:.1f} s")
    items = left_to_do(schema, service, before, files, options.out)
    if items:
        print("left to do by hand:", *items, sep="\n")
    _say_draft(service)
    return EXIT_CLEAN


def _say_draft(service: Service) -> None:
    missing = [message.msgtype for message in service.messages if message.registered and not message.examples]
    if missing:
        print(f"a draft: no recorded example of {', '.join(missing)}")


def _show(change: Change) -> None:
    print(change.diff if change.diff else f"{change.kind}: generated/{change.path}")


def _report(findings: list[Finding], root: Path) -> int:
    root = root.resolve()
    shown = root.relative_to(Path.cwd()) if root.is_relative_to(Path.cwd()) else root
    for finding in findings:  # so that editors and terminals can open it
        print(f"{shown.as_posix()}/{finding}")
    return _say(f"{len(findings)} finding{'s' if len(findings) != 1 else ''}", EXIT_FINDINGS)


def _say(text: str, code: int) -> int:
    print(text, file=sys.stderr if code else sys.stdout)
    return code
