"""The rule about fields that the recorded server did not have yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from codegen.rules.registry import Problems, rule
from codegen.schema.findings import Position
from codegen.schema.loader import Document, Pointer
from codegen.schema.outline import Json, Outline, Part, examples_of, fields_of, reply_schema

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


class _Recorded:
    """Which fields recorded replies have, and which they lack without a reason. Required ones are reported elsewhere."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self.present: set[Key] = set()
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
            self._struct(struct, cast("Json", value), reply, at)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for key, item in cast("Json", value).items():
                self.look(document, schema["additionalProperties"], item, reply, (*at, key))

    def _struct(self, struct: Part, value: Json, reply: Document, at: Pointer) -> None:
        required = struct.data.get("required", [])
        for field in fields_of(struct):
            key = (*struct.key, field.name)
            if field.name in value:
                self.present.add(key)
                self.look(struct.document, field.data, value[field.name], reply, (*at, field.name))
            elif field.name not in required and not {"x-since", "x-omit-empty"} & field.data.keys():
                self.lacking.setdefault(key, (field.at(), reply.position(at)))
