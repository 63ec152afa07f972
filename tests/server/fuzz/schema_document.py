"""The document with the schema of all messages, and how it and what follows it are gone through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias, cast

Json: TypeAlias = dict[str, Any]

SCHEMA = Path(__file__).parents[3] / "generated" / "colonyos.schema.json"


def the_schema() -> Json:
    """The document of this project."""
    return cast("Json", json.loads(SCHEMA.read_text(encoding="utf-8")))


def resolved(schema: Json, document: Json) -> Json:
    """The schema with what it refers to filled in; what stands beside the reference counts more."""
    while "$ref" in schema:
        base = document["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = _merged(base, {key: value for key, value in schema.items() if key != "$ref"})
    return schema


def _merged(base: Json, own: Json) -> Json:
    merged = {**base, **own}
    if "properties" in base and "properties" in own:
        both = {**base["properties"]}
        for name, inner in own["properties"].items():
            both[name] = {**both.get(name, {}), **inner}
        merged["properties"] = both
    return merged


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as the object or list that holds it and its key there."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(cast("Json", value).items())
    elif isinstance(value, list):
        listed: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        items = list(enumerate(listed))
    return [(cast("Any", value), key) for key, _ in items] + [
        place for _, inner in items for place in places(inner)
    ]
