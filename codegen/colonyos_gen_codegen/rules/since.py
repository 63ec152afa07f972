"""Rules about what the recorded server did not have yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.loader import Document, Pointer
from colonyos_gen_codegen.schema.outline import Json, Outline, Part, examples_of, fields_of, reply_schema

Key = tuple[str, str, str]
"""The file, struct and wire name of a field."""


@rule(
    "FIELD_HAS_SINCE",
    "A field that all recorded replies lack, though the server writes it always, says since which release it is there.",
)
def field_has_since(outline: Outline) -> Problems:
    recorded = _Recorded(outline)
    for message in outline.messages:
        schema = reply_schema(message)
        for document, pointer, entry in examples_of(outline, message):
            if schema is not None:
                recorded.look(message.document, schema, entry["reply"], document, (*pointer, "reply"))
    for key, (position, where) in recorded.lacking.items():
        if key not in recorded.present:
            yield (
                position,
                f"the reply recorded at {where} lacks '{key[2]}' of {key[1]}, and so do the others; say since which release "
                "it is there with x-since, or that it is left out when empty with x-omit-empty",
            )


@rule(
    "SINCE_IS_LATER",
    "x-since is a release vX.Y.Z after the one of the manifest, from which all was recorded that says nothing else.",
)
def since_is_later(outline: Outline) -> Problems:
    recorded = outline.manifest.data["server"]["version"]
    release = _release(recorded)
    if release is None:
        yield outline.manifest.at("server", "version"), f"'{recorded}' is not a release such as v1.9.12"
        return
    for document in outline.schema.documents.values():
        if not document.file.startswith("examples/"):
            for pointer, since in _sinces(document.data, ()):
                found = _release(since)
                if found is None:
                    yield document.position(pointer), f"'{since}' is not a release such as v1.9.12"
                elif found <= release:
                    yield (
                        document.position(pointer),
                        f"{since} is not after {recorded}, whose traffic is recorded; leave x-since out",
                    )


def _release(text: Any) -> tuple[int, ...] | None:
    found = re.fullmatch(r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", str(text), re.ASCII)
    return tuple(map(int, found.groups())) if found else None


def _sinces(data: Any, at: Pointer) -> Iterator[tuple[Pointer, Any]]:
    """Every x-since inside, with its place."""
    if isinstance(data, dict):
        for key, value in cast("Json", data).items():
            if key == "x-since" and not isinstance(value, dict):
                yield (*at, key), value
            else:
                yield from _sinces(value, (*at, key))
    elif isinstance(data, list):
        for index, item in enumerate(cast("Sequence[Any]", data)):
            yield from _sinces(item, (*at, index))


class _Recorded:
    """Which fields recorded replies have, and which they lack without a reason. Required ones are reported elsewhere."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self.present: dict[Key, Position] = {}
        """By field: where one has it."""
        self.lacking: dict[Key, tuple[Position, Position]] = {}
        """By field: where it stands in the schema, and where a reply lacks it."""

    def look(self, document: Document, schema: Json, value: Any, reply: Document, at: Pointer) -> None:
        """Look through `value`, which stands at a place of `reply`, and whose `schema` stands in `document`."""
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
        struct = self._outline.target(document, schema["$ref"]) if "$ref" in schema else None
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(cast("Sequence[Any]", value)):
                self.look(document, schema["items"], item, reply, (*at, index))
        elif isinstance(value, dict) and struct is not None:
            self.look_at(struct, cast("Json", value), reply, at)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for key, item in cast("Json", value).items():
                self.look(document, schema["additionalProperties"], item, reply, (*at, key))

    def look_at(self, struct: Part, value: Json, reply: Document, at: Pointer) -> None:
        """Look through the fields of a `struct`."""
        required = struct.data.get("required", [])
        for field in fields_of(struct):
            key = (*struct.key, field.name)
            if field.name in value:
                self.present.setdefault(key, reply.position((*at, field.name)))
                self.look(struct.document, field.data, value[field.name], reply, (*at, field.name))
            elif field.name not in required and not {"x-since", "x-omit-empty"} & field.data.keys():
                self.lacking.setdefault(key, (field.at(), reply.position(at)))
