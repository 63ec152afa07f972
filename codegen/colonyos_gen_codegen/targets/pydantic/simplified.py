"""Makes the bundled definitions digestible for datamodel-code-generator.

* The `...ToSend` types go: models are for both directions; requests keep the limits of their own fields.
* `x-` keywords and comments go; long descriptions are wrapped, since they become docstrings.
* Points in time and enums refer to types of our own, by way of a module that does not exist (`OWN_MODULE`).
* `type: [array, "null"]` becomes an `anyOf`, because the types of items and map values get lost otherwise.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Set
from typing import Any

from colonyos_gen_codegen.targets.jsonschema.values import JsonSchema

OWN_MODULE = "colonyos_own_types"

_PREFIX = "#/$defs/"
_TIME = "Time"
_WIDTH = 100
_OF_THE_VALUE = {"type", "items", "additionalProperties"}
_LIMITS = {"pattern", "minimum", "maximum", "not"}


def simplify(definitions: dict[str, JsonSchema], enums: Set[str]) -> dict[str, JsonSchema]:
    """`definitions` without those that are for sending only, and without what our own types stand for."""
    plain = {name: str(schema["x-of"]) for name, schema in definitions.items() if "x-of" in schema}
    result: dict[str, JsonSchema] = {}
    for name, schema in definitions.items():
        if name in enums or name in plain:
            continue
        required = schema.get("required", [])
        properties = {
            key: _schema({**({} if key in required else _unsaid_default(value)), **value}, enums, plain)
            for key, value in schema["properties"].items()
        }
        result[name] = {**_schema({**schema, "properties": {}}, enums, plain), "properties": properties}
    return result


def _unsaid_default(schema: JsonSchema) -> JsonSchema:
    """The default that the document does not tell as such, because other tools make nothing of it."""
    if schema.get("format") == "date-time":
        return {"default": None}
    return {"default": schema["x-default"]} if "x-default" in schema else {}


def _schema(schema: JsonSchema, own: Set[str], plain: Mapping[str, str]) -> JsonSchema:
    kept = {key: value for key, value in schema.items() if not key.startswith(("x-", "$comment"))}
    if "description" in kept:
        kept["description"] = "\n".join(textwrap.wrap(kept["description"], _WIDTH, break_on_hyphens=False))
    if kept.get("format") == "date-time":
        kept = {key: value for key, value in kept.items() if key not in {"type", "format"}}
        return {**kept, "customTypePath": f"{OWN_MODULE}.{_TIME}"}
    kept.pop("propertyNames", None)
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            # A limit would make a root model of each element, whose value hides under `.root`.
            element = {name: value for name, value in kept[key].items() if name not in _LIMITS}
            kept[key] = _schema(element, own, plain)
    if "anyOf" in kept:
        branches: list[Any] = kept["anyOf"]
        kept["anyOf"] = [_schema(branch, own, plain) for branch in branches]
    if "$ref" in kept:
        return _reference(kept, own, plain)
    if isinstance(kept.get("type"), list):
        value = {key: kept.pop(key) for key in _OF_THE_VALUE & set(kept)}
        kept["anyOf"] = [{**value, "type": value["type"][0]}, {"type": "null"}]
    return kept


def _reference(schema: JsonSchema, own: Set[str], plain: Mapping[str, str]) -> JsonSchema:
    name = str(schema["$ref"]).removeprefix(_PREFIX)
    kept = {key: value for key, value in schema.items() if key != "$ref"}
    if name in own:
        return {**kept, "customTypePath": f"{OWN_MODULE}.{name}"}
    return {"$ref": _PREFIX + plain.get(name, name), **kept}
