"""What a server or a schema lets be seen on the wire, in one form for both, so that they can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "string", "integer", "number", "boolean", "time", "bytes", "any", "list", "map", "struct", "unreadable"
]


class DriftError(Exception):
    """The comparison cannot be made; says why in one line, with the remedy."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands; `line` counts from 1, and is 0 where only the file is known."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Shape:
    """The type of a value, as far as JSON shows it."""

    kind: Kind
    item: Shape | None = None
    """Of the elements of a list, or the values of a map."""
    struct: str = ""
    """Id of the struct in its surface."""
    nullable: bool = False
    """Whether null stands for no value at all (a pointer, in Go)."""
    enum: str = field(default="", compare=False)
    """Of a number: the name of the enum that it is a value of, where the source says so."""

    def inner(self) -> str:
        """Id of the struct that it is, or is a list or map of; empty for none."""
        return self.item.inner() if self.item else self.struct

    def told(self, names: dict[str, str]) -> str:
        """In words, with the structs called by `names`."""
        if self.item:
            return f"{self.kind} of {self.item.told(names)}"
        text = names.get(self.struct, self.struct) if self.kind == "struct" else self.kind
        return f"{text} or null" if self.nullable else text


@dataclass(frozen=True)
class Field:
    """One key of a struct."""

    key: str
    name: str
    """What the side calls it in its own language."""
    shape: Shape
    place: Place
    omit_empty: bool = False
    optional: bool = False
    """Whether it may be missing in a request."""


@dataclass(frozen=True)
class Struct:
    """A JSON object with known keys."""

    id: str
    """Unique in its surface."""
    name: str
    fields: tuple[Field, ...]
    place: Place
    unreadable: str = ""
    """Why its keys cannot be known from the outside, such as a method that writes the JSON; empty if they can."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys, as they are on the wire."""
        return frozenset(entry.key for entry in self.fields)


@dataclass(frozen=True)
class Reply:
    """What is answered: a shape, an empty object (None), or the request once more."""

    shape: Shape | None
    payloadtype: str = ""
    """If it is not that of the request."""
    echo: bool = False
    place: Place | None = None


@dataclass(frozen=True)
class Text:
    """The text of a refusal, with `{}` for each part that is only known when it is sent."""

    text: str
    place: Place


@dataclass(frozen=True)
class Message:
    """One message; `reply` is None where it cannot be read."""

    msgtype: str
    place: Place
    struct: str = ""
    """Id of the struct of its requests; empty where it cannot be read."""
    registered: bool = True
    reply: Reply | None = None
    checks: tuple[str, ...] = ()
    """The checks of the signer that its handler makes, such as `RequireMembership(…, true)`."""
    streams: bool = False
    """Whether it is told apart where connections stay open."""
    refusals: tuple[Text, ...] = ()
    """Those that its handler writes down itself; others come from further below."""


@dataclass(frozen=True)
class Member:
    """One named value."""

    name: str
    value: int | str | float
    place: Place


@dataclass(frozen=True)
class Enumeration:
    """Named values that belong together; `name` is empty where the side gives them none."""

    name: str
    members: tuple[Member, ...]
    place: Place

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return any(isinstance(member.value, str) for member in self.members)


@dataclass
class Surface:
    """One side of a comparison."""

    label: str
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    structs: dict[str, Struct] = field(default_factory=dict[str, Struct])
    """Those that requests and replies are made of, by id; requests too."""
    others: dict[str, Struct] = field(default_factory=dict[str, Struct])
    """Those that exist, but that no request or reply was seen to hold."""
    enums: list[Enumeration] = field(default_factory=list[Enumeration])
    notes: list[str] = field(default_factory=list[str])
    """What was passed over, and why."""
    written: str = ""
    """The whole text of the sources; empty for a schema."""
    release: str = ""
    """The release of the server, such as v1.9.12; empty where it is not known."""
    described: bool = False
    """Whether it is a schema: names are its own, and it only knows what it needs to."""
    side: Literal["source", "server", "recording"] = "source"
    """What the other side of a schema is."""
    seen: str = ""
    """Of a server or a recording: what was read, in words."""
    tried: dict[str, int] = field(default_factory=dict[str, int])
    """Of a server or a recording: how many replies to each message were read."""
    untried: dict[str, str] = field(default_factory=dict[str, str])
    """Of a server or a recording: why no reply to a message was read."""

    def struct(self, id: str) -> Struct | None:
        """The struct called `id`, on the wire or not."""
        return self.structs.get(id) or self.others.get(id)

    def names(self) -> dict[str, str]:
        """Names of all structs by id."""
        return {struct.id: struct.name for struct in (*self.structs.values(), *self.others.values())}

    def requests(self) -> set[str]:
        """Ids of the structs of requests."""
        return {message.struct for message in self.messages.values() if message.struct}

    def replies(self) -> Iterator[Shape]:
        """What is answered, where it is known."""
        return iter(
            [
                message.reply.shape
                for message in self.messages.values()
                if message.reply and message.reply.shape
            ]
        )

    def walk(self, roots: Iterator[Shape]) -> set[str]:
        """Ids of all structs inside `roots`."""
        found: set[str] = set()
        waiting = [shape.inner() for shape in roots]
        while waiting:
            struct = self.struct(waiting.pop())
            if struct and struct.id not in found:
                found.add(struct.id)
                waiting.extend(entry.shape.inner() for entry in struct.fields)
        return found
