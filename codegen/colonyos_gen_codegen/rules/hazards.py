"""Rules about hazards: the catalog and the messages agree, and what a limit is said to refuse is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from colonyos_gen_codegen.rules.conformance import beyond_limits, mismatches
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.loader import Document
from colonyos_gen_codegen.schema.outline import Json, Outline, Part, fields_of


@rule("HAZARD_RESOLVES", "A hazard that a message takes part in is in the catalog.")
def hazard_resolves(outline: Outline) -> Problems:
    for message, index, entry in _entries(outline):
        if _name(entry) not in outline.hazards:
            keys = () if isinstance(entry, str) else ("use",)
            yield message.at("x-hazard", index, *keys), f"hazards.yaml has no hazard '{_name(entry)}'"


@rule("HAZARD_IS_USED", "Some message takes part in every hazard, and some hazard has every effect.")
def hazard_is_used(outline: Outline) -> Problems:
    used = {_name(entry) for _, _, entry in _entries(outline)}
    effects = {hazard.data["effect"] for hazard in outline.hazards.values()}
    for name, hazard in outline.hazards.items():
        if name not in used:
            yield hazard.at(), f"no message takes part in '{name}'; add it to x-hazard or remove it"
    for name, position in _effects(outline).items():
        if name not in effects:
            yield position, f"no hazard has the effect '{name}'; use it or remove it"


@rule("HAZARD_EFFECT_KNOWN", "The effect of a hazard is one of the catalog.")
def hazard_effect_known(outline: Outline) -> Problems:
    known = _effects(outline)
    for hazard in outline.hazards.values():
        if hazard.data["effect"] not in known:
            yield hazard.at("effect"), f"'{hazard.data['effect']}' is not one of {', '.join(known)}"


@rule(
    "HAZARD_LIMIT_KNOWN",
    "The number that a hazard depends on is a limit of the manifest, and {limit} in `when` stands for it.",
)
def hazard_limit_known(outline: Outline) -> Problems:
    for hazard in outline.hazards.values():
        name = hazard.data.get("limit")
        if name is not None and name not in outline.manifest.data["limits"]:
            yield hazard.at("limit"), f"the manifest has no limit '{name}'"
        if ("{limit}" in hazard.data["when"]) != (name is not None):
            yield (
                hazard.at("when"),
                "{limit} belongs here exactly if there is a `limit`, whose number it stands for",
            )


@rule("HAZARD_UNIQUE", "A message takes part in a hazard once, or once for each of several fields.")
def hazard_unique(outline: Outline) -> Problems:
    seen: set[tuple[str, str, str]] = set()
    for message, index, entry in _entries(outline):
        field = "" if isinstance(entry, str) else entry["field"]
        keys = {(message.name, _name(entry), field), (message.name, _name(entry), "")}
        if seen & keys:
            yield message.at("x-hazard", index), f"{message.name} lists '{_name(entry)}' already"
        seen.add((message.name, _name(entry), field))


@rule("HAZARD_FIELD_EXISTS", "The field of a hazard is one that the request has.")
def hazard_field_exists(outline: Outline) -> Problems:
    for message, position, entry in _with_field(outline):
        path: str = entry["field"]
        if "refused" not in entry and "." in path:
            yield position, f"'{path}' must be a property of {message.name} itself, or `refused`"
        elif _reached(outline, message, path) is None:
            yield position, f"{message.name} has no field '{path}'"


@rule("HAZARD_VALUES_FIT", "The values that make a request hazardous are such as the field may hold.")
def hazard_values_fit(outline: Outline) -> Problems:
    for message, index, entry in _entries(outline):
        field = None if isinstance(entry, str) else _reached(outline, message, entry["field"])
        if field is None or isinstance(entry, str):
            continue
        for number, value in enumerate(entry.get("values", [])):
            for _, reason in mismatches(outline, field.document, field.data, value, "request"):
                yield message.at("x-hazard", index, "values", number), f"{value!r} {reason}"


@rule("HAZARD_IS_REFUSED", "The values that a message is said to refuse break a limit of their field.")
def hazard_is_refused(outline: Outline) -> Problems:
    for message, index, entry in _entries(outline):
        field = None if isinstance(entry, str) else _reached(outline, message, entry["field"])
        if field is None or isinstance(entry, str):
            continue
        document, schema = _innermost(outline, field)
        refined = _refined(outline, message, entry["field"])
        for number, value in enumerate(entry.get("refused", [])):
            broken = [
                *mismatches(outline, document, schema, value, "request"),
                *beyond_limits(refined, value, ()),
            ]
            if not broken:
                position = message.at("x-hazard", index, "refused", number)
                yield position, f"no limit of '{entry['field']}' refuses {value!r}"


def _entries(outline: Outline) -> Iterator[tuple[Part, int, Any]]:
    """What messages list, each with the message and its place in the list."""
    for message in outline.messages:
        for index, entry in enumerate(message.data.get("x-hazard", [])):
            yield message, index, entry


def _with_field(outline: Outline) -> Iterator[tuple[Part, Position, Json]]:
    """The entries with a field, each with where the field is written."""
    for message, index, entry in _entries(outline):
        if not isinstance(entry, str):
            yield message, message.at("x-hazard", index, "field"), entry


def _name(entry: Any) -> str:
    return str(entry if isinstance(entry, str) else entry["use"])


def _effects(outline: Outline) -> dict[str, Position]:
    catalog = outline.schema.hazards
    return {name: catalog.position(("effects", name)) for name in catalog.data["effects"]}


def _reached(outline: Outline, message: Part, path: str) -> Part | None:
    """The field at the end of a path of wire names, through lists and maps; None where it leads nowhere."""
    owner, field = message, None
    for wire in path.split("."):
        if field is not None:
            document, schema = _innermost(outline, field)
            owner = Part(document, field.pointer, schema)
        field = next((field for field in fields_of(owner) if field.name == wire), None)
        if field is None:
            return None
    return field


def _refined(outline: Outline, message: Part, path: str) -> Json:
    """The limits that the field before the last one of `path` sets on the last one, here only."""
    before, _, wire = path.rpartition(".")
    holder = _reached(outline, message, before) if before else None
    refined: Json = holder.data.get("properties", {}).get(wire, {}) if holder is not None else {}
    return refined


def _innermost(outline: Outline, field: Part) -> tuple[Document, Json]:
    """What describes a single value of `field`: an element, where it is a list or a map."""
    value = field
    while True:
        resolved = outline.resolved(value)
        inner = next(
            (key for key in ("items", "additionalProperties") if isinstance(resolved.data.get(key), dict)),
            None,
        )
        if inner is None:
            return (
                (resolved.document, resolved.data)
                if "properties" in resolved.data
                else (value.document, value.data)
            )
        value = resolved.inside(inner)
