"""What a schema says can be seen on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from colonyos_gen_codegen.drift.surface import (
    Enumeration,
    Field,
    Kind,
    Member,
    Message,
    Place,
    Reply,
    Shape,
    Struct,
    Surface,
    Text,
)
from colonyos_gen_codegen.model import Service, Type
from colonyos_gen_codegen.model import Struct as Described
from colonyos_gen_codegen.schema.findings import Position

_KINDS: dict[str, Kind] = {
    kind: kind for kind in ("string", "integer", "number", "boolean", "time", "bytes", "any")
}
_PLACEHOLDER = re.compile(r"\{\w+\}")


def describe(service: Service, root: Path) -> Surface:
    """The surface that `service` describes; `root` is the folder of its files, as people are shown it."""
    told = root.as_posix()
    surface = Surface(told, release=service.server_version, described=True)

    def place(position: Position) -> Place:
        return Place(f"{told}/{position.file}", position.line)

    for message in service.messages:
        shape = _shape(message.reply.type) if message.reply.type else None
        reply = None if message.reply.stream else Reply(shape, message.reply.payloadtype or "")
        at = place(message.struct.position)
        surface.messages[message.msgtype] = Message(
            message.msgtype,
            at,
            message.struct.name,
            message.registered,
            reply,
            refusals=tuple(Text(_PLACEHOLDER.sub("{}", error.text), at) for error in message.errors),
        )
        surface.others[message.struct.name] = _struct(message.struct, told)
    for described in service.structs:
        surface.others[described.name] = _struct(described, told)
    streamed = (_shape(message.reply.type) for message in service.messages if message.reply.type)
    requests = (
        Shape("struct", struct=message.struct) for message in surface.messages.values() if message.registered
    )
    wire = surface.walk(iter([*streamed, *requests]))
    for id in [id for id in surface.others if id in wire]:
        surface.structs[id] = surface.others.pop(id)
    for enum in service.enums:
        members = tuple(Member(member.name, member.value, place(enum.position)) for member in enum.members)
        surface.enums.append(Enumeration(enum.name, members, place(enum.position)))
    surface.enums += _texts(service, told)
    return surface


def _texts(service: Service, root: str) -> Iterator[Enumeration]:
    """The texts that are values of one thing, by what their names begin with: `ENTRY` of `ENTRY_DATA` and `ENTRY_END`."""
    groups: dict[str, list[Member]] = {}
    at = Place(f"{root}/colonyos.yaml", 1)
    for constant in service.texts:
        groups.setdefault(constant.name.partition("_")[0], []).append(
            Member(constant.name, constant.value, at)
        )
    for name, members in groups.items():
        if len(members) > 1:
            yield Enumeration(name, tuple(members), at)


def _struct(described: Described, root: str) -> Struct:
    fields = tuple(
        Field(
            key=entry.wire,
            name=entry.name,
            shape=_shape(entry.type),
            place=Place(f"{root}/{entry.position.file}", entry.position.line),
            omit_empty=entry.omit_empty,
            optional=not entry.required,
            null_is_empty=entry.null_in_reply or entry.null_as_sent,
        )
        for entry in described.fields
    )
    at = Place(f"{root}/{described.position.file}", described.position.line)
    return Struct(described.name, described.name, fields, at)


def _shape(type_: Type) -> Shape:
    if type_.kind == "list" and type_.item:
        return Shape("list", _shape(type_.item), nullable=type_.optional)
    if type_.kind == "map" and type_.item:
        return Shape("map", _shape(type_.item), nullable=type_.optional)
    if type_.kind == "struct":
        return Shape("struct", struct=type_.name, nullable=type_.optional)
    if type_.kind == "enum":
        return Shape("integer", nullable=type_.optional)
    return Shape(_KINDS[type_.scalar.value], nullable=type_.optional)
