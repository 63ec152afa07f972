"""Rules about enums."""

from __future__ import annotations

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline


@rule("ENUM_FINAL_FITS", "x-enum-final lists names of the enum.")
def enum_final_fits(outline: Outline) -> Problems:
    for enum in outline.enums:
        for index, name in enumerate(enum.data.get("x-enum-final", [])):
            if name not in enum.data["x-enum-names"]:
                yield enum.at("x-enum-final", index), f"{enum.name} has no '{name}'"


@rule(
    "ENUM_NAMES_FIT",
    "An enum has a name and a description for each value, and none twice; colours for all of them or none.",
)
def enum_names_fit(outline: Outline) -> Problems:
    for enum in outline.enums:
        values = enum.data["enum"]
        for key in ("x-enum-names", "x-enum-descriptions", "x-enum-colours"):
            if key in enum.data and len(enum.data[key]) != len(values):
                count = len(enum.data[key])
                yield enum.at(key), f"{enum.name} has {len(values)} values, but {count} entries here"
        for key in ("enum", "x-enum-names"):
            entries = enum.data[key]
            for index, entry in enumerate(entries):
                if entry in entries[:index]:
                    yield enum.at(key, index), f"{enum.name} has {entry} twice"
        for index, text in enumerate(enum.data["x-enum-descriptions"]):
            if not text.strip():
                position = enum.at("x-enum-descriptions", index)
                yield position, f"entry {index + 1} of {enum.name} needs a description"
