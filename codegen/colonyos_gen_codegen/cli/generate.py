"""`generate` and `check`: write what the schema says, or show what would be written."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping

from colonyos_gen_codegen.cli.exits import EXIT_CLEAN, EXIT_STALE, say
from colonyos_gen_codegen.left_to_do import left_to_do
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.writer import Change, compare, existing, write
from colonyos_gen_codegen.rendering import service_of, texts
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import Target


def generate(options: argparse.Namespace, targets: Mapping[str, Target]) -> int:
    """Run `generate` or `check`; returns the exit code."""
    chosen = {name: targets[name] for name in options.target or targets}
    started = time.perf_counter()
    schema = load(options.schema)
    service = service_of(schema, draft=options.draft, release=options.server_version)
    files = texts(service, chosen, options.templates, options.out, targets)
    if options.command == "check":
        changes = compare(files, chosen, options.out)
        for change in changes:
            _show(change)
        if changes:
            return say(
                f"{len(changes)} of {len(files)} files are not what the schema says: run `generate`"
                " (what was edited by hand belongs into the schema or a template)",
                EXIT_STALE,
            )
        say_draft(service)
        return say(f"{len(files)} files are up to date", EXIT_CLEAN)
    before = existing(files, chosen, options.out)
    changes = write(files, chosen, options.out, before)
    for change in changes:
        print(f"{change.kind:8} {change.path}")
    print(f"{len(files)} files, {len(changes)} changed, in {time.perf_counter() - started:.1f} s")
    older = (
        options.server_version is not None
    )  # what is left to do is for the newest, which the programs are for
    items = [] if older else left_to_do(schema, service, before, files, options.out)
    if items:
        print("left to do by hand:", *items, sep="\n")
    say_draft(service)
    return EXIT_CLEAN


def say_draft(service: Service) -> None:
    """Say which messages have no example yet."""
    missing = [message.msgtype for message in service.messages if message.registered and not message.examples]
    if missing:
        print(f"a draft: no recorded example of {', '.join(missing)}")


def _show(change: Change) -> None:
    print(change.diff if change.diff else f"{change.kind}: generated/{change.path}")
