"""The parts of a schema that rules look at, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.loader import Document, Pointer, Schema
from colonyos_gen_codegen.schema.references import resolve

Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A mapping inside a file. `name` is the key it stands under."""

    document: Document
    pointer: Pointer
    data: Json

    @property
    def name(self) -> str:
        return str(self.pointer[-1])

    @property
    def key(self) -> tuple[str, str]:
        """What tells a definition from all others."""
        return self.document.file, self.name

    def at(self, *keys: str | int) -> Position:
        """Where the value under `keys` stands; without keys, the part itself."""
        return self.document.position((*self.pointer, *keys))

    def inside(self, *keys: str | int) -> Part:
        """The mapping under `keys`, which must exist."""
        data: Any = self.data
        for key in keys:
            data = data[key]
        return Part(self.document, (*self.pointer, *keys), data)

    def parts(self, key: str) -> list[Part]:
        """The mappings directly inside the mapping or list under `key`; none if there is no such key."""
        found: Any = self.data.get(key, [])
        keys: Any = found if isinstance(self.data.get(key), dict) else range(len(found))
        return [self.inside(key, item) for item in keys if isinstance(found[item], dict)]


@dataclass(frozen=True)
class Reference:
    """A `$ref`, and the file it stands in."""

    part: Part

    @property
    def text(self) -> str:
        return str(self.part.data["$ref"])

    @property
    def position(self) -> Position:
        return self.part.at("$ref")


class Outline:
    """A schema of the right shape, taken apart."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.manifest = Part(schema.manifest, (), schema.manifest.data)
        self.types = [item for document in schema.group("types") for item in _whole(document).parts("$defs")]
        self.messages = [item for document in schema.group("rpc") for item in _whole(document).parts("$defs")]
        self._targets = {item.key: item for item in [*self.types, *self.messages]}

    @cached_property
    def hazards(self) -> dict[str, Part]:
        """The hazards of the catalog, by name."""
        return {item.name: item for item in _whole(self.schema.hazards).parts("hazards")}

    @cached_property
    def structs(self) -> list[Part]:
        """The types that have fields."""
        return [item for item in self.types if is_struct(item.data)]

    @cached_property
    def enums(self) -> list[Part]:
        return [item for item in self.types if is_enum(item.data)]

    @cached_property
    def fields(self) -> list[Part]:
        """Every property of a struct or message, the constant `msgtype` excepted."""
        return [field for owner in [*self.structs, *self.messages] for field in fields_of(owner)]

    @cached_property
    def registered(self) -> list[Part]:
        """The messages that the server serves."""
        return [message for message in self.messages if message.data.get("x-registered", True)]

    @cached_property
    def values(self) -> list[Part]:
        """Every place that says which values may stand there: aliases, fields, elements, map values, ..."""
        roots = [item for item in self.types if not is_struct(item.data) and not is_enum(item.data)]
        roots += self.fields
        roots += [message.inside("x-reply", "schema") for message in self.messages if reply_schema(message)]
        return [value for root in roots for value in walk(root)]

    @cached_property
    def references(self) -> list[Reference]:
        """Every `$ref` of the schema."""
        holders = [value for value in self.values if "$ref" in value.data]
        holders += [field.inside("x-json") for field in self.fields if "x-json" in field.data]
        for message in self.messages:
            for method in message.parts("x-methods"):
                for key in ("parameters", "keywords"):
                    holders += [entry.inside("type") for entry in method.parts(key)]
        holders += [part for key in ("envelope", "reply_only") for part in self.manifest.parts(key)]
        return [Reference(holder) for holder in holders]

    def target(self, document: Document, ref: str) -> Part | None:
        """The type or request that `ref`, standing in `document`, means; None if there is none."""
        try:
            found, name = resolve(self.schema, document.file, ref)
        except (KeyError, IndexError):
            return None
        return self._targets.get((found.file, name))

    def resolved(self, value: Part) -> Part:
        """`value` itself or what it refers to, seen through `anyOf` with null."""
        if "anyOf" in value.data:
            value = value.inside("anyOf", 0)
        if "$ref" in value.data:
            return self.target(value.document, value.data["$ref"]) or value
        return value


def _whole(document: Document) -> Part:
    return Part(document, (), document.data)


def is_struct(data: Json) -> bool:
    """Whether a definition under types/ is a struct."""
    return "properties" in data and "$ref" not in data


def is_number(data: Json) -> bool:
    """Whether a value or definition is a plain number."""
    return data.get("type") in ("integer", "number") and not is_enum(data)


def is_enum(data: Json) -> bool:
    """Whether a definition under types/ is an enum."""
    return "x-enum-names" in data


def fields_of(owner: Part) -> list[Part]:
    """The properties of a struct or message, the constant `msgtype` excepted."""
    return [field for field in owner.parts("properties") if "const" not in field.data]


def msgtype_of(message: Part) -> str:
    """The message type of a message."""
    return str(message.data["properties"]["msgtype"]["const"])


def reply_schema(message: Part) -> Json | None:
    """The schema of a message's reply; None for a message without a result."""
    schema: Json | None = message.data.get("x-reply", {}).get("schema")
    return schema


def examples_of(outline: Outline, message: Part) -> Iterator[tuple[Document, Pointer, Json]]:
    """The examples of a message: their document, where each stands in it, and what it is."""
    document = outline.schema.documents.get(examples_file(message))
    if document is not None:
        msgtype = msgtype_of(message)
        for index, entry in enumerate(document.data.get(msgtype, [])):
            yield document, (msgtype, index), entry


def examples_file(message: Part) -> str:
    """The file for the examples of a message."""
    return f"examples/{PurePosixPath(message.document.file).stem}.json"


def walk(value: Part) -> Iterator[Part]:
    """`value` and the values inside it, without following references."""
    yield value
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(value.data.get(key), dict):
            yield from walk(value.inside(key))
    if "anyOf" in value.data:
        yield from walk(value.inside("anyOf", 0))
