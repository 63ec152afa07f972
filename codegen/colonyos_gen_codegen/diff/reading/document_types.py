"""Reads types, fields and values of a document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from colonyos_gen_codegen.diff.nodes import SOME, UNTOLD, Node, Value
from colonyos_gen_codegen.diff.reading.document_pages import SENT, Pages
from colonyos_gen_codegen.diff.reading.values import LIMITS
from colonyos_gen_codegen.schema.loader import Pointer


def type_node(pages: Pages, name: str, definition: dict[str, Any]) -> Node | None:
    """The node of a struct or enum."""
    pointer = (*pages.home, name)
    if _is_enum(definition):
        return _enum(pages, name, definition, pointer)
    if "properties" not in definition:
        return None
    node = Node("struct", name, name, pages.place(pointer))
    node.facts = {
        "domain": definition.get("x-domain"),
        "x-direction": definition.get("x-direction", "both"),
        "deprecated": bool(definition.get("deprecated")),
        "msgtype": definition["properties"].get("msgtype", {}).get("const"),
        "x-new": [_target(pages, definition, entry) for entry in definition.get("x-new", [])],
    }
    form = definition.get("x-file")
    node.facts["x-file"] = form and {
        "fill": [_target(pages, definition, entry) for entry in form.get("fill", [])],
        "list": form.get("list"),
        "unset-zero": sorted(form.get("unset-zero", [])),
    }
    node.words = {"description": definition.get("description", "")}
    limits_of = name + SENT if name + SENT in pages.all else name
    known = limits_of != name or definition.get("x-direction") == "request"
    add_fields(pages, node, name, definition, limits_of=limits_of if known else "")
    for index, entry in enumerate(definition.get("x-options", [])):
        place = pages.place((*pointer, "x-options", index))
        called = _called(definition, entry["name"], entry["field"])
        option = Node("option", called, f"{name} option {called}", place)
        option.facts = {
            "field": entry["field"],
            "quantity": entry.get("quantity"),
            "limits": {key: entry[key] for key in ("minimum", "maximum") if key in entry},
            "also": list(entry.get("also", [])),
        }
        node.children.append(option)
    return node


def _target(pages: Pages, definition: dict[str, Any], entry: dict[str, Any]) -> tuple[str, str]:
    """The name of a parameter and the path of its field: in keys, where the document has public names."""
    wires: list[str] = []
    inside = definition
    for public in str(entry["field"]).split("."):
        properties = inside.get("properties", {})
        wire = next((key for key, each in properties.items() if each.get("x-name", key) == public), public)
        wires.append(wire)
        inside = pages.all.get(pages.referred(str(_ref(properties.get(wire, {})))), {})
    path = ".".join(wires)
    return _called(definition, entry["name"], path), path


def _called(definition: dict[str, Any], name: str, path: str) -> str:
    """The name of a parameter as the schema has it: the key of its field, unless it has a name of its own."""
    return path if definition["properties"].get(path, {}).get("x-name", path) == name else name


def _ref(data: dict[str, Any]) -> str:
    """What a value refers to, if it does."""
    branches: list[dict[str, Any]] = data.get("anyOf") or data.get("allOf") or [{}]
    return str(data.get("$ref") or branches[0].get("$ref") or "")


def add_fields(pages: Pages, node: Node, name: str, definition: dict[str, Any], *, limits_of: str) -> None:
    """Give a struct or a request its fields; limits are those of the definition `limits_of`, if there is one."""
    limiting = pages.all.get(limits_of, {}).get("properties", {})
    for wire, data in definition.get("properties", {}).items():
        if "const" in data:
            continue
        pointer = (*pages.home, name, "properties", wire)
        field = Node("field", wire, f"{name}.{wire}", pages.place(pointer))
        field.value = value_of(pages, data, pointer, limiting.get(wire, {}) if limits_of else None)
        field.facts = {
            "required": wire in definition.get("required", []),
            "x-name": data.get("x-name", wire),
            "x-omit-empty": data.get("x-omit-empty", False),
            "x-json": data.get("x-json"),
            "x-among": data.get("x-among", {}),
            "x-since": data.get("x-since"),
            "deprecated": bool(data.get("deprecated")),
        }
        for key in ("default", "x-default"):
            if key in data:
                field.facts["default"] = data[key]
        field.words = {"description": data.get("description", "")}
        node.children.append(field)


def value_of(pages: Pages, data: dict[str, Any], pointer: Pointer, limiting: dict[str, Any] | None) -> Value:
    """A type as a document writes it; the limits are those of `limiting`, which is None where they cannot be told."""
    place = pages.place(pointer)
    if "x-cut" in data:
        return Value("struct", place, name=data["x-cut"])
    go_null = SOME if data.get("x-go-null") else ""
    branches = data.get("anyOf") or data.get("allOf")
    if branches and "$ref" not in data:
        nullable = "anyOf" in data and not go_null
        branch = value_of(pages, branches[0], pointer, None)
        return replace(branch, nullable=nullable, go_null=go_null, unit=data.get("x-unit", UNTOLD))
    if "$ref" in data:
        name = pages.referred(data["$ref"])
        if name == "Time":
            return Value("time", place, unit=data.get("x-unit", UNTOLD))
        kind = "enum" if _is_enum(pages.all.get(name, {})) else "struct"
        return Value(kind, place, name=name, go_null=go_null, unit=data.get("x-unit", UNTOLD))
    kind, nullable = _kind(data)
    inner: Any = data.get("items", data.get("additionalProperties"))
    item: Value | None = None
    if kind in ("list", "map"):
        item_limits = None if limiting is None else _inside(limiting)
        item = Value("any", place)
        if isinstance(inner, dict):
            item = value_of(pages, cast("dict[str, Any]", inner), pointer, item_limits)
    return Value(
        kind,
        place,
        item=item,
        nullable=nullable and not go_null,
        int64=data.get("format") == "int64",
        limits=None if limiting is None else _limits(limiting),
        go_null=go_null,
        unit=data.get("x-unit", UNTOLD),
    )


def _kind(data: dict[str, Any]) -> tuple[str, bool]:
    """The kind of a value, and whether null is fine too."""
    written: Any = data.get("type")
    types = cast("list[str]", written) if isinstance(written, list) else [str(written)] if written else []
    named = [each for each in types if each != "null"]
    if data.get("format") == "date-time":
        return "time", False
    if data.get("contentEncoding") == "base64":
        return "bytes", "null" in types
    kinds = {"array": "list", "object": "map"}
    return (kinds.get(named[0], named[0]) if named else "any"), "null" in types


def _inside(limiting: dict[str, Any]) -> dict[str, Any]:
    """What limits the elements of a list, or the values of a map."""
    inner: Any = limiting.get("items", limiting.get("additionalProperties", {}))
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}


def _limits(data: dict[str, Any]) -> dict[str, Any]:
    limits = {key: data[key] for key in LIMITS if key in data and key != "not"}
    excluded = data.get("not", {}).get("enum") or [data.get("not", {}).get("const")]
    return limits | ({"not": excluded[0]} if "not" in data else {})


def _is_enum(definition: dict[str, Any]) -> bool:
    return "x-enum-names" in definition


def _enum(pages: Pages, name: str, definition: dict[str, Any], pointer: Pointer) -> Node:
    node = Node("enum", name, name, pages.place(pointer))
    node.facts["domain"] = definition.get("x-domain")
    names: list[str] = definition["x-enum-names"]
    named = [each["const"] for each in definition.get("anyOf", []) if "const" in each]
    numbers: list[int] = definition.get("x-enum-values") or definition.get("enum") or named
    colours = definition.get("x-enum-colours") or [None] * len(names)
    for index, (called, number, colour) in enumerate(zip(names, numbers, colours, strict=True)):
        place = pages.place((*pointer, "x-enum-names", index))
        member = Node("value", called, f"{name}.{called}", place)
        member.facts = {
            "number": number,
            "final": called in definition.get("x-enum-final", []),
            "colour": colour,
        }
        node.children.append(member)
    return node
