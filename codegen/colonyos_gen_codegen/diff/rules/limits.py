"""Limits of values. They bind the sender: what was refused, or is refused now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.nodes import Node, Place
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, Rule, breaks, rule, safe

LIMIT_TIGHTENED = rule(
    "LIMIT_TIGHTENED",
    breaks(Level.WIRE, CALLERS),
    "Values that could be sent are refused now.",
    "look whether you send such values",
    reply=safe(Level.BEHAVIOUR, SERVERS),
)
LIMIT_LOOSENED = rule(
    "LIMIT_LOOSENED",
    safe(Level.WIRE, SERVERS),
    "Values that were refused may be sent now.",
    "take them, where you serve it",
    reply=safe(Level.BEHAVIOUR, CALLERS),
)
PATTERN_CHANGED = rule(
    "PATTERN_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "Texts must match another pattern, which refuses some that could be sent, as far as can be told.",
    "look whether what you send still matches, and accept the change if it does",
    reply=safe(Level.BEHAVIOUR, CALLERS, SERVERS),
)

_TIGHTER_WHEN_GREATER = {"minimum": True, "maximum": False, "x-max-bytes": False}


def compare_limits(
    c: Comparison,
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    *,
    subject: str,
    beside: Node,
    place: Place,
    scope: Scope,
) -> None:
    """Compare the limits of a value by keyword; None where they cannot be told."""
    if was is None or now is None:
        return
    for told, text in limit_changes(was, now):
        c.found(told, f"{subject}: {text}", beside, beside, scope=scope, subject=subject, place=place)


def limit_changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[Rule, str]]:
    """What each keyword has become, as a rule and in words."""
    for key in sorted(was.keys() | now.keys()):
        before, after = was.get(key), now.get(key)
        if before == after:
            continue
        if before is None:
            yield LIMIT_TIGHTENED, f"{key} {after} is new"
        elif after is None:
            yield LIMIT_LOOSENED, f"{key} {before} is gone"
        elif key == "pattern":
            yield PATTERN_CHANGED, f"pattern {after} instead of {before}"
        else:
            tighter = key == "not" or (after > before) == _TIGHTER_WHEN_GREATER[key]
            yield (LIMIT_TIGHTENED if tighter else LIMIT_LOOSENED), f"{key} {after} instead of {before}"
