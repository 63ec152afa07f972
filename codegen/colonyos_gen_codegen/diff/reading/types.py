"""Reads the structs, enums and scalars of types/, and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, cast

from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.reading.reader import Reader
from colonyos_gen_codegen.diff.reading.values import limits_of, value_of, words_inside
from colonyos_gen_codegen.schema.outline import Part, fields_of, is_enum, is_struct

_FIELD_FACTS: tuple[tuple[str, Any], ...] = (
    ("default", None),
    ("x-omit-empty", False),
    ("x-secret", False),
    ("x-among", {}),
)
_PER_VALUE = ("x-enum-since", "x-enum-until", "x-enum-deprecated")
"""Lists, or mappings by name, that say it of each value."""


def type_node(reader: Reader, part: Part) -> Node:
    """The node of a definition under types/."""
    if is_enum(part.data):
        return _enum(reader, part)
    if is_struct(part.data):
        return _struct(reader, part)
    node = reader.node("scalar", part.name, part.name, part)
    node.facts["domain"] = part.document.data["domain"]
    node.value = value_of(reader, part)
    words_inside(node, part)
    return node


def add_fields(reader: Reader, node: Node, part: Part) -> None:
    """Give a struct or a request its fields."""
    required = part.data.get("required", [])
    for field in fields_of(part):
        child = reader.node("field", field.name, f"{part.name}.{field.name}", field)
        child.value = value_of(reader, field)
        words_inside(child, field)
        child.facts["required"] = field.name in required
        if field.name in required:
            child.places["required"] = reader.place(
                part.document.position((*part.pointer, "required", required.index(field.name)))
            )
        for key, default in (*_FIELD_FACTS, ("x-name", field.name)):
            reader.fact(child, field, key, default)
        child.facts["x-json"] = (
            value_of(reader, field.inside("x-json")).name if "x-json" in field.data else None
        )
        child.facts["refined"] = {
            wire: limits_of(data) for wire, data in field.data.get("properties", {}).items()
        }
        for wire, data in field.data.get("properties", {}).items():
            if "x-rule" in data:
                child.words[f"{wire} x-rule"] = data["x-rule"]
        node.children.append(child)


def _struct(reader: Reader, part: Part) -> Node:
    node = reader.node("struct", part.name, part.name, part)
    node.facts["domain"] = part.document.data["domain"]
    reader.fact(node, part, "x-direction", "both")
    node.facts["msgtype"] = part.data["properties"].get("msgtype", {}).get("const")
    node.facts["x-new"] = [_target(entry) for entry in part.data.get("x-new", [])]
    node.places["x-new"] = reader.place(part.at("x-new"))
    form = part.data.get("x-file")
    node.facts["x-file"] = (
        None
        if form is None
        else {
            "fill": [_target(entry) for entry in form.get("fill", [])],
            "list": form.get("list"),
            "unset-zero": sorted(form.get("unset-zero", [])),
        }
    )
    node.places["x-file"] = reader.place(part.at("x-file"))
    add_fields(reader, node, part)
    for index, entry in enumerate(part.data.get("x-options", [])):
        name, path = _target(entry)
        more: dict[str, Any] = {} if isinstance(entry, str) else entry
        place = reader.place(part.at("x-options", index))
        option = Node("option", name, f"{part.name} option {name}", place)
        option.facts = {
            "field": path,
            "quantity": more.get("quantity"),
            "limits": {key: more[key] for key in ("minimum", "maximum") if key in more},
            "also": list(more.get("also", [])),
        }
        option.words = {"description": more["description"]} if "description" in more else {}
        node.children.append(option)
    return node


def _target(entry: str | dict[str, Any]) -> tuple[str, str]:
    """The name of a parameter or option, and the path of the field that it goes to."""
    return (entry, entry) if isinstance(entry, str) else (entry["name"], entry["field"])


def _enum(reader: Reader, part: Part) -> Node:
    node = reader.node("enum", part.name, part.name, part)
    node.facts["domain"] = part.document.data["domain"]
    final = part.data.get("x-enum-final", [])
    names: list[str] = part.data["x-enum-names"]
    columns = zip_longest(
        part.data.get("enum", []),
        names,
        part.data.get("x-enum-descriptions", []),
        part.data.get("x-enum-colours", []),
    )
    for index, (number, name, description, colour) in enumerate(columns):
        if name is None or number is None:
            continue
        member = Node("value", name, f"{part.name}.{name}", reader.place(part.at("x-enum-names", index)))
        member.facts = {
            "number": number,
            "final": name in final,
            "colour": colour,
            **{key[len("x-enum-") :]: _of_value(part.data.get(key), names, index) for key in _PER_VALUE},
        }
        member.facts["deprecated"] = bool(member.facts["deprecated"])
        for key in ("since", "until"):
            member.facts[f"x-{key}"] = member.facts.pop(key)
        member.places = {
            "number": reader.place(part.at("enum", index)),
            "final": reader.place(part.at("x-enum-final")),
            "colour": reader.place(part.at("x-enum-colours", index)),
        }
        member.words = {"description": description or ""}
        node.children.append(member)
    return node


def _of_value(column: Any, names: Sequence[str], index: int) -> Any:
    """What a column says of a value: by its name, in the order of the values, or as one of those that it names."""
    if isinstance(column, dict):
        return cast("dict[str, Any]", column).get(names[index])
    entries: list[Any] = list(column or ())
    if all(entry in names for entry in entries):
        return names[index] in entries or None
    return entries[index] if index < len(entries) else None
