"""Null, empty and absent, which Go servers mix in ways of their own."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.nodes import SOME, Node, Value
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe

NULL_ALLOWED = rule(
    "NULL_ALLOWED",
    safe(Level.WIRE, SERVERS),
    "A value may be null as a whole, which is not the same as empty.",
    "expect null where you read it",
    reply=breaks(Level.WIRE, CALLERS),
)
NULL_FORBIDDEN = rule(
    "NULL_FORBIDDEN",
    breaks(Level.WIRE, CALLERS),
    "A value may no longer be null as a whole.",
    "send a value instead of null",
    reply=safe(Level.WIRE, SERVERS),
)
NULL_FOR_EMPTY_ADDED = rule(
    "NULL_FOR_EMPTY_ADDED",
    safe(Level.WIRE, SERVERS),
    "Null may stand for an empty list, map or byte string.",
    "read null as empty; a client generated from this schema does",
    reply=breaks(Level.WIRE, CALLERS),
)
NULL_FOR_EMPTY_REMOVED = rule(
    "NULL_FOR_EMPTY_REMOVED",
    breaks(Level.WIRE, CALLERS),
    "Null no longer stands for an empty list, map or byte string.",
    "send the empty value instead of null",
    reply=safe(Level.WIRE, SERVERS),
)
NULL_FOR_EMPTY_CHANGED = rule(
    "NULL_FOR_EMPTY_CHANGED",
    safe(Level.WIRE, CALLERS, SERVERS),
    "Null stands for empty in other cases than before.",
    "read null and empty alike",
)
OMIT_EMPTY_ADDED = rule(
    "OMIT_EMPTY_ADDED",
    safe(Level.WIRE, SERVERS),
    "The server leaves a key out when its value is empty.",
    "read an absent key as its default",
    reply=breaks(Level.WIRE, CALLERS),
)
OMIT_EMPTY_REMOVED = rule(
    "OMIT_EMPTY_REMOVED",
    safe(Level.WIRE, SERVERS),
    "The server writes a key though its value is empty.",
    "write the key, where you serve it",
)


def compare_nulls(c: Comparison, was: Value, now: Value, subject: str, beside: Node, scope: Scope) -> None:
    """Compare whether a value may be null."""
    if was.nullable != now.nullable:
        told = NULL_ALLOWED if now.nullable else NULL_FORBIDDEN
        word = "may be null" if now.nullable else "may no longer be null"
        c.found(told, f"{subject} {word}", beside, beside, scope=scope, subject=subject, place=now.place)
    if was.go_null is not None and now.go_null is not None and was.go_null != now.go_null:
        _compare_go_null(c, was.go_null, now, subject, beside, scope)


def compare_omission(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    """Compare whether the server leaves a field out when it is empty."""
    if c.differs(old, new, "x-omit-empty"):
        if new.facts["x-omit-empty"]:
            text = f"{new.label} is left out when it is empty"
            c.found(OMIT_EMPTY_ADDED, text, old, new, scope=scope, fact="x-omit-empty")
        else:
            c.found(OMIT_EMPTY_REMOVED, f"{new.label} is there when it is empty, too", old, new, scope=scope)


def _compare_go_null(c: Comparison, was: str, now: Value, subject: str, beside: Node, scope: Scope) -> None:
    """Callers may send null under any word, and meet it under all but `request`."""
    if SOME in (was, now.go_null) and was and now.go_null:
        return  # a document says that null stands for empty, and not when
    before, after = was or "none", now.go_null or "none"
    sent = bool(was) != bool(now.go_null) and scope.sent
    answered = (was not in ("", "request")) != (now.go_null not in ("", "request")) and scope.answered
    if not sent and not answered:
        rule_, scope = NULL_FOR_EMPTY_CHANGED, scope
    else:
        more = bool(now.go_null) if sent else now.go_null not in ("", "request")
        rule_ = NULL_FOR_EMPTY_ADDED if more else NULL_FOR_EMPTY_REMOVED
        scope = scope.only(sent=sent, answered=answered)
    text = f"{subject}: null for empty is {after}, not {before} (x-go-null)"
    c.found(rule_, text, beside, beside, scope=scope, subject=subject, place=now.place)
