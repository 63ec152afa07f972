"""Types of their own: structs, enums and scalars as a whole, and how structs are made."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import alike, share
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, Rule, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.enums import compare_enum
from colonyos_gen_codegen.diff.rules.fields import compare_fields
from colonyos_gen_codegen.diff.rules.lifetimes import DESCRIPTION_CHANGED, compare_lifetime
from colonyos_gen_codegen.diff.rules.options import compare_options
from colonyos_gen_codegen.diff.rules.values import compare_values

TYPE_ADDED = rule("TYPE_ADDED", safe(Level.SOURCE, CALLERS, SERVERS), "A type is new.", "use it, if you like")
TYPE_REMOVED = rule(
    "TYPE_REMOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A type is gone.",
    "take it out of your program; what carried it is told by itself",
)
TYPE_RENAMED = rule(
    "TYPE_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A type has another name: one went, and one came that is much like it.",
    "use the new name",
)
TYPE_MOVED = rule(
    "TYPE_MOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A type is in another domain, which is another module.",
    "import it from its new module, or from the package, where it always is",
)
TYPE_KIND_CHANGED = rule(
    "TYPE_KIND_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A type is a struct, an enum or a scalar, and was another of these.",
    "send and read the new kind",
)
TYPE_MSGTYPE_CHANGED = rule(
    "TYPE_MSGTYPE_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "The message type that a struct always carries is another.",
    "send and expect the new one",
)
DIRECTION_WIDENED = rule(
    "DIRECTION_WIDENED",
    safe(Level.SOURCE, CALLERS, SERVERS),
    "A struct goes both ways that went one.",
    "nothing: what carries it is told by itself",
)
DIRECTION_NARROWED = rule(
    "DIRECTION_NARROWED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A struct goes one way that went both, or the other way.",
    "do not send it, or do not expect it",
)
CONSTRUCTOR_ADDED = rule(
    "CONSTRUCTOR_ADDED",
    safe(Level.SOURCE, CALLERS),
    "A struct has a short constructor (x-new).",
    "use it, if you like",
)
CONSTRUCTOR_CHANGED = rule(
    "CONSTRUCTOR_CHANGED",
    breaks(Level.SOURCE, CALLERS),
    "The short constructor of a struct (x-new) takes other parameters, or is gone.",
    "call it with the new parameters, or use the names of fields",
)
FILE_FORM_EXTENDED = rule(
    "FILE_FORM_EXTENDED",
    safe(Level.BEHAVIOUR, CALLERS),
    "There is a form for files that people write, or they may leave out more (x-file).",
    "nothing: files that were read still are",
)
FILE_FORM_CHANGED = rule(
    "FILE_FORM_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "Files that people write are read otherwise (x-file).",
    "look through your files",
)

_WAYS = {"request": {"sent"}, "reply": {"read"}, "both": {"sent", "read"}}


def likeness(old: Node, new: Node) -> float:
    """Of two types: by what they hold, their names and their descriptions."""
    if old.kind != new.kind:
        return 0.0
    words = alike(old.words.get("description", ""), new.words.get("description", ""))
    inside = share(
        *(
            [
                (child.name, child.value.kind if child.value else child.facts.get("number"))
                for child in node.children
            ]
            for node in (old, new)
        )
    )
    if old.kind == "scalar":
        assert old.value is not None
        assert new.value is not None
        inside = float((old.value.kind, old.value.limits) == (new.value.kind, new.value.limits))
    return 0.5 * inside + 0.25 * words + 0.25 * alike(old.name, new.name)


def compare_types(c: Comparison) -> None:
    """Compare all types."""
    for node in c.types.added:
        told = DESCRIPTION_CHANGED if node.kind == "scalar" else TYPE_ADDED
        c.found(told, f"{node.label} is new", None, node, scope=c.reach.of_type(node.name))
    for node in c.types.gone:
        told = DESCRIPTION_CHANGED if node.kind == "scalar" else TYPE_REMOVED
        c.found(
            told,
            f"{node.label} is gone",
            node,
            None,
            scope=c.reach.of_type(node.name),
            beside=_domain(c, node),
        )
    for old, new in c.types.renamed:
        told = DESCRIPTION_CHANGED if new.kind == "scalar" else TYPE_RENAMED
        text = f"{old.name} is {new.name} now, as far as likeness tells"
        c.found(told, text, old, new, scope=c.reach.of_type(new.name))
    for old, new in c.types.pairs:
        _compare(c, old, new, c.reach.of_type(new.name))


def _domain(c: Comparison, node: Node) -> Node | None:
    """The domain of the new schema that a gone thing was in, where it can be accepted."""
    domain = node.facts.get("domain")
    return next((each for each in c.new.root.all("domain") if each.name == domain), None)


def _compare(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    compare_lifetime(c, old, new, scope)
    if c.differs(old, new, "domain"):
        told = DESCRIPTION_CHANGED if new.kind == "scalar" else TYPE_MOVED
        text = f"{new.label} is in domain {new.facts['domain']}, not in {old.facts['domain']}"
        c.found(told, text, old, new, scope=scope)
    if old.kind != new.kind:
        kinds = f"{new.label} is {_a(new.kind)}, not {_a(old.kind)}"
        c.found(TYPE_KIND_CHANGED, kinds, old, new, scope=scope)
    elif new.kind == "enum":
        compare_enum(c, old, new, scope)
    elif new.kind == "struct":
        _compare_struct(c, old, new, scope)
    elif old.value is not None and new.value is not None:
        compare_values(c, old.value, new.value, subject=new.label, beside=new, scope=scope)


def _compare_struct(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    if c.differs(old, new, "msgtype"):
        text = f"{new.label} carries {new.facts['msgtype'] or 'no message type'}, not {old.facts['msgtype'] or 'none'}"
        c.found(TYPE_MSGTYPE_CHANGED, text, old, new, scope=scope)
    if c.differs(old, new, "x-direction"):
        wider = _WAYS[old.facts["x-direction"]] < _WAYS[new.facts["x-direction"]]
        text = (
            f"{new.label} is for {new.facts['x-direction']}, not for {old.facts['x-direction']} (x-direction)"
        )
        told = DIRECTION_WIDENED if wider else DIRECTION_NARROWED
        c.found(told, text, old, new, scope=scope, fact="x-direction")
    names = compare_fields(c, old, new, scope)
    _compare_constructor(c, old, new, names, scope)
    _compare_file_form(c, old, new, names, scope)
    compare_options(c, old, new, names, scope)


def _compare_constructor(c: Comparison, old: Node, new: Node, names: dict[str, str], scope: Scope) -> None:
    if "x-new" not in old.facts or "x-new" not in new.facts:
        return
    was = [_renamed(names, *entry) for entry in old.facts["x-new"]]
    now: list[tuple[str, str]] = new.facts["x-new"]
    if was == now:
        return
    if not was:
        c.found(CONSTRUCTOR_ADDED, f"{new.label}.new is new", old, new, scope=scope, fact="x-new")
        return
    takes = f"takes {', '.join(name for name, _ in now)}, not {', '.join(name for name, _ in was)}"
    if [name for name, _ in was] == [name for name, _ in now]:
        takes = "fills other fields"
    text = f"{new.label}.new {takes if now else 'is gone'}"
    c.found(CONSTRUCTOR_CHANGED, text, old, new, scope=scope, fact="x-new")


def _compare_file_form(c: Comparison, old: Node, new: Node, names: dict[str, str], scope: Scope) -> None:
    if not c.differs(old, new, "x-file"):
        return
    nothing: dict[str, Any] = {"fill": [], "list": None, "unset-zero": []}
    was: dict[str, Any] = old.facts["x-file"] or nothing
    now: dict[str, Any] = new.facts["x-file"] or nothing
    fill = {_renamed(names, *entry) for entry in was["fill"]}
    filled: set[tuple[str, str]] = set(now["fill"])
    bare = {names.get(each, each) for each in [str(was["list"] or "")] if each}
    bare_now = {each for each in [str(now["list"] or "")] if each}
    zeros = {str(names.get(wire, wire)) for wire in was["unset-zero"]} ^ set(map(str, now["unset-zero"]))
    told: list[tuple[set[str], Rule, str]] = [
        ({name for name, _ in fill - filled}, FILE_FORM_CHANGED, "nobody may supply {} from outside"),
        ({name for name, _ in filled - fill}, FILE_FORM_EXTENDED, "{} may be supplied from outside"),
        (bare - bare_now, FILE_FORM_CHANGED, "a bare list no longer stands for {}"),
        (bare_now - bare, FILE_FORM_EXTENDED, "a bare list stands for {}"),
        (
            zeros,
            FILE_FORM_CHANGED if old.facts["x-file"] else FILE_FORM_EXTENDED,
            "0 means something else in {}",
        ),
    ]
    for what, each, text in told:
        for item in sorted(what):
            c.found(each, f"{new.label} in files: {text.format(item)}", old, new, scope=scope, fact="x-file")
    if not any(what for what, _, _ in told):
        c.found(DESCRIPTION_CHANGED, f"x-file of {new.label} is written otherwise", old, new, scope=scope)


def _renamed(names: dict[str, str], name: str, path: str) -> tuple[str, str]:
    """A parameter and the path of its field as they are called now, where the field was renamed."""
    first, dot, rest = path.partition(".")
    now = f"{names.get(first, first)}{dot}{rest}"
    return (now if name == path else name), now


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "enum" else f"a {kind}"
