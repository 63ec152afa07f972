"""A line each, which editors and terminals can open."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Change
from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.formats.wording import blind, idle, people, some, summary, verdict
from colonyos_gen_codegen.diff.next_version import Next


def write(report: Report, following: Next, words: bool) -> str:
    """The whole report."""
    lines = [*blind(report), *map(line, report.changes)]
    lines += [f"{entry.place} UNUSED_ACCEPTANCE {idle(entry)}" for entry in report.idle]
    lines += map(line, report.words) if words else []
    hint = " (--docs shows those)" if report.words and not words else ""
    return "\n".join([*lines, summary(report) + hint, str(following)]) + "\n"


def line(change: Change) -> str:
    """One change: where, how far, whether it breaks and whom, by which rule, what it is, what to do, in which messages."""
    within = f" [{some(change.messages)}]" if change.messages else ""
    reason = f" (accepted: {change.accepted.reason})" if change.accepted else ""
    return (
        f"{change.place} {change.level.name} {verdict(change)} for {people(change)}: {change.rule.name} {change.text}; "
        f"{change.todo}{within}{reason}"
    )
