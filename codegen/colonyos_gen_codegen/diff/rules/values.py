"""Types of values: of fields, replies, elements, and of what maps hold."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.nodes import UNTOLD, Node, Value
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, Rule, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.limits import compare_limits
from colonyos_gen_codegen.diff.rules.nulls import compare_nulls

VALUE_TYPE_CHANGED = rule(
    "VALUE_TYPE_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A value is of another type.",
    "send and read the new type",
)
REPLY_TYPE_CHANGED = rule(
    "REPLY_TYPE_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A call returns another type.",
    "read the new type",
)
VALUE_WIDENED = rule(
    "VALUE_WIDENED",
    safe(Level.WIRE, SERVERS),
    "A value may be more than before: a number where integers stood, 64 bits, any JSON value.",
    "expect the wider type where you read it",
    reply=breaks(Level.WIRE, CALLERS),
)
VALUE_NARROWED = rule(
    "VALUE_NARROWED",
    breaks(Level.WIRE, CALLERS),
    "A value may be less than before: an integer where numbers stood, fewer bits, one type instead of any.",
    "send nothing but the narrower type",
    reply=safe(Level.WIRE, SERVERS),
)
ENUM_GIVEN = rule(
    "ENUM_GIVEN",
    safe(Level.SOURCE, CALLERS, SERVERS),
    "The integers of a value have got names.",
    "use the names, if you like",
)
ENUM_TAKEN = rule(
    "ENUM_TAKEN",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "The integers of a value have no names any more.",
    "use the numbers",
)
UNIT_CHANGED = rule(
    "UNIT_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A number counts or measures something else.",
    "convert what you send and read",
)

_NUMBERS = ("integer", "number")
_WIDER = {"integer": {"number", "any"}, "enum": {"number", "any"}}


def compare_values(
    c: Comparison,
    was: Value,
    now: Value,
    *,
    subject: str,
    beside: Node,
    scope: Scope,
    changed: Rule = VALUE_TYPE_CHANGED,
) -> None:
    """Compare two types, and what is inside them; `changed` is told when they have nothing in common."""
    if "any" not in (was.kind, now.kind):  # which holds null as well
        compare_nulls(c, was, now, subject, beside, scope)
    numbers = was.kind in _NUMBERS and now.kind in _NUMBERS
    if numbers and was.unit != now.unit and UNTOLD not in (was.unit, now.unit):
        text = f"{subject} is in {now.unit or 'no unit'}, not in {was.unit or 'no unit'}"
        c.found(UNIT_CHANGED, text, beside, beside, scope=scope, subject=subject, place=now.place)
    if was.alias is not None and c.type_names.get(was.alias, was.alias) == now.alias:
        return  # what the scalar says is compared where it stands
    found = _compare_kinds(c, was, now, changed)
    if found is not None:
        text = f"{subject} is {now.spelt()}, not {was.spelt()}"
        c.found(found, text, beside, beside, scope=scope, subject=subject, place=now.place)
    if found is not None and found not in (VALUE_WIDENED, VALUE_NARROWED):
        return
    if was.kind == now.kind:
        compare_limits(
            c, was.limits, now.limits, subject=subject, beside=beside, place=now.place, scope=scope
        )
    if was.item is not None and now.item is not None and was.kind == now.kind:
        suffix = "[]" if now.kind == "list" else "{}"
        compare_values(
            c, was.item, now.item, subject=subject + suffix, beside=beside, scope=scope, changed=changed
        )
    _compare_keys(c, was, now, f"keys of {subject}", beside, scope)


def _compare_kinds(c: Comparison, was: Value, now: Value, changed: Rule) -> Rule | None:
    if was.name and now.name and c.type_names.get(was.name, was.name) == now.name:
        return None  # if that is of another kind, it is told there
    if was.kind == now.kind:
        if was.name != now.name:
            return changed
        if was.int64 != now.int64:
            return VALUE_WIDENED if now.int64 else VALUE_NARROWED
        return None
    if {was.kind, now.kind} == {"integer", "enum"}:
        return ENUM_GIVEN if now.kind == "enum" else ENUM_TAKEN
    if now.kind == "any" or now.kind in _WIDER.get(was.kind, ()):
        return VALUE_WIDENED
    if was.kind == "any" or was.kind in _WIDER.get(now.kind, ()):
        return VALUE_NARROWED
    return changed


def _compare_keys(c: Comparison, was: Value, now: Value, subject: str, beside: Node, scope: Scope) -> None:
    if "key limits" in c.old.missing | c.new.missing or was.kind != "map" or now.kind != "map":
        return
    if was.key is not None and now.key is not None:
        compare_values(c, was.key, now.key, subject=subject, beside=beside, scope=scope)
        return
    before = was.key.limits if was.key is not None else {}
    after = now.key.limits if now.key is not None else {}
    compare_limits(c, before, after, subject=subject, beside=beside, place=now.place, scope=scope)
