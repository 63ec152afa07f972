"""Code that uses a field which is gone, or may use it, where it cannot be told of which struct a value is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence, Set

from colonyos_gen_codegen.left_to_do.item import Item
from colonyos_gen_codegen.left_to_do.offer import Offer
from colonyos_gen_codegen.left_to_do.owners import FOREIGN, ByHand, Owners, last
from colonyos_gen_codegen.left_to_do.project import Module

Lost = Mapping[str, Set[str]]
_CHANGERS = {"replace"}
"""Functions that take fields by keyword, beside the structs themselves."""


class LostFields:
    """Fields that structs had `before` and have not in `offer`, and what else in `modules` has values of those structs.

    A name that no struct has any more is looked for everywhere, and one that lives on only in modules with such structs.
    """

    def __init__(self, before: Offer, offer: Offer, modules: Sequence[Module]) -> None:
        self._before = before
        self._offer = offer
        self._everywhere = before.members - before.calls - offer.members - offer.own
        self._lost: dict[str, Set[str]] = {}
        for name, struct in before.structs.items():
            after = offer.structs.get(name)
            lost = (
                struct.attributes.keys() - after.attributes.keys()
                if after
                else self._everywhere & struct.attributes.keys()
            )
            if lost:
                self._lost[name] = lost
        self._parameters = {
            name: lost
            for name, parameters in before.parameters.items()
            if name in offer.parameters and (lost := parameters - offer.parameters[name])
        }
        self._structs = before.structs.keys() | offer.structs.keys()
        self._attributes = {
            name: {**struct.attributes} for each in (before, offer) for name, struct in each.structs.items()
        }
        self._by_hand = ByHand(modules if self._lost else ())
        self._sources: dict[str, set[str]] = {
            name: {name} | before.sources.get(name, set()) | offer.sources.get(name, set())
            for name in self._lost
        }
        for name, word in _annotated(modules) if self._lost else ():
            if word in self._sources:
                self._sources[word].add(name)

    def uses(self, module: Module) -> Iterator[Item]:
        """Attributes and keywords of `module` that have the name of a field which is gone.

        It is said of the struct whose it is, and asked where that cannot be told.
        """
        if not self._lost:
            return
        here = {
            struct: names
            for struct, lost in self._lost.items()
            if (
                names := lost & self._anywhere(struct)
                if module.names.isdisjoint(self._sources[struct])
                else lost
            )
        }
        words = set[str]().union(*here.values(), *self._parameters.values())
        if words.isdisjoint(module.names | module.keywords):
            return
        owners = Owners(module, self._by_hand, self._structs)
        called = {id(node.func) for node in module.by_kind(ast.Call)}
        for node in module.by_kind(ast.Attribute):
            if node.attr in words and id(node) not in called:
                owner = owners.of(node.value, self._attributes)
                yield from self._told(module, owners, here, owner, node, node.attr)
        for call in module.by_kind(ast.Call):
            for keyword in call.keywords:
                if keyword.arg in words:
                    yield from self._keyword(module, owners, here, call, keyword.value, keyword.arg)
        for match in module.by_kind(ast.MatchClass):
            for name, pattern in zip(match.kwd_attrs, match.kwd_patterns, strict=True):
                yield from self._told(module, owners, here, owners.called(match.cls), pattern, name)

    def _anywhere(self, struct: str) -> Set[str]:
        """The names that are looked for in modules that do not seem to have such structs: requests are not passed around."""
        passed = struct in self._offer.structs and not self._before.structs[struct].is_request
        return self._everywhere if passed else set[str]()

    def _keyword(
        self, module: Module, owners: Owners, here: Lost, node: ast.Call, value: ast.expr, name: str
    ) -> Iterator[Item]:
        taker = owners.called(node.func)
        if last(node.func) in _CHANGERS:
            owner = owners.of(node.args[0], self._attributes) if node.args else ""
            yield from self._told(module, owners, here, owner, value, name)
            return
        if taker == FOREIGN:  # that may hand it on
            taker = next(
                (
                    word
                    for each in node.args
                    if owners.is_struct(word := owners.called(each)) or word in self._parameters
                ),
                taker,
            )
        if owners.is_struct(taker):
            yield from self._told(module, owners, here, taker, value, name)
        elif taker in self._before.calls and taker not in self._offer.calls:
            return  # the call is told already
        elif name in self._parameters.get(taker, ()):
            by_hand = self._by_hand.takes(taker, name, module.path)
            asked = f"'{name}' of {taker} is gone; is this one?"
            yield Item(module.path, value.lineno, asked if by_hand else f"{taker} takes no '{name}'")
        elif isinstance(node.func, ast.Attribute) and self._by_hand.takes(
            last(node.func.value), name, module.path
        ):
            return  # a second constructor, such as `Client.from_env`
        elif (
            name in self._everywhere
            and taker != FOREIGN
            and not self._by_hand.takes(taker, name, module.path)
        ):
            yield from self._told(module, owners, here, "", value, name)

    def _told(
        self, module: Module, owners: Owners, here: Lost, owner: str, node: ast.expr | ast.pattern, name: str
    ) -> Iterator[Item]:
        if owners.is_struct(owner):
            if name in self._lost.get(owner, ()):
                yield Item(module.path, node.lineno, f"{owner} has no field '{name}'")
        elif owner != FOREIGN and not self._by_hand.has(owner, name, module.path):
            structs = [struct for struct, names in here.items() if name in names]
            if structs:
                yield Item(
                    module.path, node.lineno, f"'{name}' of {' and '.join(structs)} is gone; is this one?"
                )


def _annotated(modules: Sequence[Module]) -> Iterator[tuple[str, str]]:
    """Functions and attributes, each with the words of its annotation."""
    for module in modules:
        for function in module.functions:
            if function.returns is not None:
                yield from ((function.name, word) for word in words(function.returns))
        for node in module.by_kind(ast.AnnAssign):
            if isinstance(node.target, ast.Attribute):
                yield from ((node.target.attr, word) for word in words(node.annotation))


def words(annotation: ast.expr) -> list[str]:
    """The names in an annotation, also in one that is text."""
    return re.findall(r"\w+", ast.unparse(annotation))
