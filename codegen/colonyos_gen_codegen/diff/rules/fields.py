"""Fields of structs and of requests."""

from __future__ import annotations

import json
from typing import Any

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import alike
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import compare_lifetime
from colonyos_gen_codegen.diff.rules.limits import compare_limits
from colonyos_gen_codegen.diff.rules.nulls import compare_omission
from colonyos_gen_codegen.diff.rules.values import compare_values

FIELD_ADDED = rule(
    "FIELD_ADDED",
    safe(Level.WIRE, SERVERS),
    "A field is new that may be left out.",
    "write or read it, where you serve it; older servers do not know it",
)
FIELD_ADDED_REQUIRED = rule(
    "FIELD_ADDED_REQUIRED",
    breaks(Level.WIRE, CALLERS),
    "A field is new that must be there.",
    "give it a value wherever one is made",
    reply=safe(Level.WIRE, SERVERS),
)
FIELD_REMOVED = rule(
    "FIELD_REMOVED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A field is gone.",
    "neither set nor read it",
)
FIELD_RENAMED = rule(
    "FIELD_RENAMED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A field has another key on the wire: one went, and one came that is much like it.",
    "use the new name, on both sides at once",
)
FIELD_PUBLIC_NAME_CHANGED = rule(
    "FIELD_PUBLIC_NAME_CHANGED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A field is called otherwise in programs; its key on the wire stays.",
    "use the new name",
)
FIELD_REQUIRED = rule(
    "FIELD_REQUIRED",
    breaks(Level.WIRE, CALLERS),
    "A field must be there that could be left out.",
    "give it a value wherever one is made",
    reply=safe(Level.WIRE, SERVERS),
)
FIELD_OPTIONAL = rule(
    "FIELD_OPTIONAL",
    safe(Level.WIRE, SERVERS),
    "A field may be left out that had to be there.",
    "expect its absence where you read it",
    reply=breaks(Level.WIRE, CALLERS),
)
FIELD_DEFAULT_CHANGED = rule(
    "FIELD_DEFAULT_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A field has another value where nobody gives one.",
    "give the value that you mean",
)
SECRET_ADDED = rule(
    "SECRET_ADDED",
    safe(Level.BEHAVIOUR, CALLERS),
    "A value is kept out of printed objects and errors.",
    "nothing, unless you read it there",
)
SECRET_REMOVED = rule(
    "SECRET_REMOVED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A value that was kept out of printed objects and errors may stand there.",
    "look where you print or log it",
)
JSON_ADDED = rule(
    "JSON_ADDED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A text must be the JSON of a struct (x-json), whose limits hold inside.",
    "look whether what you send is that",
    reply=safe(Level.BEHAVIOUR, CALLERS),
)
JSON_REMOVED = rule(
    "JSON_REMOVED",
    safe(Level.BEHAVIOUR, SERVERS),
    "A text need no longer be the JSON of a struct (x-json).",
    "take any text, where you serve it",
)
AMONG_ADDED = rule(
    "AMONG_ADDED",
    breaks(Level.WIRE, CALLERS),
    "Texts in a list must name one of its elements (x-among).",
    "look whether yours do",
    reply=safe(Level.BEHAVIOUR, SERVERS),
)
AMONG_REMOVED = rule(
    "AMONG_REMOVED",
    safe(Level.WIRE, SERVERS),
    "Texts in a list need no longer name one of its elements (x-among).",
    "take any text, where you serve it",
)


def compare_fields(c: Comparison, old: Node, new: Node, scope: Scope) -> dict[str, str]:
    """Compare the fields of a struct or request; returns new keys by old ones, of those that were renamed."""
    matched = c.match(old, new, "field", lambda was, now: _likeness(c, was, now))
    for field in matched.added:
        required = field.facts.get("required")
        told = FIELD_ADDED_REQUIRED if required else FIELD_ADDED
        c.found(
            told, f"{field.label} is new{', and must be there' if required else ''}", None, field, scope=scope
        )
    c.gone(FIELD_REMOVED, matched.gone, "{} is gone", new, scope)
    for was, now in matched.renamed:
        text = f"{new.label}.{was.name} is {now.name} now, as far as likeness tells"
        c.found(FIELD_RENAMED, text, was, now, scope=scope)
    for was, now in matched.pairs:
        _compare(c, was, now, scope)
    c.field_names[new.label] = matched.names()
    return matched.names()


