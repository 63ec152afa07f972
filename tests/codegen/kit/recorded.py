"""What a drawn schema says of fields that its examples have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

Json: TypeAlias = "dict[str, Any]"


def say_recorded(definitions: Mapping[str, Json], schema: Json, value: Any) -> None:
    """Take x-since from the fields that a recorded `value` has."""
    schema = schema["anyOf"][0] if "anyOf" in schema else schema
    struct = definitions.get(schema["$ref"].rpartition("/")[2]) if "$ref" in schema else None
    if isinstance(value, list) and "items" in schema:
        for item in cast("Sequence[Any]", value):
            say_recorded(definitions, schema["items"], item)
    elif isinstance(value, dict):
        for key, item in cast("Json", value).items():
            field = struct["properties"].get(key) if struct else schema.get("additionalProperties")
            if isinstance(field, dict):
                known = cast("Json", field)
                if struct:
                    known.pop("x-since", None)
                say_recorded(definitions, known, item)
