"""Makes the bundled definitions digestible for datamodel-code-generator.

* The `...ToSend` overlays go: models are for both directions; requests keep the limits of their own fields.
* `x-` keywords and comments go; long descriptions are wrapped, since they become docstrings.
* Points in time and enums refer to types of our own, by way of a module that does not exist (`OWN_MODULE`).
* `type: [array, "null"]` becomes an `anyOf`, because the types of items and map values get lost otherwise.
"""

from __future__ import annotations

import textwrap
from collections.abc import Set
from typing import Any

from colonyos_gen_codegen.targets.jsonschema.document import SENT
from colonyos_gen_codegen.targets.jsonschema.values import TIME, JsonSchema

OWN_MODULE = "colonyos_own_types"

_PREFIX = "#/$defs/"
_WIDTH = 100
_OF_THE_VALUE = {"type", "items", "additionalProperties"}
_LIMITS = {"pattern", "minimum", "maximum", "not"}


def simplify(definitions: dict[str, JsonSchema], enums: Set[str]) -> dict[str, JsonSchema]:
    """`definitions` without the overlays, and without what our own types stand for."""
    own = {TIME, *enums}
    overlays = {name + SENT for name in definitions} & set(definitions)
    result: dict[str, JsonSchema] = {}
    for name, schema in definitions.items():
        if name in own or name in overlays:
            continue
        properties = {key: _schema(value, own, overlays) for key, value in schema["properties"].items()}
        result[name] = {**_schema({**schema, "properties": {}}, own, overlays), "properties": properties}
    return result


def _schema(schema: JsonSchema, own: Set[str], overlays: Set[str]) -> JsonSchema:
    kept = {key: value for key, value in schema.items() if not key.startswith(("x-", "$comment"))}
    if "description" in kept:
        kept["description"] = "\n".join(textwrap.wrap(kept["description"], _WIDTH, break_on_hyphens=False))
    kept.pop("propertyNames", None)
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            # A limit would make a root model of each element, whose value hides under `.root`.
            element = {name: value for name, value in kept[key].items() if name not in _LIMITS}
            kept[key] = _schema(element, own, overlays)
    if "anyOf" in kept:
        branches: list[Any] = kept["anyOf"]
        kept["anyOf"] = [_schema(branch, own, overlays) for branch in branches]
    if "$ref" in kept:
        return _reference(kept, own, overlays)
    if isinstance(kept.get("type"), list):
        value = {key: kept.pop(key) for key in _OF_THE_VALUE & set(kept)}
        kept["anyOf"] = [{**value, "type": value["type"][0]}, {"type": "null"}]
    return kept


def _reference(schema: JsonSchema, own: Set[str], overlays: Set[str]) -> JsonSchema:
    name = str(schema["$ref"]).removeprefix(_PREFIX)
    kept = {key: value for key, value in schema.items() if key not in {"$ref", "properties"}}
    if name in own:
        return {**kept, "customTypePath": f"{OWN_MODULE}.{name}"}
    return {"$ref": _PREFIX + (name.removesuffix(SENT) if name in overlays else name), **kept}
