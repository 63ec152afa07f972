"""Strategies for whole schemas that keep all rules, with payloads that fit them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.codegen.kit.recorded import say_recorded

Json: TypeAlias = dict[str, Any]
Values: TypeAlias = st.SearchStrategy[Any]

MANIFEST: Json = {
    "service": "Random",
    "description": "A service that nobody thought of.",
    "protocol": "1",
    "server": {"version": "v1.0.0"},
    "endpoints": {
        "api": {"method": "POST", "path": "/api", "description": "Takes messages."},
        "pubsub": {"method": "GET", "path": "/pubsub", "description": "Takes connections."},
    },
    "default_port": 80,
    "envelope": {
        "request": {"$ref": "types/envelope.yaml#/$defs/Envelope"},
        "reply": {"$ref": "types/envelope.yaml#/$defs/Envelope"},
        "error": {"$ref": "types/envelope.yaml#/$defs/Envelope"},
        "error_payloadtype": "error",
        "description": "How payloads travel.",
    },
    "roles": {"anybody": {"key": "member", "description": "Any signature."}},
    "idempotency": {"read": "No change.", "idempotent": "The same again.", "unsafe": "Once more."},
    "codes": {"invalid": "A rule is broken."},
    "errors": {"bad": {"code": "invalid", "status": 400, "text": "bad", "when": "The request is bad."}},
    "envelope_errors": [],
    "limits": {},
    "unregistered": [],
    "reply_only": {"error": {"$ref": "types/envelope.yaml#/$defs/Envelope"}},
}
ENVELOPE: Json = {
    "domain": "envelope",
    "description": "What payloads travel in.",
    "$defs": {
        "Envelope": {
            "type": "object",
            "description": "What every payload travels in.",
            "x-direction": "both",
            "properties": {"payload": {"description": "The bytes.", "type": "string", "default": ""}},
        }
    },
}
LETTERS = st.characters(exclude_categories=["C", "Zl", "Zp"])
"""Characters that mean themselves in YAML too, between double quotes."""
_WORDS = """
    a Z id type format object next name value at key match case property field request payload input hash filter vars open
    len repr super call encode decode method self_ msgtype_ x1 camelCase snake_case UPPER print min max sum copy json time
    date struct item items keys set tuple range sorted init doc domain any all map re enum functools
