"""What the short ways to make a struct take by name (x-options)."""

from __future__ import annotations

from collections.abc import Mapping

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import alike
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import DESCRIPTION_CHANGED, compare_words
from colonyos_gen_codegen.diff.rules.limits import LIMIT_TIGHTENED, limit_changes

OPTION_ADDED = rule(
    "OPTION_ADDED",
    safe(Level.SOURCE, CALLERS),
    "An option is new.",
    "use it, if you like; an argument of a function with this name goes into kwargs={...} now",
)
OPTION_REMOVED = rule(
    "OPTION_REMOVED",
    breaks(Level.SOURCE, CALLERS),
    "An option is gone.",
    "set the field itself",
)
OPTION_RENAMED = rule(
    "OPTION_RENAMED",
    breaks(Level.SOURCE, CALLERS),
    "An option has another name.",
    "use the new name",
)
OPTION_FIELD_CHANGED = rule(
    "OPTION_FIELD_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "An option sets another field.",
    "look whether you mean the new one",
)
OPTION_QUANTITY_CHANGED = rule(
    "OPTION_QUANTITY_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A number that is given as an option counts something else.",
    "give the amount as a text with its unit",
)
OPTION_LIMIT_TIGHTENED = rule(
    "OPTION_LIMIT_TIGHTENED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "An option refuses numbers that it took.",
    "look whether you give such numbers",
)
OPTION_LIMIT_LOOSENED = rule(
    "OPTION_LIMIT_LOOSENED",
    safe(Level.BEHAVIOUR, CALLERS),
    "An option takes numbers that it refused.",
    "nothing: what worked still does",
)
OPTION_ALSO_ADDED = rule(
    "OPTION_ALSO_ADDED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A name is taken for an option and refused, which went to the function before.",
    "put an argument of this name into kwargs={...}",
)
OPTION_ALSO_REMOVED = rule(
    "OPTION_ALSO_REMOVED",
    safe(Level.BEHAVIOUR, CALLERS),
    "A name is no longer taken for an option.",
    "nothing: it goes to the function",
)


def compare_options(c: Comparison, old: Node, new: Node, names: Mapping[str, str], scope: Scope) -> None:
    """Compare the options of a struct; `names` has new keys of its fields by old ones."""
    matched = c.match(old, new, "option", lambda was, now: _likeness(was, now, names))
    c.added(OPTION_ADDED, matched.added, "{} is new", scope)
    c.gone(OPTION_REMOVED, matched.gone, "{} is gone", new, scope)
    for was, now in matched.renamed:
        c.found(OPTION_RENAMED, f"{new.label} option {was.name} is {now.name} now", was, now, scope=scope)
    for was, now in matched.pairs:
        _compare(c, was, now, names, scope)
    order = [now for _, now in matched.same]
    if order != [now for now in new.all("option") if now in order]:
        c.found(
            DESCRIPTION_CHANGED, f"the order of the options of {new.label} changed", old, new, scope=scope
        )


def _likeness(old: Node, new: Node, names: Mapping[str, str]) -> float:
    same = names.get(old.facts["field"], old.facts["field"]) == new.facts["field"]
    return 1.0 if same else 0.5 * alike(old.name, new.name)


def _compare(c: Comparison, old: Node, new: Node, names: Mapping[str, str], scope: Scope) -> None:
    compare_words(c, old, new, scope)
    was, now = old.facts["field"], new.facts["field"]
    if names.get(was, was) != now:
        c.found(OPTION_FIELD_CHANGED, f"{new.label} sets {now}, not {was}", old, new, scope=scope)
    if c.differs(old, new, "quantity"):
        text = f"numbers of {new.label} count {new.facts['quantity'] or 'nothing'}, not {old.facts['quantity'] or 'nothing'}"
        c.found(OPTION_QUANTITY_CHANGED, text, old, new, scope=scope)
    for told, text in limit_changes(old.facts["limits"], new.facts["limits"]):
        tighter = OPTION_LIMIT_TIGHTENED if told is LIMIT_TIGHTENED else OPTION_LIMIT_LOOSENED
        c.found(tighter, f"{new.label}: {text}", old, new, scope=scope)
    before, after = set(old.facts["also"]), set(new.facts["also"])
    for name in sorted(after - before):
        c.found(OPTION_ALSO_ADDED, f"{name} is taken for {new.label}", old, new, scope=scope)
    for name in sorted(before - after):
        c.found(OPTION_ALSO_REMOVED, f"{name} is no longer taken for {new.label}", old, new, scope=scope)
