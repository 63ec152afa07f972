"""Whether a JSON value is what a schema describes, in the way the Go server writes and reads it.

Stricter than JSON Schema in that unknown keys count; more lenient where the server is: null for an empty
list, map or byte string, and missing keys that it leaves out when empty.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

from colonyos_gen_codegen.schema.loader import Document, Pointer
from colonyos_gen_codegen.schema.outline import Json, Outline, is_enum

Mismatches = Iterator[tuple[Pointer, str]]
"""Where inside the value it does not fit, and why."""

_TIME = re.compile(r"\d{4}-(0\d|1[0-2])-[0-3]\d[Tt][0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?([Zz]|[+-][0-2]\d:[0-5]\d)")
_NAMES = {
    "array": "a list",
    "object": "an object",
    "string": "text",
    "boolean": "true or false",
    "integer": "an integer",
}
Side = Literal["request", "reply"]


def mismatches(outline: Outline, document: Document, schema: Json, value: Any, side: Side) -> Mismatches:
    """What keeps `value`, part of a request or reply, from fitting `schema`, which stands in `document`.

    A reference to nowhere fits anything; it is reported elsewhere.
    """
    return _Conformance(outline, side).check(document, schema, value, ())


class _Conformance:
    def __init__(self, outline: Outline, side: Side) -> None:
        self._outline = outline
        written = (True, "usually", "sometimes")
        self._empty_null = (*written, "request") if side == "request" else written

    def check(self, document: Document, schema: Json, value: Any, at: Pointer) -> Mismatches:
        yield from self._check(document, schema, value, at)
        if "x-json" in schema and isinstance(value, str):
            try:
                inside = json.loads(value)
            except ValueError:
                return  # what is no JSON is for the server to refuse
            yield from self._check(document, schema["x-json"], inside, at)

    def _check(self, document: Document, schema: Json, value: Any, at: Pointer) -> Mismatches:
        if self._is_empty(schema, value):
            return
        if "anyOf" in schema:
            if value is not None:
                yield from self.check(document, schema["anyOf"][0], value, at)
        elif "$ref" in schema:
            yield from self._referenced(document, schema, value, at)
        elif "const" in schema:
            if value != schema["const"]:
                yield at, f"must be '{schema['const']}'"
        elif schema.get("type") == ["string", "null"]:
            if value is not None and not (isinstance(value, str) and _TIME.fullmatch(value)):
                yield at, "must be a time as in RFC 3339, or null"
        elif "type" in schema and not _is(value, schema["type"]):
            yield at, f"must be {_NAMES.get(schema['type'], 'a number')}"
        elif "items" in schema:
            for index, item in enumerate(value):
                yield from self.check(document, schema["items"], item, (*at, index))
            for path, wire in schema.get("x-among", {}).items():
                known = [text for item in value for text in _texts_at(item, wire)]
                for text in (text for item in value for text in _texts_at(item, path)):
                    if text not in known:
                        yield at, f"must have an element whose {wire} is {text!r}"
        elif "properties" in schema:
            yield from self._struct(document, schema, value, at)
        elif schema.get("type") == "object":
            for key, item in value.items():
                if "propertyNames" in schema:
                    yield from self.check(document, schema["propertyNames"], key, (*at, key))
                if isinstance(schema.get("additionalProperties"), dict):
                    yield from self.check(document, schema["additionalProperties"], item, (*at, key))
        elif is_enum(schema):
            if value not in schema["enum"]:
                yield at, f"must be one of {', '.join(map(str, schema['enum']))}"
        else:
            yield from beyond_limits(schema, value, at)

    def _is_empty(self, schema: Json, value: Any) -> bool:
        """Whether `value` is null in place of an empty list, map or byte string."""
        return value is None and schema.get("x-go-null") in self._empty_null

    def _referenced(self, document: Document, schema: Json, value: Any, at: Pointer) -> Mismatches:
        target = self._outline.target(document, schema["$ref"])
        if target is not None:
            yield from self.check(target.document, target.data, value, at)
        for wire, limit in schema.get("properties", {}).items():
            if isinstance(value, dict) and wire in value:
                yield from beyond_limits(limit, value[wire], (*at, wire))

    def _struct(self, document: Document, schema: Json, value: Json, at: Pointer) -> Mismatches:
        known = schema["properties"]
        for wire, item in value.items():
            if wire in known:
                yield from self.check(document, known[wire], item, (*at, wire))
            else:
                yield (*at, wire), "is not a known key"
        for wire in schema.get("required", []):
            if wire not in value and not known.get(wire, {}).get("x-omit-empty"):
                yield at, f"lacks the required key '{wire}'"


def beyond_limits(limit: Json, value: Any, at: Pointer) -> Mismatches:
    """Where `value` exceeds the limits that the keywords of `limit` set."""
    if isinstance(value, str):
        size = len(value.encode("utf-8", "surrogatepass"))
        if "contentEncoding" in limit:
            try:
                size = len(base64.b64decode(value, validate=True))
            except (binascii.Error, ValueError):
                yield at, "must be padded standard base64"
        if size > limit.get("x-max-bytes", size):
            yield at, f"must be at most {limit['x-max-bytes']} bytes"
        if "pattern" in limit and not _matches(limit["pattern"], value):
            yield at, f"must be {limit.get('x-rule', limit['pattern'])}"
    elif _is(value, "number"):
        if value < limit.get("minimum", value):
            yield at, f"must be at least {limit['minimum']}"
        if value > limit.get("maximum", value):
            yield at, f"must be at most {limit['maximum']}"
        if "not" in limit and value == limit["not"]["const"]:
            yield at, f"must be {limit.get('x-rule', 'another value')}"


def _is(value: Any, kind: str) -> bool:
    """Whether `value` has the JSON type `kind`; true and false are no numbers."""
    match kind:
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(pattern: str, text: str) -> bool:
    """Whether the whole `text` matches; a pattern that cannot be used is reported elsewhere."""
    try:
        # Python's own $ would let a final newline pass in a search.
        return re.fullmatch(pattern, text) is not None
    except (re.error, OverflowError, RecursionError):
        return True


def _texts_at(value: Any, path: str) -> Iterator[str]:
    """The texts at the end of a path of wire names inside JSON, and in a list that stands there."""
    for wire in path.split("."):
        value = cast("Json", value).get(wire) if isinstance(value, dict) else None
    for item in cast("Sequence[Any]", value) if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
