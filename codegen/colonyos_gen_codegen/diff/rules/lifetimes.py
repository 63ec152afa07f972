"""What may be said of everything: since and until when it is there, whether to avoid it, and words for readers."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import EVERYBODY, Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import Matched
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, rule, safe

DEPRECATED = rule(
    "DEPRECATED",
    safe(Level.SOURCE, CALLERS),
    "Something is to be avoided from now on.",
    "stop using it before it goes",
)
UNDEPRECATED = rule(
    "UNDEPRECATED",
    safe(Level.SOURCE, CALLERS),
    "Something is no longer to be avoided.",
    "nothing: it stays",
)
SINCE_CHANGED = rule(
    "SINCE_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "Another server release is said to be the first that has something.",
    "look which releases your program meets",
)
UNTIL_CHANGED = rule(
    "UNTIL_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "Another server release is said to be the last that has something.",
    "look which releases your program meets",
)
DESCRIPTION_CHANGED = rule(
    "DESCRIPTION_CHANGED", safe(Level.DOC), "Words for readers changed.", "read them, if you like"
)
EXAMPLE_CHANGED = rule(
    "EXAMPLE_CHANGED", safe(Level.DOC), "A recorded example came, went or changed.", "look at it, if you like"
)


def compare_lifetime(c: Comparison, old: Node, new: Node, scope: Scope = EVERYBODY) -> None:
    """Compare what may be said of everything."""
    if c.differs(old, new, "deprecated"):
        if new.facts["deprecated"]:
            c.found(DEPRECATED, f"{new.label} is deprecated", old, new, scope=scope, fact="deprecated")
        else:
            c.found(UNDEPRECATED, f"{new.label} is no longer deprecated", old, new, scope=scope)
    for fact, told, word in (("x-since", SINCE_CHANGED, "since"), ("x-until", UNTIL_CHANGED, "until")):
        if c.differs(old, new, fact):
            was, now = old.facts[fact] or "always", new.facts[fact] or "always"
            c.found(told, f"{new.label} is there {word} {now}, not {was}", old, new, scope=scope, fact=fact)
    compare_words(c, old, new, scope)


def compare_words(c: Comparison, old: Node, new: Node, scope: Scope = EVERYBODY) -> None:
    """Count what changed for readers alone. What only one of the two has came or went with something else."""
    for key in sorted(old.words.keys() | new.words.keys()):
        was, now = old.words.get(key), new.words.get(key)
        if was != now and (was or now) and "words" not in c.old.missing | c.new.missing:
            c.found(DESCRIPTION_CHANGED, f"the {key} of {new.label} changed", old, new, scope=scope)


def compare_examples(c: Comparison) -> None:
    """Count what changed in examples."""
    matched: Matched = c.match(c.old.root, c.new.root, "example")
    c.added(EXAMPLE_CHANGED, matched.added, "{} is new")
    c.gone(EXAMPLE_CHANGED, matched.gone, "{} is gone", c.new.root)
    for old, new in matched.pairs:
        if c.differs(old, new, "content"):
            c.found(EXAMPLE_CHANGED, f"{new.label} changed", old, new)
