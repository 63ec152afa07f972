"""What a successful call returns."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import compare_words
from colonyos_gen_codegen.diff.rules.values import REPLY_TYPE_CHANGED, compare_values

REPLY_ADDED = rule(
    "REPLY_ADDED",
    safe(Level.WIRE, SERVERS),
    "A call returns something that returned nothing.",
    "return it, where you serve it",
)
REPLY_REMOVED = rule(
    "REPLY_REMOVED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A call returns nothing that returned something.",
    "do without it",
)
NULL_REPLY_CHANGED = rule(
    "NULL_REPLY_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A reply of null stands for another failure, or begins or ceases to stand for one (when-null).",
    "expect that failure, or the null",
)
EMPTY_REPLY_CHANGED = rule(
    "EMPTY_REPLY_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A reply without a body stands for another failure, or begins or ceases to stand for one (when-empty).",
    "expect that failure, or the empty reply",
)
REPLY_PAYLOADTYPE_CHANGED = rule(
    "REPLY_PAYLOADTYPE_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "The envelope of a reply has another payloadtype.",
    "expect that one",
)
STREAM_CHANGED = rule(
    "STREAM_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A call has one reply where it had a stream of them, or the other way round.",
    "read it in the new way",
)

_FAILURES = (("when-null", NULL_REPLY_CHANGED), ("when-empty", EMPTY_REPLY_CHANGED))


def compare_reply(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    """Compare what a message returns."""
    if c.differs(old, new, "reply"):
        told = REPLY_ADDED if new.facts["reply"] else REPLY_REMOVED
        text = f"{new.label} returns {'something' if new.facts['reply'] else 'nothing any more'}"
        c.found(told, text, old, new, scope=scope, fact="reply")
        return
    for was in old.all("reply"):
        for now in new.all("reply"):
            compare_words(c, was, now, scope)
            assert was.value is not None
            assert now.value is not None
            answered = scope.only(sent=False)
            compare_values(
                c,
                was.value,
                now.value,
                subject=now.label,
                beside=now,
                scope=answered,
                changed=REPLY_TYPE_CHANGED,
            )
    for fact, told in _FAILURES:
        if c.differs(old, new, fact):
            was_code = c.code_names.get(old.facts[fact], old.facts[fact])
            if was_code != new.facts[fact]:
                what = "null" if fact == "when-null" else "nothing"
                text = f"{what} from {new.label} means {new.facts[fact] or 'no failure'}, not {was_code or 'no failure'}"
                c.found(told, text, old, new, scope=scope, fact=fact)
    if c.differs(old, new, "payloadtype"):
        before, after = (node.facts["payloadtype"] or "the message type" for node in (old, new))
        text = f"the reply of {new.label} comes as {after}, not as {before}"
        c.found(REPLY_PAYLOADTYPE_CHANGED, text, old, new, scope=scope, fact="payloadtype")
    if c.differs(old, new, "stream"):
        text = f"{new.label} has {'a stream of replies' if new.facts['stream'] else 'one reply'}"
        c.found(STREAM_CHANGED, text, old, new, scope=scope, fact="stream")
