"""Workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.formats.wording import blind, idle, people, some, summary, verdict
from colonyos_gen_codegen.diff.next_version import Next
from colonyos_gen_codegen.diff.nodes import Place


def write(report: Report, following: Next, words: bool) -> str:
    """The whole report: errors for what fails, notices for the rest."""
    lines = [_command("notice", None, "cannot tell", text) for text in blind(report)]
    for change in (*report.changes, *(report.words if words else ())):
        kind = "error" if change.failing else "notice"
        title = f"{change.rule.name}: {change.level.name}, {verdict(change)} for {people(change)}"
        text = f"{change.text}; {change.todo}"
        text += f" [{some(change.messages)}]" if change.messages else ""
        text += f" (accepted: {change.accepted.reason})" if change.accepted else ""
        lines.append(_command(kind, change.place, title, text))
    lines += [_command("error", entry.place, "UNUSED_ACCEPTANCE", idle(entry)) for entry in report.idle]
    lines += [summary(report), str(following)]
    return "\n".join(lines) + "\n"


def _command(kind: str, place: Place | None, title: str, text: str) -> str:
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    return f"::{kind} {where}title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
