"""One JSON object, for programs."""

from __future__ import annotations

import json
from typing import Any

from colonyos_gen_codegen.diff.change import Change
from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.formats.wording import idle
from colonyos_gen_codegen.diff.next_version import Next
from colonyos_gen_codegen.diff.nodes import Place


def write(report: Report, following: Next, words: bool) -> str:
    """The whole report."""
    data = {
        "old": report.old.name,
        "new": report.new.name,
        "cannot_tell": {side.name: side.unknown for side in (report.old, report.new) if side.unknown},
        "changes": [_change(change) for change in (*report.changes, *(report.words if words else ()))],
        "unused_acceptances": [
            {"rule": entry.rule, "of": entry.of, "text": idle(entry), **_place(entry.place)}
            for entry in report.idle
        ],
        "summary": {
            "changes": len(report.changes),
            "breaking": len(report.breaking),
            "accepted": len(report.breaking) - len(report.failing),
            "failing": len(report.failing),
            "words_and_examples": len(report.words),
            "unused_acceptances": len(report.idle),
        },
        "next_version": {"part": following.part, "version": following.version, "reason": following.reason},
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _change(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule.name,
        "level": change.level.name,
        "breaking": change.breaking,
        "breaks": change.breaks,
        "concerns": change.concerns,
        "accepted": change.accepted.reason if change.accepted else None,
        "subject": change.subject,
        "text": change.text,
        "todo": change.todo,
        "messages": change.messages,
        "side": "old" if change.gone else "new",
        **_place(change.place),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "revision": place.revision or None,
    }
