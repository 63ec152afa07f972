"""Rules about the constructors of structs (x-new, x-options, x-file) and about narrower limits beside a reference."""

from __future__ import annotations

import keyword
from typing import Any, cast

from colonyos_gen_codegen.rules.names import fold, public_name
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, Part, is_number, is_struct
from colonyos_gen_codegen.targets.python import options, reserved

_FILE_PARAMETERS = {"path", "readfile"}
"""Names that the reader of a file needs for itself."""


@rule("CONSTRUCTOR_FITS", "x-new names fields that exist, each once, and sets every required field.")
def constructor_fits(outline: Outline) -> Problems:
    for struct in outline.structs:
        names: set[str] = set()
        paths: set[str] = set()
        for index, entry in enumerate(struct.data.get("x-new", [])):
            name, path = (entry, entry) if isinstance(entry, str) else (entry["name"], entry["field"])
            position = struct.at("x-new", index)
            if _field_at(outline, struct, path) is None:
                yield position, f"{struct.name} has no field '{path}'"
            if fold(name) in names or path in paths:
                yield position, f"'{name}' is in the constructor of {struct.name} already"
            names.add(fold(name))
            paths.add(path)
        if "x-new" in struct.data:
            for wire in struct.data.get("required", []):
                if wire not in paths and "const" not in struct.data["properties"].get(wire, {}):
                    yield struct.at("x-new"), f"{struct.name} requires '{wire}', which this does not set"


@rule(
    "OPTIONS_FIT",
    "x-options names fields that exist and have a default, each once, with what suits them; those of FunctionSpec are free "
    "as keywords of its makers.",
)
def options_fit(outline: Outline) -> Problems:
    for struct in outline.structs:
        names: set[str] = set()
        paths: set[str] = set()
        for index, entry in enumerate(struct.data.get("x-options", [])):
            more = cast("dict[str, Any]", {"field": entry} if isinstance(entry, str) else entry)
            path: str = more["field"]
            position = struct.at("x-options", index)
            owner, field = _owner_and_field(outline, struct, path)
            if owner is None or field is None or field.name in owner.data.get("required", []):
                yield position, f"{struct.name} has no field '{path}' with a default"
                continue
            name = more.get("name", public_name(field)[1])
            yield from _option_fits(outline, position, field, {**more, "name": name})
            taken = reserved.SUBMISSION.get(name) or reserved.SUBMISSION.get(path)
            if taken and struct.name == options.SUBMITTED:
                yield position, f"'{name}' cannot be an option: {taken}"
            for each in (name, *more.get("also", [])):
                if fold(each) in names:
                    yield position, f"'{each}' is an option of {struct.name} already"
                names.add(fold(each))
            if path in paths:
                yield position, f"'{path}' is an option of {struct.name} already"
            paths.add(path)


def _option_fits(outline: Outline, position: Position, field: Part, entry: dict[str, Any]) -> Problems:
    """Whether what is said about an option suits its field, and whether it can be a keyword."""
    kind = outline.resolved(field).data.get("type")
    if not _is_keyword(entry["name"]):
        yield position, f"'{entry['name']}' cannot be a keyword"
    if "quantity" in entry and kind != "string":
        yield position, f"'{entry['name']}' has a quantity, but '{entry['field']}' is no text"
    if ("minimum" in entry or "maximum" in entry) and kind != "integer":
        yield position, f"'{entry['name']}' has a minimum or maximum, but '{entry['field']}' is no integer"


def _is_keyword(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)


@rule(
    "FILE_FORM_FITS",
    "x-file names what fits: texts to fill in, each once; a list of structs; numbers with a default other than 0.",
)
def file_form_fits(outline: Outline) -> Problems:
    for struct in outline.structs:
        if "x-file" not in struct.data:
            continue
        form = struct.inside("x-file")
        names = set(_FILE_PARAMETERS)
        for index, entry in enumerate(form.data.get("fill", [])):
            name, path = (entry, entry) if isinstance(entry, str) else (entry["name"], entry["field"])
            position = form.at("fill", index)
            field = _field_at(outline, struct, path)
            if field is None or outline.resolved(field).data.get("type") != "string":
                yield position, f"{struct.name} has no text '{path}' to fill in"
            if fold(name) in names:
                yield position, f"'{name}' is a parameter of the reader of {struct.name} already"
            names.add(fold(name))
        if "list" in form.data:
            field = _field_at(outline, struct, form.data["list"])
            if field is None or not _is_list_of_structs(outline, field):
                yield form.at("list"), f"{struct.name} has no list of structs '{form.data['list']}'"
        for index, wire in enumerate(form.data.get("unset-zero", [])):
            field = _field_at(outline, struct, wire)
            if field is None or not is_number(outline.resolved(field).data) or not field.data.get("default"):
                yield (
                    form.at("unset-zero", index),
                    f"{struct.name} has no number '{wire}' with another default",
                )


@rule("REFINEMENT_FITS", "`properties` beside a $ref limits fields that the referenced struct has.")
def refinement_fits(outline: Outline) -> Problems:
    for field in outline.fields:
        if "$ref" in field.data:
            target = outline.resolved(field)
            known: dict[str, Any] = target.data.get("properties", {}) if target is not field else {}
            for wire in field.data.get("properties", {}):
                if target is not field and wire not in known:
                    yield field.at("properties", wire), f"{target.name} has no property '{wire}'"


def _is_list_of_structs(outline: Outline, field: Part) -> bool:
    data = outline.resolved(field).data
    if data.get("type") != "array":
        return False
    item = outline.resolved(field.inside("items"))
    return is_struct(item.data)


def _field_at(outline: Outline, struct: Part, path: str) -> Part | None:
    """The field to which the dotted wire names lead through structs; None if they lead nowhere."""
    return _owner_and_field(outline, struct, path)[1]


def _owner_and_field(outline: Outline, struct: Part, path: str) -> tuple[Part | None, Part | None]:
    """The same with the struct that has the field."""
    last: Part | None = None
    owner: Part | None = struct
    field = None
    for wire in path.split("."):
        if owner is None or wire not in owner.data["properties"]:
            return None, None
        last = owner
        field = owner.inside("properties", wire)
        if "const" in field.data:
            return None, None
        target = outline.target(field.document, field.data["$ref"]) if "$ref" in field.data else None
        owner = target if target is not None and "properties" in target.data else None
    return last, field
