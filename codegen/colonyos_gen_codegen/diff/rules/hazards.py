"""What valid requests can do to a server, and the messages that take part in it."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import match, named_alike
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import compare_lifetime, compare_words

HAZARD_ADDED = rule(
    "HAZARD_ADDED", safe(Level.BEHAVIOUR, CALLERS), "A hazard is known.", "read how to avoid it"
)
HAZARD_REMOVED = rule(
    "HAZARD_REMOVED",
    breaks(Level.SOURCE, CALLERS),
    "A hazard is gone, and its name with it.",
    "do not look for it",
)
HAZARD_RENAMED = rule(
    "HAZARD_RENAMED", breaks(Level.SOURCE, CALLERS), "A hazard has another name.", "use the new name"
)
HAZARD_EFFECT_CHANGED = rule(
    "HAZARD_EFFECT_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS),
    "A hazard does something else.",
    "read what it does",
)
HAZARD_CONDITION_CHANGED = rule(
    "HAZARD_CONDITION_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS),
    "The condition of a hazard, or the number in it, is another.",
    "read when it happens",
)
EFFECT_ADDED = rule(
    "EFFECT_ADDED", safe(Level.SOURCE, CALLERS), "A kind of effect is known.", "expect it among effects"
)
EFFECT_REMOVED = rule(
    "EFFECT_REMOVED", breaks(Level.SOURCE, CALLERS), "A kind of effect is gone.", "do not look for it"
)
TAKES_PART = rule(
    "TAKES_PART",
    safe(Level.BEHAVIOUR, CALLERS),
    "A message takes part in a hazard.",
    "read how to avoid it",
)
TAKES_NO_PART = rule(
    "TAKES_NO_PART",
    safe(Level.BEHAVIOUR, CALLERS),
    "A message takes no part in a hazard any more.",
    "nothing: what was careful still works",
)
HAZARDOUS_CONTENTS_CHANGED = rule(
    "HAZARDOUS_CONTENTS_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS),
    "Other contents of a field make a request hazardous, or are refused for that.",
    "look whether you send such contents",
)
CONFIRMATION_ADDED = rule(
    "CONFIRMATION_ADDED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A client sends a request only to who asks for it in so many words.",
    "pass hazardous=True if you mean it",
)
CONFIRMATION_REMOVED = rule(
    "CONFIRMATION_REMOVED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A client sends a request without being asked in so many words.",
    "take care yourself",
)
CONFIRMATION_ENDED = rule(
    "CONFIRMATION_ENDED",
    breaks(Level.SOURCE, CALLERS),
    "No request of a message needs a word more, so its calls do not take that word.",
    "do not pass hazardous",
)


def compare_hazards(c: Comparison) -> None:
    """Compare the catalog."""
    if not c.knows("hazard"):
        return
    root = c.new.root
    effects = c.match(c.old.root, root, "effect")
    c.added(EFFECT_ADDED, effects.added, "{} is known")
    c.gone(EFFECT_REMOVED, effects.gone, "{} is gone", root)
    for old, new in effects.pairs:
        compare_words(c, old, new)
    matched = c.match(c.old.root, root, "hazard", named_alike)
    c.added(HAZARD_ADDED, matched.added, "{} is known")
    c.gone(HAZARD_REMOVED, matched.gone, "{} is gone", root)
    c.renamed(HAZARD_RENAMED, matched.renamed, "the hazard {} is {} now")
    for old, new in matched.pairs:
        compare_lifetime(c, old, new)
        if c.differs(old, new, "effect"):
            text = f"{new.label} {new.facts['effect']}, and no longer {old.facts['effect']}"
            c.found(HAZARD_EFFECT_CHANGED, text, old, new, fact="effect")
        if c.differs(old, new, "when", "limit"):
            text = f"{new.label} happens when: {new.facts['when'].rstrip('.')}"
            if not c.differs(old, new, "when"):
                text = f"the limit in {new.label} is {new.facts['limit']}, not {old.facts['limit']}"
            c.found(HAZARD_CONDITION_CHANGED, text, old, new, fact="when")


def compare_taking_part(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    """Compare the hazards that a message takes part in."""
    if not c.knows("taking part"):
        return
    names = {node.name: _renamed(c, node, new) for node in old.all("taking part")}
    matched = match(
        old.all("taking part"),
        new.all("taking part"),
        lambda was, now: float(names[was.name].split()[0] == now.facts["hazard"]),
        names,
    )
    c.added(TAKES_PART, matched.added, "{} is known", scope)
    c.gone(TAKES_NO_PART, matched.gone, "{} is gone", new, scope)
    for was, now in matched.pairs:
        elsewhere = names[was.name] != now.name and c.knows("hazardous field")
        if elsewhere or c.differs(was, now, "values", "refused"):
            text = f"other contents count for {now.label}"
            c.found(HAZARDOUS_CONTENTS_CHANGED, text, was, now, scope=scope)
    before = [node for node in old.all("taking part") if node.facts["confirm"]]
    after = [node for node in new.all("taking part") if node.facts["confirm"]]
    if before and not after:
        c.found(CONFIRMATION_ENDED, f"no request of {new.label} needs hazardous=True", old, new, scope=scope)
        return
    paired = {was.name: now.name for was, now in matched.pairs}
    confirmed = {paired.get(node.name, node.name) for node in before}
    for node in after:
        if node.name not in confirmed:
            c.found(CONFIRMATION_ADDED, f"{node.label} needs hazardous=True", None, node, scope=scope)
    left = {node.name for node in after}
    for was, now in matched.pairs:
        if was.facts["confirm"] and now.name not in left:
            text = f"{now.label} does not need hazardous=True"
            c.found(CONFIRMATION_REMOVED, text, was, now, scope=scope)


def _renamed(c: Comparison, part: Node, message: Node) -> str:
    """What taking part is called now: its hazard or the field that it goes by may have been renamed."""
    hazard, _, field = part.name.partition(" ")
    first, dot, rest = field.partition(".")
    first = c.field_names.get(message.label, {}).get(first, first)
    return f"{c.hazard_names.get(hazard, hazard)} {first}{dot}{rest}".strip()
