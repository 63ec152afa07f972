"""Which message, type and enum of one side is which of the other, by what they hold, where they stand and their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher

from colonyos_gen_codegen.drift.surface import Enumeration, Field, Member, Message, Struct, Surface

_ENOUGH = 0.45
"""How alike two types must be: as much as two of one name that share a few keys."""
_ENOUGH_UNNAMED = 0.6
_IGNORED = {"msgtype"}


def plain(name: str) -> str:
    """A name without what only spelling makes different."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def same_name(one: Field, other: Field) -> bool:
    """Whether two fields are one under two keys: the name of one side is the key or the name of the other."""
    return bool({plain(one.key), plain(one.name)} & {plain(other.key), plain(other.name)})


def renamed_messages(left: Surface, right: Surface) -> dict[str, str]:
    """Messages of `left` that `right` has under another name."""
    gone = [m for m in left.messages.values() if m.registered and m.msgtype not in right.messages]
    new = [m for m in right.messages.values() if m.registered and m.msgtype not in left.messages]
    seen = Counter(_swap(one.msgtype, other.msgtype) for one in gone for other in new)
    most = max(seen.values(), default=1)
    scored: list[tuple[float, str, str]] = []
    for one in gone:
        for other in new:
            score = 0.5 * _ratio(one.msgtype.removesuffix("msg"), other.msgtype.removesuffix("msg"))
            score += 0.3 * _like_requests(left, one, right, other) + 0.4 * _same_struct(
                left, one, right, other
            )
            often = (
                seen[_swap(one.msgtype, other.msgtype)] / most if most > 1 else 0
            )  # what many have in common
            scored.append((score + 0.3 * often, one.msgtype, other.msgtype))
    return best_pairs(scored, 0.65)


def _swap(one: str, other: str) -> tuple[str, str]:
    """What is different between two names, without what they begin and end with alike."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]


def swaps(renamed: dict[str, str]) -> set[tuple[str, str]]:
    """What the renamed messages have for what."""
    return {_swap(one, other) for one, other in renamed.items()}


def swapped(one: str, other: str, key: str) -> str:
    """`key` with what makes `other` of `one` done to it as well."""
    was, now = _swap(plain(one), plain(other))
    return plain(key).replace(was, now) if was and now else plain(key)


def _like_requests(left: Surface, one: Message, right: Surface, other: Message) -> float:
    first, second = left.struct(one.struct), right.struct(other.struct)
    if first is None or second is None:
        return 0.0
    along = frozenset(swapped(one.msgtype, other.msgtype, key) for key in first.keys)
    return max(_shared(first.keys, second.keys), _shared(along, frozenset(plain(key) for key in second.keys)))


def _same_struct(left: Surface, one: Message, right: Surface, other: Message) -> bool:
    """Whether the requests are of one name that no other message has, though the type of the message is another."""
    first, second = left.struct(one.struct), right.struct(other.struct)
    if sum(message.struct == one.struct for message in left.messages.values()) > 1:
        return False
    return first is not None and second is not None and first.name == second.name


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def alike_names(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1."""
    return _ratio(plain(one), plain(other))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    one, other = one - _IGNORED, other - _IGNORED
    return len(one & other) / len(one | other) if one | other else 1.0


