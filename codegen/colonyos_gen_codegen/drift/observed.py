"""What a running server, or a recording of one, was seen to do otherwise than the schema says, as differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from colonyos_gen_codegen.drift.surface import (
    Field,
    Kind,
    Member,
    Message,
    Place,
    Reply,
    Shape,
    Struct,
    Surface,
)
from colonyos_gen_codegen.drift.telling import Difference, Seen
from colonyos_gen_codegen.model import Service

SightingKind = Literal["unknown", "missing", "mistyped", "enum", "refused", "unread", "message"]

_KINDS: dict[SightingKind, str] = {
    "unknown": "field unknown",
    "missing": "field missing",
    "mistyped": "field mistyped",
    "enum": "enum value unknown",
    "refused": "message refused as unknown",
    "unread": "reply unreadable",
    "message": "message unknown",
}


@dataclass(frozen=True)
class Sighting:
    """One thing that is otherwise at one place of the replies to one message."""

    kind: SightingKind
    msgtype: str
    path: str
    """Keys with dots between; empty for the reply as a whole."""
    owner: str
    """Name of the struct, or of the enum; empty for neither."""
    key: str
    """Key in the struct; of an enum the number."""
    expected: str
    """What the schema says; empty for nothing."""
    found: str
    """What there was, in words."""
    times: int
    """How often it was there."""
    replies: int
    """In how many replies."""
    of: int
    """How many replies to the message were read."""
    first: str = ""
    """Where it was seen first: a file, and what in it; empty for a server."""
    values: tuple[Any, ...] = ()
    """Some of what there was, to draft from. It is in no text."""


@dataclass
class Observed:
    """All that was seen."""

    label: str
    """Address of the server, or the recordings."""
    side: Literal["server", "recording"]
    release: str = ""
    """What the server says that it is; empty where it was not asked."""
    sightings: list[Sighting] = field(default_factory=list[Sighting])
    tried: dict[str, int] = field(default_factory=dict[str, int])
    """By message type, how many replies were read."""
    untried: dict[str, str] = field(default_factory=dict[str, str])
    """By message type, why no reply to it was read."""
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Access:
    """Where a server is, and which variables hold the keys for it."""

    url: str
    server_key: str
    colony_key: str
    member_key: str
    colonyname: str | None
    """Colony of the two last keys; None for that of the environment."""


class Observer(Protocol):
    """What talks to servers and reads recordings, which the generator itself does not know how to."""

    def server(self, service: Service, access: Access) -> Observed:
        """Try the messages of `service` on a server. Raises DriftError if that cannot be done."""
        ...

    def recorded(self, service: Service, folder: Path) -> Observed:
        """Read all recordings below a folder, or in a file. Raises DriftError if there are none."""
        ...


def surface_of(observed: Observed) -> Surface:
    """What was seen, as one side of a report."""
    replies = sum(observed.tried.values())
    many = "reply" if replies == 1 else "replies"
    surface = Surface(
        observed.label, notes=list(observed.notes), release=observed.release, side=observed.side
    )
    surface.tried, surface.untried = dict(observed.tried), dict(observed.untried)
    surface.seen = f"{replies} {many} to {len(observed.tried)} messages of {observed.label}"
    return surface


def observed_differences(left: Surface, observed: Observed, right: Surface) -> Iterator[Difference]:
    """One difference for each thing to mend, with all places where it was seen. `right` gets the structs to draft."""
    if observed.release and left.release and observed.release.lstrip("v") != left.release.lstrip("v"):
        yield Difference("version differs", "server", left.release, observed.release, None, None)
    order = list(_KINDS)
    found = sorted(
        observed.sightings,
        key=lambda each: (order.index(each.kind), each.owner or each.msgtype, each.key, each.expected),
    )
    for _, group in groupby(found, key=lambda each: (each.kind, each.owner or each.msgtype, each.key)):
        yield _difference(left, list(group), right)


def _difference(left: Surface, group: list[Sighting], right: Surface) -> Difference:
    one = group[0]
    struct = left.struct(one.owner)
    message = left.messages.get(one.msgtype)
    enum = next((enum for enum in left.enums if enum.name == one.owner), None) if one.kind == "enum" else None
    entry = next((entry for entry in struct.fields if entry.key == one.key), None) if struct else None
    described = entry or struct or enum or message
    seen = tuple(
        Seen(each.msgtype, each.path, each.times, each.replies, each.of, each.first)
        for each in sorted(group, key=lambda each: (each.msgtype, each.path))
    )
    after = " or ".join(dict.fromkeys(each.found for each in group)) if one.kind != "missing" else "—"
    at = next((Place(each.first, 0) for each in group if each.first), None)
    subject = f"{one.owner}.{one.key}" if one.owner and one.kind != "enum" else one.owner or one.msgtype
    new: Message | Field | Member | None = None
    values = [value for each in group for value in each.values]
    place = at or Place(f"{right.label} {one.msgtype}", 0)
    if one.kind == "unknown":
        new = Field(one.key, one.key, shape_of(values), place)
    elif one.kind == "enum":
        subject = f"{one.owner} {one.found}"
        new = Member(f"VALUE_{one.found}".replace("-", "MINUS_"), int(one.found), place)
    elif one.kind == "message":
        new = _message(one, values, place, right)
    return Difference(
        _KINDS[one.kind],
        subject,
        one.expected or "—",
        after or "—",
        described.place if described else None,
        at,
        new=new,
        owner=one.owner,
        seen=seen,
    )


def _message(one: Sighting, values: list[Any], place: Place, right: Surface) -> Message:
    """A message of which only a request and a reply are known."""
    pair: tuple[Any, Any] = values[0] if values else (None, None)
    request, reply = pair
    name = f"{one.msgtype.removesuffix('msg').capitalize()}Msg"
    struct = right.others[name] = Struct(name, name, _fields(request, place), place)
    shape = None if reply in ({}, None) else shape_of([reply])
    return Message(one.msgtype, place, struct.id, reply=Reply(shape, place=place))


def _fields(value: Any, place: Place) -> tuple[Field, ...]:
    entries = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return tuple(Field(key, key, shape_of([item]), place) for key, item in entries.items())


def shape_of(values: list[Any]) -> Shape:
    """What values seem to be, as far as they agree; an object is a map of anything."""
    kinds: set[Kind] = {_kind(value) for value in values if value is not None}
    if kinds == {"integer", "number"}:
        return Shape("number")
    kind: Kind = kinds.pop() if len(kinds) == 1 else "any"
    if kind == "list":
        return Shape("list", shape_of([item for value in values if value for item in value]))
    if kind == "map":
        return Shape("map", shape_of([item for value in values if value for item in value.values()]))
    return Shape(kind)


def _kind(value: Any) -> Kind:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case dict():
            return "map"
        case _:
            return "any"