"""
WORDS = _WORDS.split()
"""Names that are legal, and that look as if they could get in the way."""
STRUCT_NAMES = [
    "Alpha",
    "beta_gamma",
    "HTTPServer",
    "X",
    "Type2",
    "Object",
    "Request",
    "BytesAndMore",
    "Item_",
]
ENUM_NAMES = ["Colour", "Kind", "STATE_OF_IT"]
MEMBERS = ["RED", "green", "Blue2", "NO_ONE", "a", "index", "keys", "items", "type"]
ALIASES: dict[str, tuple[Json, Values]] = {
    "Word": (
        {"type": "string", "pattern": '^[a-z"\\\\ ]*$', "x-rule": 'small letters, \\ or "'},
        st.text('ab"\\ ', max_size=5),
    ),
    "Level": (
        {"type": "integer", "minimum": -3, "maximum": 9, "x-unit": "steps"},
        st.integers(-3, 9),
    ),
    "Blob": (
        {"type": "string", "contentEncoding": "base64", "x-max-bytes": 4},
        st.binary(max_size=4).map(lambda raw: base64.b64encode(raw).decode()),
    ),
    "When": ({"type": ["string", "null"], "format": "date-time"}, st.nothing()),
}
TIMES = st.sampled_from(
    [
        None,
        "0001-01-01T00:00:00Z",
        "0000-12-31T23:00:00Z",
        "0001-01-01T01:12:12+01:12",
        "2026-11-23T18:52:18.745756999+01:00",
        "1999-12-31T23:59:59Z",
        "9999-12-31T00:00:00.5-05:00",
    ]
)
PROSE = st.sampled_from(
    [
        "What it is.",
        'Ends in a "quote"',
        '"""Three quotes""" and a \\ at the end \\',
        "A first sentence. A second one, {with} braces and {{ more }} of them {% too %}, long enough for several lines.",
        "Ünïcödé → text # no comment",
    ]
)


HAZARD_WORDS = ["when", "what", "seen", "versions", "avoid"]


@dataclass
class Drawn:
    """A schema as plain data by file, and for each message payloads that fit it."""

    files: dict[str, Json] = field(default_factory=dict[str, Json])
    payloads: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])

    def write(self, root: Path) -> None:
        """Write the files below `root`; JSON is YAML as well."""
        for name, data in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")


@dataclass
class _Kind:
    """What may stand in a field: its schema, a default if it may have one, and values."""

    schema: Json
    values: Values
    defaults: Values | None
    null: bool = False
    """Whether null may stand for an empty value."""
    loop: bool = False
    """Whether the values hold the struct that the field belongs to."""


class _Names:
    """The named types so far."""

    def __init__(self) -> None:
        self.enums: dict[str, list[int]] = {}
        self.structs: dict[str, Values] = {}
        self.all_default: set[str] = set()
        """Structs that can be made without a single value."""


def scalars(names: _Names) -> st.SearchStrategy[_Kind]:
    """Values without inner structure."""
    texts, numbers = st.text(LETTERS, max_size=4), st.integers(-9, 9).map(lambda number: number / 8)
    integers = st.integers(-(2**63), 2**63 - 1)
    blobs = st.binary(max_size=4).map(lambda raw: base64.b64encode(raw).decode())
    kinds = [
        _Kind({"type": "string"}, texts, texts),
        _Kind({"type": "boolean"}, st.booleans(), st.booleans()),
        _Kind({"type": "integer", "format": "int64", "x-unit": "count"}, integers, integers),
        _Kind(
            {"type": "integer", "not": {"const": 0}, "x-rule": "not 0", "x-unit": "seconds"},
            st.just(3),
            st.just(-1),
        ),
        _Kind({"type": "number", "x-unit": "euros"}, numbers, numbers),
        _Kind({"type": "string", "contentEncoding": "base64"}, blobs, st.just(""), null=True),
        _Kind({"type": ["string", "null"], "format": "date-time"}, TIMES, st.none()),
    ]
    for name, (schema, values) in ALIASES.items():
        default = {"Word": st.just("a"), "Level": st.just(-3), "Blob": st.just(""), "When": st.none()}[name]
        ref = {"$ref": f"common.yaml#/$defs/{name}"}
        kinds.append(_Kind(ref, TIMES if "format" in schema else values, default))
    for name, members in names.enums.items():
        open_values = st.sampled_from(members)
        kinds.append(_Kind({"$ref": f"common.yaml#/$defs/{name}"}, open_values, open_values))
    return st.sampled_from(kinds)


@st.composite
def kinds(draw: st.DrawFn, names: _Names, own: str, own_values: Values) -> _Kind:
    """Anything a field may be, inside the struct `own`."""
    form = draw(
        st.sampled_from(["scalar", "scalar", "optional", "list", "map", "any", "open", "struct", "self"])
    )
    scalar = draw(scalars(names))
    if form == "scalar":
        return scalar
    if form == "any":
        anything = st.recursive(
            st.none() | st.booleans() | st.text(LETTERS, max_size=3), st.lists, max_leaves=3
        )
        return _Kind({}, anything, st.none())
    if form == "open":
        values = st.dictionaries(st.text(LETTERS, max_size=3), st.integers() | st.none(), max_size=2)
        return _Kind({"type": "object", "additionalProperties": True}, values, st.just({}), null=True)
    inner, target = scalar, draw(st.sampled_from(sorted(names.structs))) if names.structs else None
    if form == "self":
        inner = _Kind({"$ref": f"#/$defs/{own}"}, own_values, None, loop=True)
        form = draw(st.sampled_from(["optional", "list", "map"]))
    elif target is not None and (form == "struct" or draw(st.booleans())):
        inner = _Kind({"$ref": f"#/$defs/{target}"}, names.structs[target], None)
    if inner is scalar and form in {"struct", "optional"}:
        return scalar
    if form == "struct":
        return _Kind(inner.schema, inner.values, st.just({}) if target in names.all_default else None)
    if form == "optional":
        return _Kind(
            {"anyOf": [inner.schema, {"type": "null"}]}, st.none() | inner.values, st.none(), loop=inner.loop
        )
    if form == "list":
        return _Kind(
            {"type": "array", "items": inner.schema},
            st.lists(inner.values, max_size=2),
            st.just([]),
            True,
            inner.loop,
        )
    values = st.dictionaries(st.text(LETTERS, max_size=3), inner.values, max_size=2)
    return _Kind(
        {"type": "object", "additionalProperties": inner.schema}, values, st.just({}), True, inner.loop
    )


@st.composite
def structs(draw: st.DrawFn, names: _Names, name: str) -> Json:
    """A struct called `name`, which becomes known to `names`."""
    fields: dict[str, Any] = {}
    values: dict[str, Values] = {}
    required: list[str] = []
    needed: dict[str, Values] = {}
    own_values = st.deferred(lambda: st.fixed_dictionaries(needed))
    words = draw(
        st.lists(
            st.sampled_from(WORDS),
            min_size=1,
            max_size=7,
            unique_by=lambda word: word.replace("_", "").lower(),
        )
    )
    for word in words:
        kind = draw(kinds(names, name, own_values))
        schema: Json = {"description": draw(PROSE), **kind.schema}
        wire = word
        if draw(st.integers(0, 4)) == 0:
            wire, schema["x-name"] = f"{word}-1", word
        if kind.null:
            schema["x-go-null"] = draw(st.sampled_from([True, "usually", "sometimes", "request", False]))
        if kind.schema.get("type") == "string" and draw(st.booleans()):
            schema["x-secret"] = True
        if draw(st.booleans()):
            schema["x-omit-empty"] = True
        if kind.defaults is None or (not kind.loop and draw(st.integers(0, 3)) == 0):
            required.append(wire)
            schema.pop("x-omit-empty", None)
            needed[wire] = kind.values
        else:
            schema["default"] = draw(kind.defaults)
            if schema["default"]:
                schema.pop("x-omit-empty", None)
            if "x-omit-empty" not in schema:
                schema["x-since"] = "v1.1.0"  # what is recorded may lack it
        nullable = kind.null and schema["x-go-null"] in (True, "usually", "sometimes")
        values[wire] = kind.values | st.none() if nullable else kind.values
        fields[wire] = schema
    optional = {wire: strategy for wire, strategy in values.items() if wire not in required}
    fixed = {wire: values[wire] for wire in required}
    names.structs[name] = st.fixed_dictionaries(fixed, optional=optional)
    if not required:
        names.all_default.add(name)
    struct: Json = {"type": "object", "description": draw(PROSE), "x-direction": "both", "properties": fields}
    if required:
        struct["required"] = required
        struct["x-new"] = required
    return struct


@st.composite
def schemas(draw: st.DrawFn) -> Drawn:
    """A schema with a few structs, each with a message that sends it and gets it back."""
    names = _Names()
    common: Json = {
        name: {"description": "A limited value.", **schema} for name, (schema, _) in ALIASES.items()
    }
    used: list[str] = list(common)
    taken: set[str] = set()
    for enum in draw(st.lists(st.sampled_from(ENUM_NAMES), max_size=2, unique=True)):
        members = draw(st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=4, unique=True))
        numbers = draw(
            st.lists(st.integers(-2, 99), min_size=len(members), max_size=len(members), unique=True)
        )
        names.enums[enum] = numbers
        plain = [member for member in members if draw(st.booleans()) and member not in taken]
        taken.update(plain)
        common[enum] = enumeration(
            [member if member in plain else f"{enum}_{member}" for member in members], numbers
        )
        used.append(enum)
    chosen = draw(st.lists(st.sampled_from(STRUCT_NAMES), min_size=1, max_size=4, unique=True))
    definitions = {name: draw(structs(names, name)) for name in chosen}
    drawn = Drawn()
    messages = {f"{name}Msg": message(name, f"msg{index}") for index, name in enumerate(chosen)}
    for index, name in enumerate(chosen):
        drawn.payloads[f"msg{index}"] = draw(st.lists(names.structs[name], min_size=1, max_size=3))
        say_recorded(definitions, {"$ref": name}, drawn.payloads[f"msg{index}"][0])
    messages["CommonMsg"] = _message_of_everything(used)
    examples = {msgtype: [example(msgtype, payloads[0])] for msgtype, payloads in drawn.payloads.items()}
    examples["common"] = [{"title": "nothing", "request": {"msgtype": "common"}, "reply": {}}]
    about = {"description": draw(PROSE)}
    catalog = draw(catalogs())
    for index, name in enumerate(catalog["hazards"]):
        messages[f"{chosen[index % len(chosen)]}Msg"].setdefault("x-hazard", []).append(name)
    drawn.files = {
        "colonyos.yaml": MANIFEST,
        "hazards.yaml": catalog,
        "types/envelope.yaml": ENVELOPE,
        "types/common.yaml": {"domain": "common", **about, "$defs": common},
        "types/stuff.yaml": {"domain": "stuff", **about, "$defs": definitions},
        "rpc/stuff.yaml": {"domain": "stuff", **about, "$defs": messages},
        "examples/stuff.json": examples,
    }
    return drawn


@st.composite
def catalogs(draw: st.DrawFn) -> Json:
    """Hazards with names and words that could get in the way."""
    words = [word for word in WORDS if word.islower() and word.isidentifier()]
    effects = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True))
    names = draw(st.lists(st.sampled_from(words), min_size=len(effects), max_size=4, unique=True))
    return {
        "description": draw(PROSE),
        "effects": {effect: draw(PROSE) for effect in effects},
        "hazards": {
            name: {"effect": effects[index % len(effects)], **{key: draw(PROSE) for key in HAZARD_WORDS}}
            for index, name in enumerate(names)
        },
    }


def enumeration(members: Sequence[str], numbers: Sequence[int]) -> Json:
    """An enum."""
    return {
        "description": "A choice.",
        "type": "integer",
        "enum": list(numbers),
        "x-enum-names": list(members),
        "x-enum-descriptions": ["One of them."] * len(members),
    }


def message(struct: str, msgtype: str) -> Json:
    """A message that sends a struct of types/stuff.yaml and gets it back."""
    ref = {"$ref": f"../types/stuff.yaml#/$defs/{struct}"}
    return {
        "type": "object",
        "description": f"Sends and gets {struct}.",
        "x-methods": [{"name": f"call_{msgtype}", "parameters": ["thing"]}],
        "x-transport": "http",
        "x-roles": ["anybody"],
        "x-idempotency": "read",
        "x-reply": {"schema": ref},
        "x-errors": ["bad"],
        "required": ["msgtype", "thing"],
        "properties": {"msgtype": {"const": msgtype}, "thing": {"description": "The thing.", **ref}},
    }


def _message_of_everything(used: Sequence[str]) -> Json:
    fields: Json = {"msgtype": {"const": "common"}}
    for index, name in enumerate(used):
        ref = {"$ref": f"../types/common.yaml#/$defs/{name}"}
        inner: Json = {"type": "array", "items": ref, "default": []}
        fields[f"field{index}"] = {"description": f"Some of {name}.", **inner}
    return {
        **message("", "common"),
        "x-methods": [{"name": "common", "keywords": [name for name in fields if name != "msgtype"]}],
        "x-reply": {},
        "required": ["msgtype"],
        "properties": fields,
    }


def example(msgtype: str, payload: Json) -> Json:
    """An example of such a message."""
    return {"title": "an example", "request": {"msgtype": msgtype, "thing": payload}, "reply": payload}
