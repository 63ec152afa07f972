"""Rules about default values."""

from __future__ import annotations

from codegen.rules.conformance import mismatches
from codegen.rules.outline import Outline, is_struct
from codegen.rules.registry import Problems, rule


@rule("FIELD_HAS_DEFAULT", "Every field is required or has a default.")
def field_has_default(outline: Outline) -> Problems:
    for owner in [*outline.structs, *outline.messages]:
        required = owner.data.get("required", [])
        for field in owner.parts("properties"):
            if "const" not in field.data and "default" not in field.data and field.name not in required:
                yield field.at(), f"'{field.name}' of {owner.name} needs a default, or must be required"


@rule("DEFAULT_FITS_TYPE", "A default is a value of the field, within its limits; for a struct it is {}.")
def default_fits_type(outline: Outline) -> Problems:
    for owner in [*outline.structs, *outline.messages]:
        for field in owner.parts("properties"):
            if "default" not in field.data:
                continue
            default, position = field.data["default"], field.at("default")
            if "anyOf" not in field.data and is_struct(outline.resolved(field).data):
                if default != {}:
                    yield position, f"the default of the struct '{field.name}' must be {{}}"
                continue
            # Null is how the server writes an empty list, not how one is written here.
            plain = {key: value for key, value in field.data.items() if key != "x-go-null"}
            for _, reason in mismatches(outline, field.document, plain, default, "request"):
                yield position, f"the default of '{field.name}' {reason}"
