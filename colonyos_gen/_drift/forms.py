"""What a value must look like on the wire, as plain data: of generated types, or of a schema that was read."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from colonyos_gen_wire.base import OpenIntEnum
from colonyos_gen_wire.codec import shape_of
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Property, Shape

Kind: TypeAlias = Literal[
    "string", "integer", "number", "boolean", "time", "bytes", "any", "list", "map", "struct"
]


@dataclass(eq=False, slots=True)
class Form:
    """One value. It may lead to itself, as a struct can hold others of its kind."""

    kind: Kind
    null: bool = False
    """Whether the server may write null."""
    item: Form | None = None
    """Of the elements of a list, or the values of a map."""
    name: str = ""
    """Of a struct, or of the enum that a number is of."""
    fields: dict[str, Expected] = field(default_factory=dict[str, "Expected"])
    """Of a struct, by their keys."""
    values: frozenset[int] = frozenset()
    """What an enum knows; empty for a plain number."""
    msgtype: str = ""
    """What a struct says of itself under this key; empty for one that does not."""


@dataclass(eq=False, slots=True)
class Expected:
    """One key of a struct."""

    form: Form
    always: bool
    """Whether the server writes it in any case."""
    since: str | None = None
    """First server release that has it; None for what was there from the start."""


@functools.cache
def reply_form(method: Method[Any, Any]) -> Form | None:
    """What `method` is answered with; None where that is nothing."""
    if method.response is None:
        return None
    form = _form(shape_of(method.response), None)
    form.null = method.null_when_empty
    return form


_structs: dict[type[msgspec.Struct], Form] = {}


def _form(shape: Shape, enum: type[OpenIntEnum] | None) -> Form:
    if isinstance(shape, ListOf):
        return Form("list", item=_form(shape.item, enum))
    if isinstance(shape, MapOf):
        return Form("map", item=_form(shape.item, enum))
    if isinstance(shape, Leaf):
        null = shape in (Leaf.ANY, Leaf.TIME)
        if enum is None or shape is not Leaf.INTEGER:
            return Form(shape.value, null)
        return Form("integer", name=enum.__name__, values=frozenset(map(int, enum)))
    form = _struct(shape.type)
    return (
        Form("struct", True, name=form.name, fields=form.fields, msgtype=form.msgtype)
        if shape.optional
        else form
    )


def _struct(type_: type[msgspec.Struct]) -> Form:
    if type_ not in _structs:
        tag = type_.__struct_config__.tag
        form = _structs[type_] = Form("struct", name=type_.__name__, msgtype=str(tag or ""))
        enums = {entry.name: _enum_in(entry.type) for entry in msgspec.structs.fields(type_)}
        for entry in FIELDS[type_]:
            form.fields[entry.wire] = _expected(entry, enums[entry.name])
    return _structs[type_]


def _expected(entry: Property, enum: type[OpenIntEnum] | None) -> Expected:
    form = _form(entry.shape, enum)
    if entry.null_when_empty or entry.null_as_sent:
        form.null = True
    return Expected(form, not entry.omit_empty, entry.since)


def _enum_in(annotation: Any) -> type[OpenIntEnum] | None:
    """The enum that an annotation names, be it inside a list or a union."""
    if isinstance(annotation, type) and issubclass(annotation, OpenIntEnum):
        return annotation
    return next((found for part in get_args(annotation) if (found := _enum_in(part))), None)
