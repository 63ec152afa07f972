"""Values of enums. All enums are open: a value without a name is kept by whoever reads it."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import Matched, alike
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import compare_lifetime

ENUM_VALUE_ADDED = rule(
    "ENUM_VALUE_ADDED",
    safe(Level.WIRE, SERVERS),
    "An enum has a value more; older readers keep its number without a name.",
    "add a case for it where you tell values apart",
    reply=safe(Level.BEHAVIOUR, CALLERS),
)
ENUM_VALUE_REMOVED = rule(
    "ENUM_VALUE_REMOVED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "An enum has a value less.",
    "neither send it nor look for its name",
    reply=breaks(Level.SOURCE, CALLERS, SERVERS),
)
ENUM_VALUE_RENUMBERED = rule(
    "ENUM_VALUE_RENUMBERED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A value of an enum has another number.",
    "change both sides at once; numbers that were stored mean something else",
)
ENUM_VALUE_RENAMED = rule(
    "ENUM_VALUE_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A value of an enum has another name; its number stays.",
    "use the new name",
)
ENUM_FINAL_ADDED = rule(
    "ENUM_FINAL_ADDED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A state is final, and was not: whoever waits for an end stops there.",
    "look at what waits for an end",
)
ENUM_FINAL_REMOVED = rule(
    "ENUM_FINAL_REMOVED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A state is no longer final: whoever waits for an end goes on.",
    "look at what waits for an end",
)
ENUM_COLOUR_CHANGED = rule(
    "ENUM_COLOUR_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A state is drawn in another colour.",
    "nothing, unless you draw it as well",
)


def compare_enum(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    """Compare the values of an enum: by name, then by number, then by likeness."""
    matched = c.match(old, new, "value", _likeness)
    _tell_members(c, matched, new, scope)
    for was, now in matched.pairs:
        compare_lifetime(c, was, now, scope)
        if c.differs(was, now, "number"):
            text = f"{now.label} is {now.facts['number']}, not {was.facts['number']}"
            c.found(ENUM_VALUE_RENUMBERED, text, was, now, scope=scope, fact="number")
        if c.differs(was, now, "final"):
            if now.facts["final"]:
                c.found(ENUM_FINAL_ADDED, f"{now.label} is final", was, now, scope=scope, fact="final")
            else:
                c.found(ENUM_FINAL_REMOVED, f"{now.label} is no longer final", was, now, scope=scope)
        if c.differs(was, now, "colour"):
            text = f"{now.label} is drawn in {now.facts['colour'] or 'no colour'}, not {was.facts['colour'] or 'none'}"
            c.found(ENUM_COLOUR_CHANGED, text, was, now, scope=scope, fact="colour")


def _tell_members(c: Comparison, matched: Matched, new: Node, scope: Scope) -> None:
    for member in matched.added:
        text = f"{member.label} ({member.facts['number']}) is new"
        c.found(ENUM_VALUE_ADDED, text, None, member, scope=scope)
    for member in matched.gone:
        text = f"{member.label} ({member.facts['number']}) is gone"
        c.found(ENUM_VALUE_REMOVED, text, member, None, scope=scope, beside=new)
    for was, now in matched.renamed:
        text = f"{new.label}.{was.name} is {now.name} now, as far as likeness tells"
        c.found(ENUM_VALUE_RENAMED, text, was, now, scope=scope)


def _likeness(old: Node, new: Node) -> float:
    """A value keeps its number when it is renamed, and its description when it is renumbered as well."""
    words = alike(old.words.get("description", ""), new.words.get("description", ""))
    named = alike(old.name, new.name)
    if old.facts["number"] == new.facts["number"]:
        return 0.7 + 0.2 * words + 0.1 * named
    return 0.7 * words + 0.25 * named
