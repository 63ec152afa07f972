"""What is different between the fields of one struct on two sides."""

from __future__ import annotations

from collections.abc import Iterator

from colonyos_gen_codegen.drift.pairing import alike_names, best_pairs, plain, same_name, swapped
from colonyos_gen_codegen.drift.surface import Field, Shape, Struct, Surface
from colonyos_gen_codegen.drift.telling import Difference

_IGNORED = "msgtype"
_ALIKE = 0.6
"""How alike two keys of one place must be for one to have come for the other."""


def field_differences(
    left: Surface, one: Struct, right: Surface, other: Struct, pairs: dict[str, str], answered: bool
) -> Iterator[Difference]:
    """The differences between `one` and `other`; `answered`: in replies, where nothing and empty are not the same."""
    if one.unreadable or other.unreadable:
        if not left.described and one.unreadable != other.unreadable:
            was, now = one.unreadable or "plain fields", other.unreadable or "plain fields"
            yield Difference("type written otherwise", one.name, was, now, one.place, other.place)
        return
    names, others = left.names(), right.names()
    owner = one.name if left.described else other.name
    keys = {entry.key: entry for entry in other.fields if entry.key != _IGNORED}
    gone = [entry for entry in one.fields if entry.key != _IGNORED and entry.key not in keys]
    new = [entry for key, entry in keys.items() if key not in {mine.key for mine in one.fields}]
    renamed = _renamed(one, other, gone, new, pairs)
    left_over = [entry for entry in new if all(entry is not match for match in renamed.values())]
    for entry in one.fields:
        if entry.key == _IGNORED:
            continue
        subject = f"{owner}.{entry.key}"
        match = keys.get(entry.key) or renamed.get(entry.key)
        was = _told(entry, names)
        if match is None:
            hint = _hint(entry, [mine for mine in gone if mine.key not in renamed], left_over, pairs)
            yield Difference("field removed", subject, was, "—", entry.place, other.place, hint)
            continue
        now = _told(match, others)
        if match.key != entry.key:
            subject = f"{subject} -> {match.key}"
            was, now = f"{entry.key}: {was}", f"{match.key}: {now}"
            same = same_shape(entry.shape, match.shape, pairs)
            kind = "field renamed" if same else "field renamed and retyped"
            yield Difference(kind, subject, was, now, entry.place, match.place, new=match, owner=one.id)
        elif not same_shape(entry.shape, match.shape, pairs) and not _is_base64(left, one, entry, match):
            yield Difference("field retyped", subject, was, now, entry.place, match.place)
        elif _null_differs(left, entry, match, answered):
            plain = left.described and match.shape.kind in ("string", "integer", "number", "boolean")
            hint = f"a schema has no word for null of a {match.shape.kind}" if plain else ""
            yield Difference("field nullability changed", subject, was, now, entry.place, match.place, hint)
        elif answered and entry.omit_empty != match.omit_empty:
            yield Difference("field omission changed", subject, was, now, entry.place, match.place)
    for entry in left_over:
        yield Difference(
            "field added",
            f"{owner}.{entry.key}",
            "—",
            _told(entry, others),
            one.place,
            entry.place,
            new=entry,
            owner=one.id,
        )


def _renamed(
    one: Struct, other: Struct, gone: list[Field], new: list[Field], pairs: dict[str, str]
) -> dict[str, Field]:
    """The fields that have another key: of one name on both sides, or that took part in the renaming of their struct."""
    found: dict[str, Field] = {}
    for entry in gone:
        for match in new:
            taken = any(match is used for used in found.values())
            along = one.name != other.name and swapped(one.name, other.name, entry.key) == plain(match.key)
            along = along or _follows(one, other, entry, match)
            if (
                not taken
                and same_shape(entry.shape, match.shape, pairs)
                and (same_name(entry, match) or along)
            ):
                found[entry.key] = match
                break
    return found | _in_place(one, other, gone, new, found)