def _compare(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    compare_lifetime(c, old, new, scope)
    renamed = (
        old.name != new.name and old.facts.get("x-name") == old.name and new.facts.get("x-name") == new.name
    )
    if c.differs(old, new, "x-name") and not renamed:
        text = f"{new.label} is called {new.facts['x-name']}, not {old.facts['x-name']}"
        c.found(FIELD_PUBLIC_NAME_CHANGED, text, old, new, scope=scope, fact="x-name")
    if c.differs(old, new, "required"):
        required = new.facts["required"]
        text = f"{new.label} {'must be there' if required else 'may be left out'}"
        c.found(FIELD_REQUIRED if required else FIELD_OPTIONAL, text, old, new, scope=scope, fact="required")
    elif not new.facts.get("required") and c.differs(old, new, "default") and _alike_in_kind(old, new):
        text = f"{new.label} is {_json(new.facts['default'])} by default, not {_json(old.facts['default'])}"
        c.found(FIELD_DEFAULT_CHANGED, text, old, new, scope=scope, fact="default")
    if c.differs(old, new, "x-secret"):
        secret = new.facts["x-secret"]
        text = f"{new.label} is {'' if secret else 'no longer '}kept out of what is printed"
        c.found(SECRET_ADDED if secret else SECRET_REMOVED, text, old, new, scope=scope, fact="x-secret")
    compare_omission(c, old, new, scope)
    _compare_json(c, old, new, scope)
    _compare_among(c, old, new, scope)
    if old.value is not None and new.value is not None:
        compare_values(c, old.value, new.value, subject=new.label, beside=new, scope=scope)
    was, now = old.facts.get("refined"), new.facts.get("refined")
    if was is not None and now is not None:
        for wire in sorted(was.keys() | now.keys()):
            subject = f"{new.label}.{wire}"
            before, after = was.get(wire, {}), now.get(wire, {})
            compare_limits(c, before, after, subject=subject, beside=new, place=new.place, scope=scope)


def _compare_json(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    if "x-json" not in old.facts or "x-json" not in new.facts:
        return
    was, now = old.facts["x-json"], new.facts["x-json"]
    if c.type_names.get(was, was) == now:
        return
    if now is None:
        c.found(JSON_REMOVED, f"{new.label} need no longer be the JSON of {was}", old, new, scope=scope)
    else:
        instead = f", not of {was}" if was else ""
        c.found(JSON_ADDED, f"{new.label} is the JSON of {now}{instead}", old, new, scope=scope)


def _compare_among(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    if "x-among" not in old.facts or "x-among" not in new.facts:
        return
    was: dict[str, str] = old.facts["x-among"]
    now: dict[str, str] = new.facts["x-among"]
    for path in sorted(was.keys() | now.keys()):
        if was.get(path) == now.get(path):
            continue
        if path in now:
            text = f"{path} in {new.label} must be the {now[path]} of one of its elements"
            c.found(AMONG_ADDED, text, old, new, scope=scope, fact="x-among")
        else:
            text = f"{path} in {new.label} need no longer be the {was[path]} of one of its elements"
            c.found(AMONG_REMOVED, text, old, new, scope=scope, fact="x-among")


def _likeness(c: Comparison, old: Node, new: Node) -> float:
    """Of two fields of one struct: another type is never a mere renaming."""
    if old.value is None or new.value is None:
        return 0.0
    named = c.type_names.get(old.value.name, old.value.name)
    if (old.value.kind, named) != (new.value.kind, new.value.name):
        return 0.0
    words = alike(old.words.get("description", ""), new.words.get("description", ""))
    same = old.value.spelt() == new.value.spelt() or bool(named)
    return (0.4 if same else 0.3) + 0.3 * words + 0.3 * alike(old.name, new.name)


def _alike_in_kind(old: Node, new: Node) -> bool:
    """Whether two defaults can be compared: a value of another kind has another one anyhow."""
    return old.value is None or new.value is None or old.value.kind == new.value.kind


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
