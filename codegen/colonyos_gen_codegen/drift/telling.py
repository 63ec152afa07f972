"""Differences as lines, as JSON, and as a table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
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
    "field retyped": "correct its type; one that changed needs both",
    "field nullability changed": "look at what null means there, and at x-go-null",
    "field omission changed": "correct x-omit-empty",
    "enum value added": "add it, with a name and a description",
    "enum value removed": "say until which server it is there",
    "enum value changed": "correct its number",
    "version differs": "what it has otherwise is told below; describe a newer one, with x-since",
    "field unknown": "add it, with a description and since when it is there",
    "field missing": "say until which server it is there, or since which, or x-omit-empty",
    "field mistyped": "correct its type, or what is said of null",
    "enum value unknown": "add it, with a name and a description",
    "message refused as unknown": "say since or until which server it is there, or x-registered: false",
    "message unknown": "describe it in rpc/, with what its handler refuses and an example",
    "reply unreadable": "look at the reply; it is no JSON, or not of the type that the schema says",
}


@dataclass(frozen=True)
class Seen:
    """A place in the replies to a message where a difference was seen."""

    msgtype: str
    path: str
    times: int
    replies: int
    """How many replies had it."""
    of: int
    """How many replies were read."""
    first: str = ""
    """Where it was seen first; empty for a server."""

    def __str__(self) -> str:
        at = f"{self.msgtype} {self.path}".rstrip()
        many = f"{self.replies} of {self.of}" + (
            f", {self.times} times" if self.times != self.replies else ""
        )
        return f"{at}: {many}"


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
    seen: tuple[Seen, ...] = ()
    """Of a server or a recording: where."""

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE[self.kind] + (f"; {self.hint}" if self.hint else "")


def as_text(differences: list[Difference], left: Surface, right: Surface) -> str:
    """One line for each, and a last one that counts them."""
    sides = _sides(left, right)
    lines = [_line(difference, sides) for difference in differences]
    return "\n".join([*lines, *_untried(right), _summary(differences, left, right)])


def _sides(left: Surface, right: Surface) -> tuple[str, str]:
    return ("schema", right.side) if left.described else ("old", "new")


def _untried(right: Surface) -> list[str]:
    """A line for each reason why messages were not tried."""
    reasons: dict[str, list[str]] = {}
    for msgtype, reason in right.untried.items():
        reasons.setdefault(reason, []).append(msgtype)
    return [f"not tried: {', '.join(sorted(names))}: {reason}" for reason, names in reasons.items()]


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
    seen = f" [{'; '.join(map(str, difference.seen))}]" if difference.seen else ""
    return f"{difference.kind} {difference.subject}: {parts[0]}, {parts[1]}{seen}{advice}"


def _short(text: str) -> str:
    """Nothing in words, and the rest on one line."""
    return "nothing" if text == "—" else text


def _summary(differences: list[Difference], left: Surface, right: Surface) -> str:
    if not differences and right.seen:
        return f"no drift: {right.seen} are as in {left.label}"
    if not differences:
        known = sum(message.registered for message in right.messages.values())
        return f"no drift: {known} messages and {len(right.structs)} types of {right.label} are as in {left.label}"
    many = "difference" if len(differences) == 1 else "differences"
    return f"{len(differences)} {many} between {left.label} and {right.seen or right.label}"


def as_json(differences: list[Difference], left: Surface, right: Surface) -> str:
    """An object with `old`, `new`, `notes` and `differences`, each with the same keys; also what was tried."""
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
                **({"seen": [asdict(seen) for seen in difference.seen]} if right.seen else {}),
            }
            for difference in differences
        ],
    }
    if right.seen:
        document |= {"tried": right.tried, "untried": right.untried}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _at(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line or None} if place else None


def as_markdown(differences: list[Difference], left: Surface, right: Surface) -> str:
    """A table, and a line that counts."""
    sides = _sides(left, right)
    rows = [
        f"| {difference.kind} | `{difference.subject}` | {_cell(difference.before, difference.before_at)} |"
        f" {_cell(difference.after, difference.after_at)}{_places(difference)} | {difference.advice} |"
        for difference in differences
    ]
    head = (
        [f"| difference | of | {sides[0]} | {sides[1]} | what to do |", "|---|---|---|---|---|"]
        if rows
        else []
    )
    untried = [f"- {line}" for line in _untried(right)]
    more = [*([""] if rows else []), *untried, *([""] if untried else [])]
    return "\n".join([*head, *rows, *more, _summary(differences, left, right)])


def _places(difference: Difference) -> str:
    return "".join(f"<br>`{seen}`" for seen in difference.seen)


def _cell(what: str, at: Place | None) -> str:
    text = what.replace("|", "\\|") if what == "—" else f"`{what.replace('|', chr(92) + '|')}`"
    return f"{text} {at}" if at else text
