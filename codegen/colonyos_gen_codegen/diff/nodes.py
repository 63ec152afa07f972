"""A schema as things with a name, a place and facts, whatever it was read from: files, or a document made of them.

A fact that is not there cannot be told from what was read, and is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SOME = "some"
"""The word of `x-go-null` where a document says that there is one, and not which."""

UNTOLD = "?"
"""The unit of a number in a document that says none: only those of fields are written there."""


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file. `revision` is the git revision or the archive that the file is of, if it is not on disk."""

    file: str
    line: int = 1
    column: int = 1
    revision: str = ""

    def __str__(self) -> str:
        return f"{self.revision}:{self.file}:{self.line}" if self.revision else f"{self.file}:{self.line}"


@dataclass
class Acceptance:
    """`x-accept` beside something: a breaking change that is wanted, and why."""

    rule: str
    reason: str
    of: str | None
    """The only thing that it is for, as the line calls it; None for all that stands there."""
    place: Place
    used: bool = False


@dataclass(frozen=True)
class Value:
    """The type of a value. `kind` is a scalar (`string`, `time`, `bytes`, `any`, ...), `list`, `map`, `struct` or `enum`."""

    kind: str
    place: Place
    name: str = ""
    """Of a struct or enum."""
    alias: str | None = None
    """The scalar of types/ that it was written as. What that says is compared there."""
    item: Value | None = None
    key: Value | None = None
    nullable: bool = False
    int64: bool = False
    limits: dict[str, Any] | None = field(default_factory=dict[str, Any])
    """By keyword; None where they cannot be told."""
    go_null: str | None = ""
    """The word of `x-go-null`, empty for none; None where it cannot be told."""
    unit: str | None = None

    def spelt(self) -> str:
        """The type in a few letters."""
        inner = {
            "list": f"list of {self.item.spelt()}" if self.item else "list",
            "map": f"map of {self.item.spelt()}" if self.item else "map",
            "struct": self.name,
            "enum": self.name,
            "any": "any JSON value",
            "time": "point in time",
        }.get(self.kind, "64-bit integer" if self.int64 else self.kind)
        return f"{inner} or null" if self.nullable else inner

    def names(self) -> Iterator[str]:
        """The types of types/ in it."""
        yield from filter(None, (self.name, self.alias))
        for inner in (self.item, self.key):
            if inner is not None:
                yield from inner.names()


@dataclass
class Node:
    """Something that a schema describes. `name` tells it from its siblings, `label` is what lines call it."""

    kind: str
    name: str
    label: str
    place: Place
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    words: dict[str, str] = field(default_factory=dict[str, str])
    """What is there for readers alone."""
    value: Value | None = None
    children: list[Node] = field(default_factory=list["Node"])
    accepted: list[Acceptance] = field(default_factory=list[Acceptance])

    def at(self, fact: str) -> Place:
        """Where a fact stands."""
        return self.places.get(fact, self.place)

    def all(self, kind: str) -> list[Node]:
        """The children of one kind."""
        return [child for child in self.children if child.kind == kind]

    def walk(self) -> Iterator[Node]:
        """This and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Side:
    """One of the two schemas that are compared."""

    name: str
    """What it was called by on the command line."""
    root: Node
    unknown: str = ""
    """What cannot be told from what was read, in words; empty for nothing."""
    missing: frozenset[str] = frozenset()
    """Kinds of things that what was read does not hold at all."""
    version: str | None = None
    """The release that it is, where that is known."""

    def types(self) -> dict[str, Node]:
        """Structs, enums and scalars, by name."""
        return {node.name: node for node in self.root.children if node.kind in ("struct", "enum", "scalar")}

    def messages(self) -> list[Node]:
        """The messages."""
        return self.root.all("message")
