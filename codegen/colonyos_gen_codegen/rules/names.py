"""Rules about public names: every target language can spell them, and no two collide."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, Part, fields_of

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = {"self", "cls"}
"""Names that methods and constructors need for themselves."""


@rule(
    "NAME_IS_USABLE",
    "Public names are ASCII identifiers and not Python keywords; x-name replaces a bad wire name.",
)
def name_is_usable(outline: Outline) -> Problems:
    for position, name in _public_names(outline):
        if not _IDENTIFIER.fullmatch(name):
            yield position, f"'{name}' is not an identifier (ASCII letters, digits and _, a letter first)"
        elif keyword.iskeyword(name) or name in _RESERVED:
            yield position, f"'{name}' is a reserved word; choose another name, for a field with x-name"


@rule("NAME_UNIQUE", "No two fields of a struct have the same public name, not even in another case.")
def name_unique(outline: Outline) -> Problems:
    for owner in [*outline.structs, *outline.messages]:
        seen: dict[str, str] = {}
        for field in fields_of(owner):
            position, name = public_name(field)
            if fold(name) in seen:
                yield position, f"'{name}' and '{seen[fold(name)]}' of {owner.name} are the same public name"
            seen.setdefault(fold(name), name)


@rule(
    "TYPE_NAME_UNIQUE",
    "No two types or messages of the service have the same name, not even in another case.",
)
def type_name_unique(outline: Outline) -> Problems:
    seen: dict[str, Part] = {}
    for item in [*outline.types, *outline.messages]:
        other = seen.setdefault(fold(item.name), item)
        if other is not item:
            yield item.at(), f"{item.name} exists already as {other.name} at {other.at()}"


def public_name(field: Part) -> tuple[Position, str]:
    """The public name of a field, and where it is written."""
    return (field.at("x-name"), field.data["x-name"]) if "x-name" in field.data else (field.at(), field.name)


def constants(outline: Outline) -> Iterator[tuple[Position, str]]:
    """The names of the constants that the manifest defines."""
    for key in ("limits", "texts", "tables"):
        for name in outline.manifest.data.get(key, {}):
            yield outline.manifest.at(key, name), name


def fold(name: str) -> str:
    """What is left of a name when languages spell it in cases of their own."""
    return name.replace("_", "").lower()


def _public_names(outline: Outline) -> Iterator[tuple[Position, str]]:
    for folder in ("types", "rpc"):
        for document in outline.schema.group(folder):
            yield document.position(("domain",)), document.data["domain"]
    for item in [*outline.types, *outline.messages]:
        yield item.at(), item.name
    for field in outline.fields:
        yield public_name(field)
    for enum in outline.enums:
        for index, name in enumerate(enum.data["x-enum-names"]):
            yield enum.at("x-enum-names", index), name
    for struct in outline.structs:
        forms = [struct.inside("x-file")] if "x-file" in struct.data else []
        for entry in [*struct.parts("x-new"), *(entry for form in forms for entry in form.parts("fill"))]:
            yield entry.at("name"), entry.data["name"]
    for message in outline.messages:
        for method in message.parts("x-methods"):
            yield method.at("name"), method.data["name"]
            for entry in [*method.parts("parameters"), *method.parts("keywords")]:
                yield entry.at("name"), entry.data["name"]
    for position, name in constants(outline):
        yield position, name
    for error in [*outline.manifest.parts("errors"), *outline.manifest.parts("envelope_errors")]:
        yield (error.at("name"), error.data["name"]) if "name" in error.data else (error.at(), error.name)
    for code in outline.manifest.data["codes"]:
        yield outline.manifest.at("codes", code), code
