"""Reads plain JSON of which nothing is sure."""

from __future__ import annotations

from typing import Any


def list_in(value: Any) -> list[Any]:
    """`value`, or an empty list if it is none."""
    found: Any = value
    return found if isinstance(value, list) else []


def object_in(value: Any) -> dict[str, Any]:
    """`value`, or an empty object if it is none."""
    found: Any = value
    return found if isinstance(value, dict) else {}


def text_in(value: Any, key: str) -> str:
    """The text under a key of an object; empty if there is none."""
    found = object_in(value).get(key)
    return found if isinstance(found, str) else ""
