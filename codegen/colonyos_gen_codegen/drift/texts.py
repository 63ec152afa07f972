"""What is different between the texts with which two sides refuse one message."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from colonyos_gen_codegen.drift.comparing import Comparison
from colonyos_gen_codegen.drift.pairing import swapped
from colonyos_gen_codegen.drift.surface import Message, Surface, Text
from colonyos_gen_codegen.drift.telling import Difference

_ALIKE = 0.75
"""How much of two texts must be the same for one to have come in the place of the other."""


def text_differences(comparison: Comparison) -> Iterator[Difference]:
    """The texts that changed, and between two sources those that came and went as well.

    A schema has texts of the database and of checks that no handler writes down, and leaves out what cannot happen;
    so of a schema only those count that the handler has nearly so.
    """
    left, right = comparison.left, comparison.right
    for message in left.messages.values():
        other = right.messages.get(comparison.renamed.get(message.msgtype, message.msgtype))
        if other and message.registered and other.registered and other.refusals:
            yield from _texts(message, other, left, right)


def _texts(message: Message, other: Message, left: Surface, right: Surface) -> Iterator[Difference]:
    names = (message.msgtype, other.msgtype) if message.msgtype != other.msgtype else None
    was = {_known_by(entry, names): entry for entry in message.refusals}
    now = {_known_by(entry, names): entry for entry in other.refusals}
    gone = [entry for key, entry in was.items() if key not in now and not _is_elsewhere(entry, right)]
    new = [entry for key, entry in now.items() if key not in was and not _is_elsewhere(entry, left)]
    pairs = sorted(((_alike(one, two), one.text, two.text) for one in gone for two in new), reverse=True)
    changed: dict[str, str] = {}
    for score, one, two in pairs:
        if score >= _ALIKE and one not in changed and two not in changed.values():
            changed[one] = two
    subject = message.msgtype
    for entry in gone:
        if entry.text in changed:
            match = next(two for two in new if two.text == changed[entry.text])
            yield Difference("error text changed", subject, entry.text, match.text, entry.place, match.place)
        elif not left.described:
            yield Difference("error text removed", subject, entry.text, "—", entry.place, other.place)
    for entry in new:
        if not left.described and entry.text not in changed.values():
            yield Difference("error text added", subject, "—", entry.text, message.place, entry.place)


def _is_elsewhere(entry: Text, side: Surface) -> bool:
    """Whether a side that has no such text in the handler has it in another function."""
    return bool(side.written) and all(part.strip() in side.written for part in entry.text.split("{}"))


def _known_by(entry: Text, names: tuple[str, str] | None) -> str:
    """The text without its spaces; of a message that was renamed, also without what its name changed."""
    return swapped(*names, entry.text) if names else "".join(entry.text.split())


def _alike(one: Text, two: Text) -> float:
    return SequenceMatcher(None, one.text, two.text, autojunk=False).ratio()
