"""Builds the limits of values."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.model import Limit


def limit_of(value: dict[str, Any]) -> Limit | None:
    """The limit that the keywords of a schema express, if they express one."""
    excluded = value.get("not", {}).get("const")
    limit = Limit(
        rule=value.get("x-rule") or _range_in_words(value),
        pattern=value.get("pattern"),
        minimum=value.get("minimum"),
        maximum=value.get("maximum"),
        excluded=() if excluded is None else (excluded,),
        max_bytes=value.get("x-max-bytes"),
    )
    return limit if limit != Limit(limit.rule) else None


def _range_in_words(value: dict[str, Any]) -> str:
    low, high, size = value.get("minimum"), value.get("maximum"), value.get("x-max-bytes")
    if size is not None:
        return f"at most {size} bytes"
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}"
