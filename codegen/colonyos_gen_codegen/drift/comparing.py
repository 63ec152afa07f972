"""What is different between two surfaces, each difference once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from colonyos_gen_codegen.drift.fields import field_differences
from colonyos_gen_codegen.drift.pairing import (
    known_by,
    pair_enums,
    pair_structs,
    plain,
    renamed_messages,
    swaps,
)
from colonyos_gen_codegen.drift.surface import Enumeration, Member, Message, Place, Reply, Struct, Surface
from colonyos_gen_codegen.drift.telling import Difference

_GONE = {"message removed", "message unregistered", "type removed", "enum value removed"}
_ADDED = {"message added", "message registered", "type added", "enum value added"}


@dataclass
class Comparison:
    """Two surfaces, and what of one is what of the other."""

    left: Surface
    right: Surface
    renamed: dict[str, str]
    structs: dict[str, str]

    def differences(self) -> Iterator[Difference]:
        """All of them: messages first, then types with their fields, then enums.

        What one side may have in a file that could not be read is told in its notes instead.
        """
        for difference in self._all():
            side = self.left if difference.kind in _ADDED else self.right
            file = side.may_hold(_word(difference)) if difference.kind in _ADDED | _GONE else ""
            if file:
                what = difference.kind.rpartition(" ")[0]
                side.notes.append(
                    f"{what} {difference.subject} is not compared: it may be in {file}, which is not read"
                )
            else:
                yield difference

    def _all(self) -> Iterator[Difference]:
        yield from self._messages()
        yield from self._types()
        yield from self._enums()

    def _messages(self) -> Iterator[Difference]:
        back = {new: old for old, new in self.renamed.items()}
        for message in self.left.messages.values():
            other = self.right.messages.get(self.renamed.get(message.msgtype, message.msgtype))
            if message.registered:
                yield from self._registered(message, other)
            elif other and other.registered:
                yield _message(
                    "message registered", message.msgtype, message, other, "no handler", "a handler"
                )
        for other in self.right.messages.values():
            if other.registered and other.msgtype not in self.left.messages and other.msgtype not in back:
                yield _message(
                    "message added", other.msgtype, None, other, "—", self._request(self.right, other)
                )

    def _registered(self, message: Message, other: Message | None) -> Iterator[Difference]:
        was = self._request(self.left, message)
        if other is None:
            yield _message("message removed", message.msgtype, message, None, was, "—")
        elif not other.registered:
            yield _message(
                "message unregistered", message.msgtype, message, other, "a handler", "a name only"
            )
        elif other.msgtype != message.msgtype:
            now = f"{other.msgtype} {self._request(self.right, other)}"
            subject = f"{message.msgtype} -> {other.msgtype}"
            yield _message("message renamed", subject, message, other, f"{message.msgtype} {was}", now)
            yield from self._reply(message, other)
        else:
            yield from self._reply(message, other)

    def _request(self, side: Surface, message: Message) -> str:
        struct = side.struct(message.struct)
        if struct is None:
            return "{?}"
        names = side.names()
        fields = (
            f"{entry.key}: {entry.shape.told(names)}" for entry in struct.fields if entry.key != "msgtype"
        )
        return f"{{{', '.join(fields)}}}"

    def _reply(self, message: Message, other: Message) -> Iterator[Difference]:
        one, two = message.reply, other.reply
        if one is None or two is None:
            return
        was, now = _told(one, self.left), _told(two, self.right)
        at = two.place or other.place
        if not self._same_reply(one, two):
            yield Difference("reply changed", message.msgtype, was, now, one.place or message.place, at)
        elif one.payloadtype != two.payloadtype:
            yield Difference(
                "reply payloadtype changed",
                message.msgtype,
                one.payloadtype or message.msgtype,
                two.payloadtype or other.msgtype,
                one.place or message.place,
                at,
            )

    def _same_reply(self, one: Reply, two: Reply) -> bool:
        if "unreadable" in (_inmost(one), _inmost(two)):
            return True
        if self.left.described and two.echo:  # a schema calls an echo no result
            return one.shape is None or self.structs.get(one.shape.struct) == (two.shape and two.shape.struct)
        if one.shape is None or two.shape is None or one.echo != two.echo:
            return (one.shape is None) == (two.shape is None) and one.echo == two.echo
        lists = one.shape.kind == two.shape.kind and (one.shape.item is None) == (two.shape.item is None)
        first, second = one.shape.inner(), two.shape.inner()
        return lists and self.structs.get(first, first) == second

    def _types(self) -> Iterator[Difference]:
        back = {other: one for one, other in self.structs.items()}
        requests = self.left.requests()
        for id, struct in {**self.left.structs, **self.left.others}.items():
            other = self.right.struct(self.structs.get(id, ""))
            if other is None:
                if id in self.left.structs and id not in requests:
                    yield Difference("type removed", struct.name, _keys(struct), "—", struct.place, None)
                continue
            if id not in self.left.structs and other.id not in self.right.structs and not self.left.described:
                continue
            request = id in requests
            if not request and self._is_renamed(struct, other):
                yield Difference(
                    "type renamed",
                    f"{struct.name} -> {other.name}",
                    f"{struct.name} {_keys(struct)}",
                    f"{other.name} {_keys(other)}",
                    struct.place,
                    other.place,
                )
            yield from field_differences(
                self.left, struct, self.right, other, self.structs, self._answered(struct.id)
            )
        for id, other in self.right.structs.items():
            if id not in back and id not in self.right.requests():
                yield Difference("type added", other.name, "—", _keys(other), None, other.place, new=other)

    def _is_renamed(self, one: Struct, other: Struct) -> bool:
        """Whether the name changed; of a schema, whose names are its own, whether it changed as those of messages did."""
        if not self.left.described:
            return one.name != other.name
        first, second = plain(one.name), plain(other.name)
        return any(
            first != second and first.replace(was, now) == second for was, now in swaps(self.renamed) if was
        )

    def _answered(self, id: str) -> bool:
        """Whether the left side answers with the struct, or with one that holds it."""
        return id in self.left.walk(self.left.replies())

    def _enums(self) -> Iterator[Difference]:
        pairs = pair_enums(self.left, self.right)
        described = self.left.described
        for one, other in pairs:
            yield from _members(one, other, described)
        for enum in self.left.enums:  # the texts of a schema need not be constants of the server
            if all(enum is not one for one, _ in pairs) and not (described and enum.is_text):
                yield from _members(enum, None, described)
        for enum in self.right.enums:
            if all(enum is not other for _, other in pairs) and not (described and enum.is_text):
                yield from _members(None, enum, described)


def compare(left: Surface, right: Surface) -> Comparison:
    """What of `right` is what of `left`, and with `differences()` what it has otherwise."""
    renamed = renamed_messages(left, right)
    return Comparison(left, right, renamed, pair_structs(left, right, renamed))


def _word(difference: Difference) -> str:
    """By what the thing would be known in a file; a type may have another name there, so it may be in any."""
    if difference.kind.startswith("type"):
        return ""
    return difference.subject.rpartition(".")[2].removesuffix("msg")


def _message(
    kind: str, msgtype: str, one: Message | None, other: Message | None, was: str, now: str
) -> Difference:
    new = other if kind in ("message added", "message registered", "message renamed") else None
    at, other_at = one.place if one else None, other.place if other else None
    return Difference(kind, msgtype, was, now, at, other_at, new=new, owner=one.struct if one else "")


def _told(reply: Reply, side: Surface) -> str:
    if reply.echo:
        return "the request once more"
    return reply.shape.told(side.names()) if reply.shape else "an empty object"


def _inmost(reply: Reply) -> str:
    shape = reply.shape
    while shape and shape.item:
        shape = shape.item
    return shape.kind if shape else ""


def _keys(struct: Struct) -> str:
    return f"{{{', '.join(entry.key for entry in struct.fields)}}}"


def _renamed_members(was: dict[str, Member], now: dict[str, Member]) -> dict[str, Member]:
    """Those of one value under another name, where no other has that value."""
    found: dict[str, Member] = {}
    for name, member in was.items():
        like = [entry for entry in now.values() if entry.value == member.value]
        rivals = [entry for entry in was.values() if entry.value == member.value]
        if name not in now and len(like) == len(rivals) == 1 and _name_of(like[0], now) not in was:
            found[name] = like[0]
    return found


def _name_of(member: Member, members: dict[str, Member]) -> str:
    """What `member` is known by among `members`."""
    return next(name for name, entry in members.items() if entry is member)


def _members(one: Enumeration | None, other: Enumeration | None, described: bool) -> Iterator[Difference]:
    """What two enums, or one that only one side has, have not in common."""
    named = next((enum.name for enum in (one, other) if enum and enum.name), "")
    was = {known_by(member, described): member for member in one.members} if one else {}
    now = {known_by(member, described): member for member in other.members} if other else {}
    again = _renamed_members(was, now)
    for name, member in was.items():
        subject = f"{named}.{member.name}" if named else member.name
        match = now.get(name) or again.get(name)
        if name in again and match:
            told = f"{subject} -> {match.name}"
            before, after = f"{member.name} = {member.value}", f"{match.name} = {match.value}"
            yield Difference("enum value renamed", told, before, after, member.place, match.place)
        elif match is None:
            place = other.place if other else None
            yield Difference("enum value removed", subject, str(member.value), "—", member.place, place)
        elif match.value != member.value:
            yield Difference(
                "enum value changed", subject, str(member.value), str(match.value), member.place, match.place
            )
    for name, member in now.items():
        if name not in was and member not in again.values():
            subject = f"{named}.{member.name}" if named else member.name
            at: Place | None = one.place if one else None
            yield Difference(
                "enum value added", subject, "—", str(member.value), at, member.place, new=member, owner=named
            )
