"""The calls that send messages, and their parameters."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import Matched, alike, match, share
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import compare_lifetime

METHOD_ADDED = rule("METHOD_ADDED", safe(Level.SOURCE, CALLERS), "A call is new.", "use it, if you like")
METHOD_REMOVED = rule("METHOD_REMOVED", breaks(Level.SOURCE, CALLERS), "A call is gone.", "do without it")
METHOD_RENAMED = rule(
    "METHOD_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A call has another name: one went, and one came that is much like it.",
    "use the new name; a handler may have to take it, too",
)
METHOD_MOVED = rule(
    "METHOD_MOVED",
    breaks(Level.WIRE, CALLERS),
    "A call sends another message.",
    "look what it does and returns now",
)
PARAMETER_ADDED = rule(
    "PARAMETER_ADDED",
    safe(Level.SOURCE, CALLERS),
    "A call has a parameter more that need not be given.",
    "use it, if you like",
)
PARAMETER_ADDED_REQUIRED = rule(
    "PARAMETER_ADDED_REQUIRED",
    breaks(Level.SOURCE, CALLERS),
    "A call has a parameter more that must be given.",
    "give it",
)
PARAMETER_REMOVED = rule(
    "PARAMETER_REMOVED", breaks(Level.SOURCE, CALLERS), "A call has a parameter less.", "do not give it"
)
PARAMETER_RENAMED = rule(
    "PARAMETER_RENAMED",
    breaks(Level.SOURCE, CALLERS),
    "A parameter that takes a struct apart has another name.",
    "use the new name where you give it by name",
)
PARAMETER_MOVED = rule(
    "PARAMETER_MOVED",
    breaks(Level.SOURCE, CALLERS),
    "A parameter stands at another position.",
    "give it by name, or at its new position; where types are alike, no checker tells",
)
PARAMETER_KEYWORD = rule(
    "PARAMETER_KEYWORD",
    breaks(Level.SOURCE, CALLERS),
    "A parameter can no longer be given by position.",
    "give it by name",
)
PARAMETER_POSITIONAL = rule(
    "PARAMETER_POSITIONAL",
    safe(Level.SOURCE, CALLERS),
    "A parameter can be given by position as well.",
    "nothing: by name still works",
)
PARAMETER_UNPACKED = rule(
    "PARAMETER_UNPACKED",
    breaks(Level.SOURCE, CALLERS),
    "A parameter takes another struct apart, or other fields of it.",
    "give it what it takes now",
)


def compare_methods(c: Comparison) -> None:
    """Compare the calls of all messages."""
    if not c.knows("method"):
        return
    matches = [
        (old, new, c.match(old, new, "method", _likeness))
        for old, new in c.messages.pairs
        if not c.differs(old, new, "x-registered")
    ]
    new_home = {method.name: message for message in c.new.messages() for method in message.all("method")}
    old_home = {method.name: message for message in c.old.messages() for method in message.all("method")}
    for _, new, matched in matches:
        scope = c.reach.of_message(new.label)
        for method in matched.added:
            if method.name in old_home:
                text = f"{method.label} sends {new.name}, not {old_home[method.name].name}"
                c.found(METHOD_MOVED, text, None, method, scope=scope)
            else:
                c.found(METHOD_ADDED, f"{method.label} is new", None, method, scope=scope)
        gone = [method for method in matched.gone if method.name not in new_home]
        c.gone(METHOD_REMOVED, gone, "{} is gone", new, scope)
        c.renamed(METHOD_RENAMED, matched.renamed, "{}() is {}() now", scope)
        for was, now in matched.pairs:
            compare_lifetime(c, was, now, scope)
            _compare_parameters(c, was, now, c.field_names.get(new.label, {}), scope)


def _compare_parameters(c: Comparison, old: Node, new: Node, names: dict[str, str], scope: Scope) -> None:
    if not c.knows("parameter"):
        return
    matched = _match_parameters(c, old, new, names)
    for parameter in matched.added:
        required = parameter.facts.get("required")
        told = PARAMETER_ADDED_REQUIRED if required else PARAMETER_ADDED
        text = f"{parameter.label} is new{', and must be given' if required else ''}"
        c.found(told, text, None, parameter, scope=scope)
    c.gone(PARAMETER_REMOVED, matched.gone, "{} is gone", new, scope)
    c.renamed(PARAMETER_RENAMED, matched.renamed, new.name + "({}) is ({}) now", scope)
    for was, now in matched.pairs:
        if c.differs(was, now, "keyword"):
            if now.facts["keyword"]:
                c.found(PARAMETER_KEYWORD, f"{now.label} is given by name only", was, now, scope=scope)
            else:
                text = f"{now.label} may be given by position"
                c.found(PARAMETER_POSITIONAL, text, was, now, scope=scope)
        if _unpacks(c, was) != now.facts.get("unpacks"):
            c.found(PARAMETER_UNPACKED, f"{now.label} takes other fields", was, now, scope=scope)
    _tell_moved(c, matched, scope)


def _match_parameters(c: Comparison, old: Node, new: Node, names: dict[str, str]) -> Matched:
    def same_struct(was: Node, now: Node) -> float:
        return float(bool(was.facts["unpacks"]) and _unpacks(c, was) == now.facts["unpacks"])

    return match(old.all("parameter"), new.all("parameter"), same_struct, names)


def _tell_moved(c: Comparison, matched: Matched, scope: Scope) -> None:
    """Tell which can no longer be given where they were: what is positional in both, at another position."""
    for was, now in matched.pairs:
        by_name = was.facts.get("keyword") or now.facts.get("keyword")
        if by_name or not c.differs(was, now, "position"):
            continue
        text = f"{now.label} is parameter {now.facts['position'] + 1}, not {was.facts['position'] + 1}"
        c.found(PARAMETER_MOVED, text, was, now, scope=scope)


def _unpacks(c: Comparison, parameter: Node) -> object:
    unpacks = parameter.facts.get("unpacks")
    return (c.type_names.get(unpacks[0], unpacks[0]), unpacks[1]) if unpacks else unpacks


def _likeness(old: Node, new: Node) -> float:
    """Of two calls of one message: by their parameters, names and descriptions."""
    words = alike(old.words.get("description", ""), new.words.get("description", ""))
    inside = share(*([parameter.name for parameter in node.all("parameter")] for node in (old, new)))
    if not old.all("parameter") and not new.all("parameter"):
        inside = 1.0
    return 0.5 * inside + 0.2 * words + 0.3 * alike(old.name, new.name)
