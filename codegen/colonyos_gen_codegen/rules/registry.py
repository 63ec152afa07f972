"""The list of rules. A rule is a generator of problems, registered under its id with `@rule`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from colonyos_gen_codegen.schema.findings import Finding, Position
from colonyos_gen_codegen.schema.loader import Schema
from colonyos_gen_codegen.schema.outline import Outline

Problems = Iterator[tuple[Position, str]]
"""What a rule yields: where it is broken, and how."""

Check = Callable[[Outline], Problems]

RULES: dict[str, str] = {
    "FILE_READS": "Every file is UTF-8 and readable as YAML or JSON, and the manifest exists.",
    "KEY_IS_TEXT": "Every key of a mapping is text.",
    "KEY_UNIQUE": "No key stands twice in a mapping.",
    "NO_ALIAS": "Every value is written where it counts; anchors and aliases hide that.",
    "YAML_PORTABLE": "Every plain value means the same in YAML 1.1 and 1.2.",
    "FILE_IS_KNOWN": "Every file is the manifest, or belongs to types/, rpc/ or examples/.",
    "META_SCHEMA": "Every file has the shape that its JSON Schema in meta/ describes.",
}
"""What each rule demands, in one sentence. The first ones are checked before any rule of this package."""

_CHECKS: dict[str, Check] = {}


def rule(name: str, summary: str) -> Callable[[Check], Check]:
    """Register a check as the rule `name`; the ids are stable, since people search for them."""

    def register(check: Check) -> Check:
        assert name not in RULES, f"two rules called {name}"
        RULES[name] = summary
        _CHECKS[name] = check
        return check

    return register


def run(schema: Schema) -> list[Finding]:
    """The findings of all rules about a schema whose files have the right shape."""
    outline = Outline(schema)
    return [
        Finding(position, name, message)
        for name, check in _CHECKS.items()
        for position, message in check(outline)
    ]