def _in_place(
    one: Struct, other: Struct, gone: list[Field], new: list[Field], found: dict[str, Field]
) -> dict[str, Field]:
    """Those with a name much like the one that stood between the same fields before, of whatever type."""
    taken = {match.key for match in found.values()}
    was, now = _neighbours(one, gone), _neighbours(other, new)
    scored = [
        (1.0 if same_name(entry, match) else alike_names(entry.key, match.key), entry.key, match.key)
        for entry in gone
        for match in new
        if entry.key not in found
        and match.key not in taken
        and (same_name(entry, match) or _meet(was[entry.key], now[match.key]))
    ]
    keys = {entry.key: entry for entry in new}
    return {mine: keys[theirs] for mine, theirs in best_pairs(scored, _ALIKE).items()}


def _meet(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] or one[1] == other[1]


def _neighbours(struct: Struct, moving: list[Field]) -> dict[str, tuple[str, str]]:
    """For each of `moving`, the keys before and behind it that stay; empty at the ends."""
    keys = [entry.key for entry in struct.fields if entry.key != _IGNORED]
    away = {entry.key for entry in moving}
    before: dict[str, str] = {}
    behind: dict[str, str] = {}
    for order, found in ((keys, before), (keys[::-1], behind)):
        last = ""
        for key in order:
            found[key] = last
            last = last if key in away else key
    return {key: (before[key], behind[key]) for key in away}


def _follows(one: Struct, other: Struct, entry: Field, match: Field) -> bool:
    """Whether the key is the name of the type in both, and the struct around them was renamed as well."""
    names = plain(entry.shape.struct.rpartition(".")[2]), plain(match.shape.struct.rpartition(".")[2])
    return one.name != other.name and all(names) and names == (plain(entry.key), plain(match.key))


def same_shape(one: Shape, other: Shape, pairs: dict[str, str]) -> bool:
    """Whether two shapes are the same on the wire; what cannot be read is taken to be."""
    if "unreadable" in (one.kind, other.kind):
        return True
    if one.kind != other.kind:
        return False
    if one.item and other.item:
        return same_shape(one.item, other.item, pairs)
    return one.kind != "struct" or pairs.get(one.struct) == other.struct


def _null_differs(left: Surface, entry: Field, match: Field, answered: bool) -> bool:
    """Whether null is a value on one side alone: of what is answered, or of two servers anywhere."""
    if not left.described:
        return entry.shape.nullable != match.shape.nullable or _nulls_inside(entry) != _nulls_inside(match)
    if not answered or match.shape.kind in ("any", "time", "unreadable"):  # of which null is a value anyhow
        return False
    known = entry.shape.nullable or entry.null_is_empty
    if match.shape.nullable and not match.omit_empty and not known:
        return True
    return _nulls_inside(match) or (entry.shape.nullable and not match.shape.nullable)


def _nulls_inside(entry: Field) -> bool:
    """Whether a list or map holds values that are null or plain; that one of structs has nulls is never meant."""
    shape = entry.shape.item
    while shape:
        if shape.nullable and shape.kind not in ("any", "time", "struct", "unreadable"):
            return True
        shape = shape.item
    return False


def _is_base64(left: Surface, one: Struct, entry: Field, match: Field) -> bool:
    """Whether it is a text of the envelope, of which a schema also knows what it holds."""
    return (
        left.described
        and one.id not in left.structs
        and (entry.shape.kind, match.shape.kind) == ("bytes", "string")
    )


def _told(entry: Field, names: dict[str, str]) -> str:
    return entry.shape.told(names) + (", left out when empty" if entry.omit_empty else "")


def _hint(entry: Field, gone: list[Field], new: list[Field], pairs: dict[str, str]) -> str:
    """A word on the one new field that may have come in the place of `entry`, if no other can have done so."""
    like = [match for match in new if same_shape(entry.shape, match.shape, pairs)]
    rivals = [mine for mine in gone if like and same_shape(mine.shape, like[0].shape, pairs)]
    return f"{like[0].key} may have come in its place" if len(like) == 1 and len(rivals) == 1 else ""
