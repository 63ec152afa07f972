"""Rules about the short constructors of structs (x-new) and about narrower limits beside a reference."""

from __future__ import annotations

from typing import Any

from codegen.rules.names import fold
from codegen.rules.outline import Outline, Part
from codegen.rules.registry import Problems, rule


@rule("CONSTRUCTOR_FITS", "x-new names fields that exist, each once, and sets every required field.")
def constructor_fits(outline: Outline) -> Problems:
    for struct in outline.structs:
        names: set[str] = set()
        paths: set[str] = set()
        for index, entry in enumerate(struct.data.get("x-new", [])):
            name, path = (entry, entry) if isinstance(entry, str) else (entry["name"], entry["field"])
            position = struct.at("x-new", index)
            if not _leads_to_field(outline, struct, path):
                yield position, f"{struct.name} has no field '{path}'"
            if fold(name) in names or path in paths:
                yield position, f"'{name}' is in the constructor of {struct.name} already"
            names.add(fold(name))
            paths.add(path)
        if "x-new" in struct.data:
            for wire in struct.data.get("required", []):
                if wire not in paths and "const" not in struct.data["properties"].get(wire, {}):
                    yield struct.at("x-new"), f"{struct.name} requires '{wire}', which this does not set"


@rule("REFINEMENT_FITS", "`properties` beside a $ref limits fields that the referenced struct has.")
def refinement_fits(outline: Outline) -> Problems:
    for field in outline.fields:
        if "$ref" in field.data:
            target = outline.resolved(field)
            known: dict[str, Any] = target.data.get("properties", {}) if target is not field else {}
            for wire in field.data.get("properties", {}):
                if target is not field and wire not in known:
                    yield field.at("properties", wire), f"{target.name} has no property '{wire}'"


def _leads_to_field(outline: Outline, struct: Part, path: str) -> bool:
    """Whether the dotted wire names lead through structs to a field."""
    owner: Part | None = struct
    for wire in path.split("."):
        if owner is None or wire not in owner.data["properties"]:
            return False
        field = owner.inside("properties", wire)
        if "const" in field.data:
            return False
        target = outline.target(field.document, field.data["$ref"]) if "$ref" in field.data else None
        owner = target if target is not None and "properties" in target.data else None
    return True
