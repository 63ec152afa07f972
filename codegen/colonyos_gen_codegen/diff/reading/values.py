"""Reads what a field, an element or a reply may hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from colonyos_gen_codegen.diff.nodes import Node, Value
from colonyos_gen_codegen.diff.reading.reader import Reader
from colonyos_gen_codegen.schema.outline import Json, Part, is_enum, is_struct, walk

LIMITS = ("pattern", "minimum", "maximum", "not", "x-max-bytes")


def value_of(reader: Reader, part: Part) -> Value:
    """The type that `part` describes, seen through references to scalars."""
    data = part.data
    place = reader.place(part.at())
    go_null = go_null_of(data)
    if "anyOf" in data:
        inner = value_of(reader, part.inside("anyOf", 0))
        return replace(inner, nullable=True, place=place, go_null=go_null or inner.go_null)
    if "$ref" in data:
        target = reader.outline.target(part.document, data["$ref"])
        if target is None:
            return Value("any", place)
        if is_struct(target.data) or is_enum(target.data):
            kind = "struct" if is_struct(target.data) else "enum"
            return Value(kind, place, name=target.name, go_null=go_null, unit=data.get("x-unit"))
        unit = data.get("x-unit") or target.data.get("x-unit")
        return replace(value_of(reader, target), alias=target.name, place=place, go_null=go_null, unit=unit)
    return Value(
        _kind(data),
        place,
        item=_inner(reader, part),
        key=value_of(reader, part.inside("propertyNames")) if "propertyNames" in data else None,
        int64=data.get("format") == "int64",
        limits=limits_of(data),
        go_null=go_null,
        unit=data.get("x-unit"),
    )


def go_null_of(data: Json) -> str:
    """The word of `x-go-null`, empty for none."""
    word: Any = data.get("x-go-null", False)
    return {True: "true", False: ""}[word] if isinstance(word, bool) else str(word)


def limits_of(data: Json) -> dict[str, Any]:
    """The limits by keyword; of `not`, the value that is excluded."""
    limits = {key: data[key] for key in LIMITS if key in data}
    return limits | ({"not": data["not"]["const"]} if "not" in data else {})


def words_inside(node: Node, part: Part) -> None:
    """Take over the descriptions and the rules in words of everything inside a value."""
    for inner in walk(part):
        path = ".".join(map(str, inner.pointer[len(part.pointer) :]))
        for key in ("description", "x-rule"):
            if key in inner.data:
                node.words[f"{path} {key}".strip()] = str(inner.data[key])


def _kind(data: Json) -> str:
    kind = str(data.get("type", "any"))
    if data.get("format") == "date-time":
        return "time"
    if data.get("contentEncoding") == "base64":
        return "bytes"
    return {"array": "list", "object": "map"}.get(kind, kind)


def _inner(reader: Reader, part: Part) -> Value | None:
    if part.data.get("type") == "array":
        return value_of(reader, part.inside("items"))
    if part.data.get("type") == "object":
        if isinstance(part.data.get("additionalProperties", True), dict):
            return value_of(reader, part.inside("additionalProperties"))
        return Value("any", reader.place(part.at()))
    return None
