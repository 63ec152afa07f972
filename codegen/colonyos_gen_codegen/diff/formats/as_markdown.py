"""A table, for a comment on a pull request."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Change
from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.formats.wording import blind, idle, people, some, summary, verdict
from colonyos_gen_codegen.diff.next_version import Next

_HEAD = "| level | breaking | for | rule | change | what to do | where |\n|---|---|---|---|---|---|---|"


def write(report: Report, following: Next, words: bool) -> str:
    """The whole report."""
    shown = (*report.changes, *(report.words if words else ()))
    lines = [f"{summary(report)}. {str(following).capitalize()}.", ""]
    lines += [f"> {escaped(text)}" for text in blind(report)]
    if shown:
        lines += [_HEAD, *map(_row, shown), ""]
    lines += [f"- `{entry.place}` unused acceptance: {escaped(idle(entry))}" for entry in report.idle]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(change: Change) -> str:
    text = escaped(change.text)
    text += f" ({escaped(some(change.messages))})" if change.messages else ""
    text += f"; accepted: {escaped(change.accepted.reason)}" if change.accepted else ""
    word = "**breaking**" if change.failing else verdict(change)
    cells = (
        change.level.name, word, people(change), f"`{change.rule.name}`", text, escaped(change.todo), f"`{change.place}`"
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Text that says in Markdown what it says."""
    for mark in "\\|<>*_`":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")
