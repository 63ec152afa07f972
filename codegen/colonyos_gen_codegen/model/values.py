"""What values there are: types, fields, objects and enums."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from colonyos_gen_codegen.schema.findings import Position


class Scalar(Enum):
    """The leaves of the type system."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    """A point in time; unset when the year is 1 or less."""
    BYTES = "bytes"
    """Bytes, base64 on the wire."""
    ANY = "any"
    """Any JSON value."""


@dataclass(frozen=True)
class Limit:
    """What a value that is sent must satisfy; `rule` says it in words."""

    rule: str
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    excluded: tuple[int, ...] = ()
    max_bytes: int | None = None


@dataclass(frozen=True)
class Type:
    """The type of a value. `kind` tells which of the other attributes count."""

    kind: Literal["scalar", "list", "map", "struct", "enum"]
    scalar: Scalar = Scalar.ANY
    item: Type | None = None
    """Element type of a list, value type of a map."""
    name: str = ""
    """Name of the struct or enum."""
    limit: Limit | None = None
    optional: bool = False
    """Whether the value may be absent as a whole (JSON null), as opposed to empty."""
    int64: bool = False
    key: Type | None = None
    """Type of the keys of a map, where they have a limit."""

    def walk(self) -> list[Type]:
        """This type and the types inside it."""
        inner = [type_ for part in (self.key, self.item) if part for type_ in part.walk()]
        return [self, *inner]


@dataclass(frozen=True)
class Field:
    """One property of a struct or of a request."""

    name: str
    wire: str
    type: Type
    description: str
    position: Position
    required: bool = False
    default: Any = None
    unit: str | None = None
    go_null: bool = False
    """Whether the wire may hold null for an empty value."""
    null_in_reply: bool = False
    """Whether null is written for an empty value by whoever does not remember how it was sent."""
    null_as_sent: bool = False
    """Whether the Go server writes now null and now the empty value, mostly as it was sent."""
    omit_empty: bool = False
    """Whether the Go server leaves the key out when the value is empty."""
    refine: tuple[tuple[str, Limit], ...] = ()
    """Limits on the fields of the struct that hold here only, by field name."""
    json: Type | None = None
    """Of a text: the struct that it is the JSON of."""
    among: tuple[tuple[str, str], ...] = ()
    """Of a list of structs: paths of wire names to texts, each with the wire name of the field of some element to equal."""
    secret: bool = False
    """Whether the value must never be printed."""
    deprecated: bool = False
    since: str | None = None
    """First server release that has it; None for what was there from the start."""
    until: str | None = None
    """Last server release that has it; None for what is still there."""
    replaced: str = ""
    """Since when to avoid it, and what to use instead; empty if nobody says so."""


@dataclass(frozen=True)
class Argument:
    """A parameter of a short constructor or method, and the field it goes to."""

    name: str
    path: tuple[str, ...]
    """Public field names from the struct down to the value."""
    field: Field


@dataclass(frozen=True)
class Option:
    """A keyword of the short ways to make a struct, and the field it goes to."""

    name: str
    path: tuple[str, ...]
    """Public field names from the struct down to the value."""
    wire: str
    """The same in wire names, joined by dots."""
    field: Field
    """The field, with the description that it has as an option."""
    quantity: Literal["cores", "bytes"] | None = None
    """Of a text: what a number, given instead of it, counts."""
    minimum: int | None = None
    maximum: int | None = None
    also: tuple[str, ...] = ()
    """Names that people take for it, and that no function is given instead."""


@dataclass(frozen=True)
class FileForm:
    """How a struct is written in files that people write by hand."""

    fill: tuple[Argument, ...] = ()
    """What the reader of a file may supply where the file leaves it empty."""
    list: Field | None = None
    """The field that a file stands for that holds a bare list."""
    unset_zero: tuple[Field, ...] = ()
    """Numbers whose 0 means that nothing was said, which is to say the default."""


@dataclass(frozen=True)
class Struct:
    """A JSON object with known keys."""

    name: str
    domain: str
    description: str
    direction: Literal["request", "reply", "both"]
    fields: tuple[Field, ...]
    position: Position
    constructor: tuple[Argument, ...] = ()
    msgtype: str | None = None
    """The constant `msgtype` that the object carries, if any."""
    file: FileForm | None = None
    options: tuple[Option, ...] = ()
    """What the short ways to make one take by name, in order."""
    deprecated: bool = False
    since: str | None = None
    """First server release that has it; None for what was there from the start."""
    until: str | None = None
    """Last server release that has it; None for what is still there."""
    replaced: str = ""
    """Since when to avoid it, and what to use instead; empty if nobody says so."""


@dataclass(frozen=True)
class Member:
    """One named value of an enum."""

    name: str
    value: int
    description: str
    colour: str = ""
    """How it is drawn, as `#rrggbb`; empty where the service draws none."""
    since: str | None = None
    """First server release that has it; None for what was there from the start."""
    until: str | None = None
    """Last server release that has it; None for what is still there."""


@dataclass(frozen=True)
class Enumeration:
    """A set of named integers, open: values without a name are kept."""

    name: str
    domain: str
    description: str
    members: tuple[Member, ...]
    position: Position
    final: tuple[str, ...] = ()
    """Names of the members that no other state follows."""

    @property
    def coloured(self) -> bool:
        """Whether the members have colours."""
        return any(member.colour for member in self.members)
