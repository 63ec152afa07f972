"""Differences as lines, as JSON, and as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from colonyos_gen_codegen.drift.surface import Field, Member, Message, Place, Struct, Surface

_ADVICE = {
    "message added": "describe it in rpc/, with what its handler refuses and an example",
    "message removed": "say until which server it is there",
    "message renamed": "describe it under the new name, and keep the old one for older servers",
    "message unregistered": "set x-registered: false; the server answers as to an unknown message",
    "message registered": "describe it; it has a handler now",
    "reply changed": "correct x-reply",
    "reply payloadtype changed": "correct x-reply.payloadtype",
    "error text changed": "correct its text; older servers say what is there now",
    "error text added": "describe it in x-errors",
    "error text removed": "say until which server it is there",
    "type added": "describe it in types/",
    "type removed": "take it away, or say until which server it is there",
    "type renamed": "nothing, if the keys are the same; the name is not on the wire",
    "type written otherwise": "look at the method; its keys cannot be read",
    "field added": "add it, with a description and since when it is there",
    "field removed": "say until which server it is there",
    "field renamed": "describe both keys, each with its servers",
    "field renamed and retyped": "describe both, each with its servers",
    "field retyped": "correct its type; one that changed needs both",
    "field nullability changed": "look at what null means there, and at x-go-null",
    "field omission changed": "correct x-omit-empty",
    "enum value added": "add it, with a name and a description",
    "enum value removed": "say until which server it is there",
    "enum value changed": "correct its number",
    "enum value renamed": "correct its name, which is not on the wire",
}


@dataclass(frozen=True)
class Difference:
    """One difference: what the first side has and where, and what the second has and where."""

    kind: str
    subject: str
    before: str
    after: str
    before_at: Place | None
    after_at: Place | None
    hint: str = ""
    new: Message | Struct | Field | Member | None = field(default=None, compare=False)
    """What only the second side has."""
    owner: str = field(default="", compare=False)
    """Id of the struct, or name of the enum, of the first side that lacks it."""

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE[self.kind] + (f"; {self.hint}" if self.hint else "")


def as_text(differences: list[Difference], left: Surface, right: Surface) -> str:
    """One line for each, and a last one that counts them."""
    sides = _sides(left)
    lines = [_line(difference, sides) for difference in differences]
    return "\n".join([*lines, _summary(differences, left, right)])


def _sides(left: Surface) -> tuple[str, str]:
    return ("schema", "source") if left.described else ("old", "new")


def _line(difference: Difference, sides: tuple[str, str]) -> str:
    parts = [
        f"{side} has {what}{f' ({at})' if at else ''}"
        for side, what, at in (
            (sides[0], _short(difference.before), difference.before_at),
            (sides[1], _short(difference.after), difference.after_at),
        )
    ]
    advice = (
        f"; {difference.advice}"
        if sides[0] == "schema"
        else f"; {difference.hint}"
        if difference.hint
        else ""
    )
    return f"{difference.kind} {difference.subject}: {parts[0]}, {parts[1]}{advice}"


def _short(text: str) -> str:
    """Nothing in words, and the rest on one line."""
    return "nothing" if text == "—" else text


def _summary(differences: list[Difference], left: Surface, right: Surface) -> str:
    if not differences:
        known = sum(message.registered for message in right.messages.values())
        return f"no drift: {known} messages and {len(right.structs)} types of {right.label} are as in {left.label}"
    many = "difference" if len(differences) == 1 else "differences"
    return f"{len(differences)} {many} between {left.label} and {right.label}"


def as_json(differences: list[Difference], left: Surface, right: Surface) -> str:
    """An object with `old`, `new`, `notes` and `differences`, each with the same keys."""
    document: dict[str, Any] = {
        "old": left.label,
        "new": right.label,
        "notes": [*left.notes, *right.notes],
        "differences": [
            {
                "kind": difference.kind,
                "subject": difference.subject,
                "old": None if difference.before == "—" else difference.before,
                "new": None if difference.after == "—" else difference.after,
                "old_at": _at(difference.before_at),
                "new_at": _at(difference.after_at),
                "advice": difference.advice,
            }
            for difference in differences
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _at(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line} if place else None


def as_markdown(differences: list[Difference], left: Surface, right: Surface) -> str:
    """A table, and a line that counts."""
    sides = _sides(left)
    rows = [
        f"| {difference.kind} | `{difference.subject}` | {_cell(difference.before, difference.before_at)} |"
        f" {_cell(difference.after, difference.after_at)} | {difference.advice} |"
        for difference in differences
    ]
    head = (
        [f"| difference | of | {sides[0]} | {sides[1]} | what to do |", "|---|---|---|---|---|"]
        if rows
        else []
    )
    return "\n".join([*head, *rows, *([""] if rows else []), _summary(differences, left, right)])


def _cell(what: str, at: Place | None) -> str:
    text = what.replace("|", "\\|") if what == "—" else f"`{what.replace('|', chr(92) + '|')}`"
    return f"{text} {at}" if at else text
