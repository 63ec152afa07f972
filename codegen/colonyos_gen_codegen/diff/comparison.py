"""What all rules work with: the two schemas, what is what in them, and where changes go."""

from __future__ import annotations

from collections.abc import Iterable

from colonyos_gen_codegen.diff.change import EVERYBODY, Judged, Scope
from colonyos_gen_codegen.diff.matching import Likeness, Matched, match
from colonyos_gen_codegen.diff.nodes import Node, Place, Side
from colonyos_gen_codegen.diff.reach import Reach
from colonyos_gen_codegen.diff.registry import Rule

TELLS_NOTHING = "it was not marked as deprecated before"


class Comparison:
    """Two schemas, and the changes found so far."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old = old
        self.new = new
        self.judged = Judged()
        self.judged.parents = {id(child): node for node in new.root.walk() for child in node.children}
        self.types = Matched()
        self.messages = Matched()
        self.type_names: dict[str, str] = {}
        self.role_names: dict[str, str] = {}
        self.code_names: dict[str, str] = {}
        self.hazard_names: dict[str, str] = {}
        self.field_names: dict[str, dict[str, str]] = {}
        """New keys of renamed fields by old ones, by what has them."""
        self.reach = Reach(old, new, {}, {})

    def settle(self, types: Matched, messages: Matched) -> None:
        """Say what is what, before anything is compared."""
        self.types, self.messages = types, messages
        self.type_names = types.names()
        labels = {old.label: new.label for old, new in messages.pairs}
        self.reach = Reach(self.old, self.new, self.type_names, labels)

    def knows(self, kind: str) -> bool:
        """Whether both schemas can tell which things of this kind there are."""
        return kind not in self.old.missing and kind not in self.new.missing

    def match(self, old: Node, new: Node, kind: str, likeness: Likeness | None = None) -> Matched:
        """The children of one kind, paired; nothing where one of the two cannot tell."""
        return match(old.all(kind), new.all(kind), likeness) if self.knows(kind) else Matched()

    def differs(self, old: Node, new: Node, *facts: str) -> bool:
        """Whether one of these facts is another now, as far as both can tell."""
        return any(
            fact in old.facts and fact in new.facts and old.facts[fact] != new.facts[fact] for fact in facts
        )

    def found(
        self,
        rule: Rule,
        text: str,
        old: Node | None,
        new: Node | None,
        *,
        scope: Scope = EVERYBODY,
        fact: str = "",
        beside: Node | None = None,
        subject: str = "",
        place: Place | None = None,
        note: str = "",
    ) -> None:
        """Tell a change of a thing, in the new schema, or in the old one where it is gone (`beside` is what had it)."""
        node = new or old
        assert node is not None
        gone = new is None
        if gone and rule.request.breaks and old is not None and old.facts.get("deprecated") is False:
            note = note or f" ({TELLS_NOTHING})"
        self.judged.add(
            rule,
            subject or node.label,
            text,
            scope=scope,
            place=place or node.at(fact),
            beside=new or beside or self.new.root,
            gone=gone,
            note=note,
        )

    def added(self, rule: Rule, nodes: Iterable[Node], text: str, scope: Scope = EVERYBODY) -> None:
        """Tell of each of these that it is new; `{}` in the text is what it is called."""
        for node in nodes:
            self.found(rule, text.format(node.label), None, node, scope=scope)

    def gone(
        self, rule: Rule, nodes: Iterable[Node], text: str, beside: Node, scope: Scope = EVERYBODY
    ) -> None:
        """Tell of each of these that it is gone; `{}` in the text is what it was called."""
        for node in nodes:
            self.found(rule, text.format(node.label), node, None, scope=scope, beside=beside)

    def renamed(
        self, rule: Rule, pairs: Iterable[tuple[Node, Node]], text: str, scope: Scope = EVERYBODY
    ) -> None:
        """Tell of each pair that it was renamed, going by how alike they are."""
        for old, new in pairs:
            what = text.format(old.name, new.name)
            self.found(rule, f"{what}, as far as likeness tells", old, new, scope=scope)
