"""The entry of a changelog, for people: what they can do now, what they have to do, what is gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from colonyos_gen_codegen.diff.change import Change
from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.formats.as_markdown import escaped
from colonyos_gen_codegen.diff.formats.wording import some
from colonyos_gen_codegen.diff.next_version import Next

_SECTIONS = ("Breaking", "Added", "Changed", "Deprecated", "Removed")
_NAME = re.compile(
    r"\w+\(\w*\)|[A-Za-z]\w*(?:\.[\w{}[\]]+)+|\w*[A-Za-z]_\w+|[A-Z][a-z0-9]+[A-Z]\w*|(?<=\W)x-[a-z-]+|'[^']*'"
)
"""What looks like the name of something, or is a text."""
_FEW = 3
"""From how many changes by one rule on they stand in one line, if nothing breaks."""


def write(report: Report, following: Next) -> str:
    """The entry, under the heading of the next version."""
    lines = [f"## {following.version or 'Unreleased'}", ""]
    if not report.changes:
        lines += ["Nothing of the protocol changed" + (" but words." if report.words else "."), ""]
    for section in _SECTIONS:
        changes = [change for change in report.changes if _section(change) == section]
        if changes:
            lines += [f"### {section}", "", *_entries(changes), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _marked(text: str) -> str:
    """Text as Markdown, with names as code."""
    parts: list[str] = []
    end = 0
    for found in _NAME.finditer(text):
        parts += [escaped(text[end : found.start()]), f"`{found[0]}`"]
        end = found.end()
    return "".join([*parts, escaped(text[end:])])


def _section(change: Change) -> str:
    name = change.rule.name
    if change.breaking:
        return "Breaking"
    if name.endswith(("_ADDED", "_ALLOWED", "_EXTENDED")) or name in ("MESSAGE_REGISTERED", "TAKES_PART"):
        return "Added"
    if name.endswith("_REMOVED"):
        return "Removed"
    return "Deprecated" if name == "DEPRECATED" else "Changed"


def _entries(changes: Sequence[Change]) -> list[str]:
    lines: list[str] = []
    for rule, found in groupby(
        sorted(changes, key=lambda change: change.rule.name), lambda change: change.rule
    ):
        alike = list(found)
        if len(alike) > _FEW and not alike[0].breaking:
            lines.append(
                f"- {rule.summary} ({len(alike)} times: {some([_marked(c.subject) for c in alike])})"
            )
        else:
            lines += map(_entry, alike)
    return lines


def _entry(change: Change) -> str:
    text = _marked(change.text)
    line = f"- {text[0].upper()}{text[1:]}"
    if change.breaking:
        elsewhere = [message for message in change.messages if not change.subject.startswith(message)]
        within = f", in {_marked(some(elsewhere))}" if elsewhere else ""
        line += f" (for {', '.join(change.breaks)}{within}): {_marked(change.rule.todo)}"
        line += f". {escaped(change.accepted.reason)}" if change.accepted else ""
    return line.rstrip(".") + "."
