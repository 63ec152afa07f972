"""Requests drawn from the schema: such as follow it, and such as almost do.

Whatever the schema says of a field (type, pattern, limits, what must be there) decides what is drawn for it, so a
message that is added to the schema is covered without a word here. Ids and names that exist on the server under test
are given as `known`, by the name of the field; without them, every request would end at "no such process".
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from hypothesis import strategies as st

from .schema_document import Json, places, resolved, the_schema

Values: TypeAlias = st.SearchStrategy[Any]

MAX_ITEMS = 3
DEPTH = 8
"""How deep a value may nest; what lies deeper is left empty."""

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=MAX_ITEMS) | st.dictionaries(_TEXT, inner, max_size=MAX_ITEMS),
    max_leaves=6,
)
_INTEGERS = st.sampled_from([0, 1, -1, 2, 3, 10, 60, 127, 128, 2**31 - 1, -(2**31)]) | st.integers(-100, 1000)
_TIMES = st.sampled_from(
    [
        "2026-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "0000-12-31T19:03:58-04:56",
        "2099-12-31T23:59:59.999999999+14:00",
    ]
)
_HEX_ID = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
_FLAWS: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    2**31,
    2**63 - 1,
    -(2**63),
    1e308,
    "",
    "\0",
    "a:b",
    ":",
    "x" * 5000,
    "\u202e\U0001f4a9",
    "9999-99-99T99:99:99Z",
    "9999-12-31T23:59:59.999999999-23:59",
    [],
    [None],
    [[[[]]]],
    {},
    {"": None},
    {"msgtype": "x"},
]
"""What stands where something else should."""
_WRONG = st.sampled_from(_FLAWS)


class Requests:
    """Strategies for the payloads of the messages of a schema document.

    Args:
        known: Values that mean something to the server, by the name of a field, or by `domain.field` where a name has
            several meanings.
        document: The schema; without it, the one of this project.
    """

    def __init__(self, known: Mapping[str, Sequence[Any]], document: Json | None = None) -> None:
        self._known = known
        self._document = document or the_schema()

    @property
    def msgtypes(self) -> list[str]:
        """Every message of the schema."""
        return list(self._document["x-messages"])

    def valid(self, msgtype: str) -> st.SearchStrategy[Json]:
        """Payloads that follow the schema."""
        message = self._document["x-messages"][msgtype]
        return self._value(message["request"], "", message["domain"], 0)

    def flawed(self, msgtype: str) -> st.SearchStrategy[Json]:
        """Payloads that follow the schema but for one place or a few."""
        return _flawed(self.valid(msgtype))

    def _value(self, schema: Json, field: str, domain: str, depth: int) -> Values:
        schema = resolved(schema, self._document)
        if "const" in schema:
            return st.just(schema["const"])
        drawn = self._by_type(schema, field, domain, depth)
        known = self._known.get(f"{domain}.{field}") or self._known.get(field)
        if not known or schema.get("type") not in ("string", "integer"):
            return drawn
        # Mostly what means something, since the rest is refused early.
        return st.integers(0, 5).flatmap(lambda number: st.sampled_from(known) if number else drawn)

    def _by_type(self, schema: Json, field: str, domain: str, depth: int) -> Values:
        if "anyOf" in schema and "x-enum-values" not in schema:
            return st.one_of([self._value(each, field, domain, depth) for each in schema["anyOf"]])
        types = schema.get("type", ())
        kinds = [types] if isinstance(types, str) else list(types)
        if not kinds:
            return _ANYTHING
        return st.one_of([self._of(kind, schema, field, domain, depth) for kind in kinds])

    def _of(self, kind: str, schema: Json, field: str, domain: str, depth: int) -> Values:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return _integers(schema)
            case "number":
                return st.floats(allow_nan=False, allow_infinity=False, width=32)
            case "string":
                return _texts(schema)
            case "array" if depth >= DEPTH:
                return st.just([])
            case "array":
                return st.lists(self._value(schema["items"], field, domain, depth + 1), max_size=MAX_ITEMS)
            case "object" if "properties" in schema:
                return self._objects(schema, domain, depth)
            case "object" if depth >= DEPTH or not schema.get("additionalProperties"):
                return st.just({})
            case "object":
                inner = schema["additionalProperties"]
                values = _ANYTHING if inner is True else self._value(inner, field, domain, depth + 1)
                return st.dictionaries(_TEXT, values, max_size=MAX_ITEMS)
            case _:
                raise AssertionError(f"the schema has a type {kind}")

    def _objects(self, schema: Json, domain: str, depth: int) -> st.SearchStrategy[Json]:
        needed = set(schema.get("required", ()))

        @st.composite
        def draw_object(draw: st.DrawFn) -> Json:
            drawn: Json = {}
            for name, inner in schema["properties"].items():
                # What has an object in it, or a value that means something, is seldom left out.
                likely = "$ref" in inner or f"{domain}.{name}" in self._known or name in self._known
                if name in needed or (depth < DEPTH and draw(st.integers(0, 5)) < (5 if likely else 2)):
                    drawn[name] = draw(self._value(inner, name, domain, depth + 1))
            return drawn

        return draw_object()


def _integers(schema: Json) -> Values:
    if "x-enum-values" in schema:
        return st.sampled_from(schema["x-enum-values"])
    low, high = schema.get("minimum"), schema.get("maximum")
    drawn = _INTEGERS if low is None else st.integers(low, low + 1000 if high is None else high)
    excluded = schema.get("not", {}).get("enum", ())
    return drawn.filter(lambda number: number not in excluded) if excluded else drawn


def _texts(schema: Json) -> Values:
    if schema.get("format") == "date-time":
        return _TIMES
    if "contentEncoding" in schema:
        return st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode())
    pattern = schema.get("pattern", "")
    if "{64}" in pattern:
        return st.just("") | _HEX_ID if "?" in pattern or "|" in pattern else _HEX_ID
    if ":" in pattern:
        return _TEXT.map(lambda text: text.replace(":", ""))
    return _TEXT


@st.composite
def _flawed(draw: st.DrawFn, valid: st.SearchStrategy[Json]) -> Json:
    # The drawn parts may be shared.
    document: Json = copy.deepcopy(draw(valid))
    for _ in range(draw(st.integers(1, 3))):
        found: list[tuple[Any, Any]] = places(document) or [(document, "msgtype")]
        holder, key = draw(st.sampled_from(found))
        what = draw(st.sampled_from(["replace", "replace", "replace", "drop", "rename", "nest", "add"]))
        if isinstance(holder, dict):
            _spoil(draw, cast("Json", holder), key, what)
        else:
            holder[key] = [holder[key]] if what == "nest" else _wrong(draw)
    return document


def _spoil(draw: st.DrawFn, holder: Json, key: str, what: str) -> None:
    value = holder.pop(key, None)
    match what:
        case "drop":
            pass
        case "rename":
            holder[draw(st.sampled_from([key.upper(), key.title(), key + " ", ""]))] = value
        case "nest":
            holder[key] = [value] if draw(st.booleans()) else {"value": value}
        case "add":
            holder[key] = value
            holder[draw(_TEXT)] = draw(_ANYTHING)
        case _:
            holder[key] = _wrong(draw)


def _wrong(draw: st.DrawFn) -> Any:
    # A copy, as the next flaw may go into it.
    return copy.deepcopy(draw(_WRONG))
