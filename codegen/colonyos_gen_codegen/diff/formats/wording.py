"""Words that several formats use."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from colonyos_gen_codegen.diff.change import Change
from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.nodes import Acceptance
from colonyos_gen_codegen.diff.registry import RULES

NAMED = 3
"""How many messages are named before the rest is counted."""


def some(names: Sequence[str], most: int = NAMED) -> str:
    """The first names, and how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")


def verdict(change: Change) -> str:
    """Whether it breaks something, in one word."""
    return "accepted" if change.accepted else "breaking" if change.breaking else "safe"


def people(change: Change) -> str:
    """Who breaks, or else who may want to look."""
    return ", ".join(change.breaks or change.concerns) or "everybody"


def idle(acceptance: Acceptance) -> str:
    """What is wrong with an acceptance that nothing needs."""
    if acceptance.rule not in RULES:
        near = difflib.get_close_matches(acceptance.rule, RULES, 1)
        hint = f"did you mean {near[0]}?" if near else "see --rules"
        return f"there is no rule {acceptance.rule}; {hint}"
    of = f" of {acceptance.of}" if acceptance.of else ""
    return f"no breaking {acceptance.rule}{of} is made here; take the acceptance out"


def summary(report: Report) -> str:
    """How many changes of which kind there are."""
    total, breaking = len(report.changes), len(report.breaking)
    accepted = breaking - len(report.failing)
    text = f"{total} change{'s' if total != 1 else ''}, {breaking} breaking"
    text += f" ({accepted} accepted)" if accepted else ""
    if report.idle:
        text += f"; {len(report.idle)} unused acceptance{'s' if len(report.idle) != 1 else ''}"
    if report.words:
        text += f"; {len(report.words)} of words and examples"
    return text


def blind(report: Report) -> list[str]:
    """What cannot be told, for each side that is a document."""
    return [f"{side.name}: {side.unknown}" for side in (report.old, report.new) if side.unknown]
