"""Rules about default values."""

from __future__ import annotations

from colonyos_gen_codegen.rules.conformance import mismatches
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Json, Outline, Part, is_enum, is_struct


@rule("FIELD_HAS_DEFAULT", "Every field is required or has a default.")
def field_has_default(outline: Outline) -> Problems:
    for owner in [*outline.structs, *outline.messages]:
        required = owner.data.get("required", [])
        for field in owner.parts("properties"):
            if "const" not in field.data and "default" not in field.data and field.name not in required:
                yield field.at(), f"'{field.name}' of {owner.name} needs a default, or must be required"


@rule(
    "DEFAULT_FITS_TYPE",
    "A default is a value of the field, within its limits; for structs, lists, maps, times and any values it is empty.",
)
def default_fits_type(outline: Outline) -> Problems:
    for owner in [*outline.structs, *outline.messages]:
        for field in owner.parts("properties"):
            if "default" not in field.data:
                continue
            default, position = field.data["default"], field.at("default")
            if "anyOf" not in field.data and is_struct(outline.resolved(field).data):
                if default != {}:
                    yield position, f"the default of the struct '{field.name}' must be {{}}"
                elif _needs_values(outline, field):
                    yield (
                        position,
                        f"{outline.resolved(field).name} needs values, so make '{field.name}' required",
                    )
                continue
            # Null is how the server writes an empty list, not how one is written here.
            plain = {key: value for key, value in field.data.items() if key != "x-go-null"}
            for _, reason in mismatches(outline, field.document, plain, default, "request"):
                yield position, f"the default of '{field.name}' {reason}"
                break
            else:
                if default and _must_be_empty(outline.resolved(field).data):
                    yield (
                        position,
                        f"the default of '{field.name}' must be empty: lists, maps, times and any values are",
                    )


@rule(
    "OMIT_EMPTY_FITS",
    "A field that the server leaves out when empty is empty by default, or reading it would change it.",
)
def omit_empty_fits(outline: Outline) -> Problems:
    for field in outline.fields:
        if field.data.get("x-omit-empty") and field.data.get("default"):
            yield (
                field.at("default"),
                f"the server leaves '{field.name}' out when empty, so its default must be empty",
            )


def _must_be_empty(data: Json) -> bool:
    scalar = data.get("type") in ("string", "integer", "number", "boolean")
    return not scalar and not is_enum(data) and "const" not in data


def _needs_values(outline: Outline, field: Part) -> bool:
    """Whether the struct of `field` has required fields, so that none can be made from nothing."""
    owner = outline.resolved(field)
    return any(
        "const" not in owner.data["properties"].get(wire, {"const": 0})
        for wire in owner.data.get("required", [])
    )
