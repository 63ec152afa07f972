"""`diff`: what changed from one schema to another, whom it breaks, and what to do about it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from colonyos_gen_codegen.cli.exits import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, say
from colonyos_gen_codegen.diff.comparing import compare
from colonyos_gen_codegen.diff.formats import FORMATS, as_changelog
from colonyos_gen_codegen.diff.next_version import next_version, parsed
from colonyos_gen_codegen.diff.registry import RULES, Verdict
from colonyos_gen_codegen.diff.sources import NEW, OLD, NoRelease, SourceError, side
from colonyos_gen_codegen.schema.folder import SCHEMA

_EXPLANATION = """\
OLD and NEW are each
  a folder with a schema, a checkout, or a folder that `export` wrote
  a git revision (v0.1.0, HEAD~3, main), or REVISION:FOLDER; the schema may have lain elsewhere then
  colonyos.schema.json or openrpc.json, which tell less than the schema does: what, is said
  a wheel, or `installed`: the schema that came with the package
  `last-release`: the last tag like v1.2.3 before NEW (exit code 0 where there is none yet, 2 where nobody can tell)

levels:
  WIRE       what is sent or read changes
  SOURCE     names or signatures of what is generated change: a program may no longer type-check
  BEHAVIOUR  the types stay, and mean something else
Words and examples are counted only; --docs shows them.

`breaking` is for whom a program breaks that was made for OLD: callers (whoever sends messages), workers (whoever sends
those that only roles with `worker: true` may sign), servers (whoever serves them). `safe` is who may want to look. A
request that takes more is safe, and so is a reply that holds less; the other way round they break callers.

A breaking change that is wanted is accepted in NEW, beside what changed or what had it, and fails no more:
  x-accept: [{rule: FIELD_REMOVED, of: Book.pages, reason: Nobody ever filled it.}]
`of`, which may be left out, is the name that the line has after the rule (`subject` in JSON). An acceptance that nothing
needs is a finding.

exit codes:
    0  nothing breaks, or all that does is accepted
    2  the command line was not understood, or OLD or NEW is not there or not readable
  100  something breaks that is not accepted, or an acceptance is not used
"""


def add_to(commands: Any) -> None:
    """Add the command to those of the generator."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        help="compare two schemas: every change, whom it breaks, what to do, and the next version",
        description="Every change of the protocol from OLD to NEW, a line each.",
        epilog=_EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("old", nargs="?", metavar="OLD", help="what to compare with")
    parser.add_argument(
        "new",
        nargs="?",
        metavar="NEW",
        help="what it became (default: ./schema if there is one, else that of this package)",
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="(default: %(default)s)")
    parser.add_argument("--docs", action="store_true", help="show changes of words and examples as well")
    parser.add_argument(
        "--changelog", action="store_true", help="write the entry of a changelog instead, in Markdown"
    )
    parser.add_argument(
        "--version",
        metavar="X.Y.Z",
        help="version of OLD, from which the next one follows (default: as its tag says)",
    )
    parser.add_argument("--rules", action="store_true", help="list all rules, and compare nothing")


def run(options: argparse.Namespace, prog: str) -> int:
    """Compare, and print the report; returns the exit code."""
    if options.rules:
        print(rules(), end="")
        return EXIT_CLEAN
    if options.old is None:
        return say(
            f"{prog} diff: OLD is missing; name what to compare with, such as a git revision", EXIT_USAGE
        )
    try:
        if options.version is not None:
            parsed(options.version)
        given = options.new or str(_at_hand())
        near = [*(Path(each) for each in (given, options.old) if Path(each).is_dir()), Path.cwd(), SCHEMA]
        old, new = side(options.old, OLD, near, given), side(given, NEW, near, given)
    except NoRelease:
        return say(
            "no tag like v1.2.3 yet: nothing was released, so there is nothing to compare with", EXIT_CLEAN
        )
    except SourceError as error:
        return say(f"{prog} diff: {error}", EXIT_USAGE)
    except ValueError as error:
        return say(f"{prog} diff: --version: {error}", EXIT_USAGE)
    report = compare(old, new)
    following = next_version(report, options.version or old.version)
    if options.changelog:
        print(as_changelog.write(report, following), end="")
    else:
        print(FORMATS[options.format](report, following, options.docs), end="")
    return EXIT_CLEAN if report.clean else EXIT_FINDINGS


def _at_hand() -> Path:
    here = Path("schema")
    return here if (here / "colonyos.yaml").is_file() else SCHEMA


def rules() -> str:
    """Every rule: its id, what it says of requests and of replies, what it is, and what to do."""
    lines: list[str] = []
    for rule in RULES.values():
        verdicts = _verdict(rule.request)
        if rule.directed:
            verdicts = f"in requests {verdicts}, in replies {_verdict(rule.reply)}"
        lines.append(f"{rule.name}: {verdicts}. {rule.summary} {rule.todo[0].upper()}{rule.todo[1:]}.")
    return "\n".join([*sorted(lines), f"{len(lines)} rules"]) + "\n"


def _verdict(verdict: Verdict) -> str:
    if verdict.breaks:
        return f"{verdict.level.name} breaking for {', '.join(verdict.breaks)}"
    return f"{verdict.level.name} safe for {', '.join(verdict.concerns) or 'everybody'}"