def best_pairs(scored: Iterable[tuple[float, str, str]], enough: float) -> dict[str, str]:
    """The pairs that are most alike, each side at most once."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for score, one, other in sorted(scored, key=lambda entry: (-entry[0], *entry[1:])):
        if score >= enough and one not in found and other not in taken:
            found[one] = other
            taken.add(other)
    return found


def pair_structs(left: Surface, right: Surface, renamed: dict[str, str]) -> dict[str, str]:
    """Which struct of `right` each of `left` is, by id."""
    fixed = _requests(left, right, renamed)
    votes = _votes(left, right, renamed, fixed)
    lefts = {**left.others, **left.structs}
    rights = {**right.others, **right.structs}
    named = {struct.name for struct in rights.values()} & {struct.name for struct in lefts.values()}
    taken = set(fixed.values()) - right.walk(right.replies())  # one struct may ask and answer
    scored: list[tuple[float, str, str]] = []
    for one in lefts.values():
        for other in rights.values():
            if one.id in fixed or other.id in taken:
                continue
            voted = (one.id, other.id) in votes
            same = one.name == other.name
            score = _alike(one, other, voted)
            few = min(len(one.keys), len(other.keys)) < 2  # such as a lone name, which many have
            strangers = (
                not few
                and not {one.name, other.name} & named
                and one.id in left.structs
                and other.id in right.structs
            )
            if voted or same or (strangers and score >= _ENOUGH_UNNAMED):
                scored.append(
                    (
                        score + 0.001 * (one.id in left.structs) + 0.001 * (other.id in right.structs),
                        one.id,
                        other.id,
                    )
                )
    return {**fixed, **best_pairs(scored, _ENOUGH)}


def _alike(one: Struct, other: Struct, voted: bool) -> float:
    keys, others = one.keys - _IGNORED, other.keys - _IGNORED
    least = min(len(keys), len(others))
    overlap = len(keys & others) / least if least else 0.0
    name = 1.0 if one.name == other.name else 0.6 * _ratio(one.name.lower(), other.name.lower())
    return 0.5 * _shared(keys, others) + 0.1 * overlap + 0.3 * name + 0.4 * voted


def _requests(left: Surface, right: Surface, renamed: dict[str, str]) -> dict[str, str]:
    """Structs of the requests of one message on both sides. One that answers too is found like any other."""
    pairs: dict[str, str] = {}
    for message in left.messages.values():
        other = right.messages.get(renamed.get(message.msgtype, message.msgtype))
        if other and other.registered and message.struct and other.struct and message.registered:
            pairs[message.struct] = other.struct
    return pairs


def _votes(
    left: Surface, right: Surface, renamed: dict[str, str], fixed: dict[str, str]
) -> set[tuple[str, str]]:
    """Pairs of structs that stand in the same place of what is sent or answered."""
    waiting = list(fixed.items())
    for message in left.messages.values():
        other = right.messages.get(renamed.get(message.msgtype, message.msgtype))
        if other and message.reply and other.reply and message.reply.shape and other.reply.shape:
            waiting.append((message.reply.shape.inner(), other.reply.shape.inner()))
    found: set[tuple[str, str]] = set()
    while waiting:
        pair = waiting.pop()
        mine, theirs = left.struct(pair[0]), right.struct(pair[1])
        if pair in found or mine is None or theirs is None:
            continue
        found.add(pair)
        keys = {entry.key: entry for entry in theirs.fields}
        for entry in mine.fields:
            match = keys.get(entry.key) or keys.get(swapped(mine.name, theirs.name, entry.key))
            if match:
                waiting.append((entry.shape.inner(), match.shape.inner()))
    return found


def known_by(member: Member, described: bool) -> str:
    """What makes one value of an enum the same on both sides: its name, but of texts of a schema the text itself."""
    return member.value if described and isinstance(member.value, str) else plain(member.name)


def pair_enums(left: Surface, right: Surface) -> list[tuple[Enumeration, Enumeration]]:
    """Which enum is which, by the names of types and values."""
    scored: list[tuple[float, str, str]] = []
    for index, one in enumerate(left.enums):
        for position, other in enumerate(right.enums):
            if one.is_text != other.is_text:
                continue
            names, others = (
                frozenset(known_by(member, left.described) for member in enum.members)
                for enum in (one, other)
            )
            overlap = len(names & others) / max(1, min(len(names), len(others)))
            same = bool(one.name) and one.name == other.name
            if same or overlap >= 0.5:
                scored.append((overlap + _shared(names, others) + same, str(index), str(position)))
    return [(left.enums[int(one)], right.enums[int(other)]) for one, other in best_pairs(scored, 0.1).items()]
