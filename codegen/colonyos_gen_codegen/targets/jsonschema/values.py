"""JSON Schemas of values: how the type of a field, a parameter or a reply is written.

All references are local (`#/$defs/...`). A limit binds only the sender, so it is written only where a value is sent:
the server checks little, and what others stored without a check comes back in replies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from colonyos_gen_codegen.model import Field, Limit, Reply, Scalar, Type

JsonSchema = dict[str, Any]

_SCALARS: dict[Scalar, JsonSchema] = {
    Scalar.STRING: {"type": "string"},
    Scalar.INTEGER: {"type": "integer"},
    Scalar.NUMBER: {"type": "number"},
    Scalar.BOOLEAN: {"type": "boolean"},
    # Null, or a year of 1 or less, is a time that is not set.
    Scalar.TIME: {"type": ["string", "null"], "format": "date-time"},
    Scalar.BYTES: {"type": "string", "contentEncoding": "base64"},
    Scalar.ANY: {},
}


def plain(name: str) -> str:
    """The definition to refer to for the struct `name` when the value may come from the server."""
    return name


def value_schema(type_: Type, definition: Callable[[str], str] = plain, *, sent: bool = False) -> JsonSchema:
    """The schema of a value. `definition` chooses the definition for a struct; limits are kept for `sent` values."""
    if type_.kind == "list":
        assert type_.item is not None
        result: JsonSchema = {"type": "array", "items": value_schema(type_.item, definition, sent=sent)}
    elif type_.kind == "map":
        assert type_.item is not None
        values = value_schema(type_.item, definition, sent=sent)
        result = {"type": "object", "additionalProperties": values or True}
        if sent and type_.key is not None:
            result["propertyNames"] = value_schema(type_.key, sent=True)
    elif type_.kind == "struct":
        result = {"$ref": f"#/$defs/{definition(type_.name)}"}
    elif type_.kind == "enum":
        result = {"$ref": f"#/$defs/{type_.name}"}
    else:
        result = dict(_SCALARS[type_.scalar])
        if type_.int64:
            result["format"] = "int64"
    if sent and type_.limit is not None:
        result |= limit_keywords(type_.limit)
    return nullable(result) if type_.optional else result


def nullable(schema: JsonSchema) -> JsonSchema:
    """`schema`, but null is fine too."""
    if "null" in schema.get("type", ()):
        return schema
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def limit_keywords(limit: Limit) -> JsonSchema:
    """The keywords that enforce `limit`, and the rule in words as `x-rule`."""
    keywords: JsonSchema = {
        "pattern": limit.pattern,
        "minimum": limit.minimum,
        "maximum": limit.maximum,
        "not": {"enum": list(limit.excluded)} if limit.excluded else None,
        "x-max-bytes": limit.max_bytes,
        "x-rule": limit.rule,
    }
    return {keyword: value for keyword, value in keywords.items() if value is not None}


def limited(schema: JsonSchema, limit: Limit) -> JsonSchema:
    """The schema of a property, with `limit` in the place of any that it has."""
    without = {key: value for key, value in schema.items() if key not in LIMITS}
    return without | limit_keywords(limit)


LIMITS = ("pattern", "minimum", "maximum", "not", "x-max-bytes", "x-rule")


def field_schema(field: Field, definition: Callable[[str], str] = plain, *, sent: bool = False) -> JsonSchema:
    """The schema of a property: its value, then everything that the protocol schema says about it."""
    schema = value_schema(field.type, definition, sent=sent)
    if field.go_null:
        schema = nullable(schema)
    notes: JsonSchema = {
        "description": field.description or None,
        "deprecated": field.deprecated or None,
        "x-name": field.name if field.name != field.wire else None,
        "x-unit": field.unit,
        "x-go-null": field.go_null or None,
        "x-omit-empty": field.omit_empty or None,
        "x-json": field.json.name if field.json else None,
        "x-among": dict(field.among) or None,
        "x-since": field.since,
    }
    schema |= {keyword: value for keyword, value in notes.items() if value is not None}
    # Generators of other languages make a null of the text, and bytes of the base64, which then do not compile.
    if not field.required and field.type.scalar is not Scalar.TIME:
        schema["x-default" if field.type.scalar is Scalar.BYTES else "default"] = field.default
    return schema


def reply_schema(reply: Reply) -> JsonSchema | None:
    """The schema of the payload of a reply; None for calls without a result."""
    if reply.type is None:
        return None
    schema = value_schema(reply.type)
    return {**nullable(schema), "x-go-null": True} if reply.go_null else schema
