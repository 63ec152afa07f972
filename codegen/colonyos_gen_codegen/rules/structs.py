"""Rules about the fields of structs and requests."""

from __future__ import annotations

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, Part, is_number, is_struct


@rule("REQUIRED_EXISTS", "Every name under `required` is a property.")
def required_exists(outline: Outline) -> Problems:
    for owner in [*outline.structs, *outline.messages]:
        for index, wire in enumerate(owner.data.get("required", [])):
            if wire not in owner.data["properties"]:
                yield owner.at("required", index), f"{owner.name} has no property '{wire}'"


@rule("NUMBER_HAS_UNIT", "Every field that is a number says in x-unit what it counts or measures.")
def number_has_unit(outline: Outline) -> Problems:
    for field in outline.fields:
        target = outline.resolved(field)
        if is_number(target.data) and "x-unit" not in {**field.data, **target.data}:
            yield field.at(), f"the number '{field.name}' needs x-unit, as in seconds or count"


@rule("UNIT_IS_FOR_NUMBER", "Only numbers have x-unit.")
def unit_is_for_number(outline: Outline) -> Problems:
    for value in outline.values:
        if "x-unit" in value.data and not is_number(outline.resolved(value).data):
            yield value.at("x-unit"), f"'{value.name}' is not a number, so it has no unit"


@rule("OPTIONAL_IS_STRUCT", "Only structs are optional with anyOf; every other type has an empty value.")
def optional_is_struct(outline: Outline) -> Problems:
    for value in outline.values:
        target = outline.resolved(value)
        if "anyOf" in value.data and "$ref" not in target.data and not is_struct(target.data):
            yield value.at("anyOf"), f"'{value.name}' is no struct; give it its empty value instead of null"


@rule("JSON_FITS", "x-json stands on a text, and refers to a struct.")
def json_fits(outline: Outline) -> Problems:
    for field in outline.fields:
        if "x-json" not in field.data:
            continue
        data = outline.resolved(field).data
        if data.get("type") != "string" or "contentEncoding" in data:
            yield field.at("x-json"), f"'{field.name}' is no text, so it holds no JSON"
        target = outline.resolved(field.inside("x-json"))
        if target.name != "x-json" and not is_struct(target.data):
            yield field.at("x-json", "$ref"), f"{target.name} is no struct"


@rule(
    "AMONG_FITS",
    "x-among stands on a list of structs, and leads from these to texts by names that they have.",
)
def among_fits(outline: Outline) -> Problems:
    for field in outline.fields:
        for path, wire in field.data.get("x-among", {}).items():
            item = outline.resolved(field.inside("items")) if "items" in field.data else None
            for wires in (path, wire):
                if item is None or not _is_text_at(outline, item, wires):
                    yield (
                        field.at("x-among", path),
                        f"'{field.name}' has no texts at '{wires}' of its elements",
                    )


@rule("GO_NULL_FITS", "x-go-null stands on lists, maps and bytes only; other optional values use anyOf.")
def go_null_fits(outline: Outline) -> Problems:
    for value in outline.values:
        if "x-go-null" in value.data:
            data = outline.resolved(value).data
            collection = data.get("type") in ("array", "object") and not is_struct(data)
            if not collection and "contentEncoding" not in data:
                message = f"'{value.name}' is no list, map or bytes; write anyOf: [..., {{type: \"null\"}}]"
                yield value.at("x-go-null"), message


def _is_text_at(outline: Outline, struct: Part, path: str) -> bool:
    """Whether a path of wire names leads from `struct` to a text, or to a list of texts at its end."""
    wire, _, rest = path.partition(".")
    if {"const", "anyOf"} & struct.data.get("properties", {}).get(wire, {"const": ""}).keys():
        return False
    found = outline.resolved(struct.inside("properties", wire))
    if rest:
        return _is_text_at(outline, found, rest)
    if isinstance(found.data.get("items"), dict):
        found = outline.resolved(found.inside("items"))
    return found.data.get("type") == "string" and "contentEncoding" not in found.data
