"""What a schema must satisfy beyond its shape: one module for each group of rules.

To add a rule, write a generator with `@rule` in the module it fits, and a failing example under
`tests/codegen/failures/<RULE_ID>/`.
"""

from __future__ import annotations

from codegen.rules import (
    collisions,
    constructors,
    defaults,
    descriptions,
    directions,
    domains,
    enums,
    errors,
    examples,
    hazards,
    limits,
    manifest,
    messages,
    methods,
    names,
    references,
    since,
    structs,
)
from codegen.rules.registry import RULES, run

__all__ = [
    "RULES",
    "collisions",
    "constructors",
    "defaults",
    "descriptions",
    "directions",
    "domains",
    "enums",
    "errors",
    "examples",
    "hazards",
    "limits",
    "manifest",
    "messages",
    "methods",
    "names",
    "references",
    "run",
    "since",
    "structs",
]
