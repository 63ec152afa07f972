"""One place in which two answers differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

JSON: TypeAlias = Any
MISSING = "(missing)"
"""Stands for the value of a key that is not there."""


@dataclass(frozen=True)
class Difference:
    """One place in which two answers differ."""

    msgtype: str
    path: str
    """Where: `status`, `text` of a refusal, `body`, `payloadtype`, `error`, or a place in the payload, from a dot on."""
    real: JSON
    ours: JSON

    def __str__(self) -> str:
        return f"{self.msgtype} {self.path}: {short(self.real)} there, {short(self.ours)} here"


def short(value: JSON) -> str:
    """The beginning of a value."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) < 300 else f"{text[:300]}…"
