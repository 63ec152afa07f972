"""Code that may use a field which is gone, where it cannot be told of which struct a value is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence, Set

from codegen.left_to_do.item import Item
from codegen.left_to_do.offer import Offer
from codegen.left_to_do.project import Module

_CHANGERS = {"replace"}
"""Functions that take fields by keyword, beside the structs themselves."""


class LostFields:
    """Fields that structs had `before` and have not in `offer`, and what else in `modules` has values of those structs."""

    def __init__(self, before: Offer, offer: Offer, modules: Sequence[Module]) -> None:
        self._lost = {
            name: lost
            for name, struct in before.structs.items()
            if name in offer.structs
            and (lost := struct.attributes.keys() - offer.structs[name].attributes.keys())
        }
        self._structs = offer.structs.keys()
        self._sources: dict[str, set[str]] = {
            name: {name} | before.sources.get(name, set()) | offer.sources.get(name, set())
            for name in self._lost
        }
        for name, word in _annotated(modules) if self._lost else ():
            if word in self._sources:
                self._sources[word].add(name)

    def uses(self, module: Module) -> Iterator[Item]:
        """Attributes and keywords of `module` that have the name of a field which is gone, if it has such structs at all."""
        named = set(_names(module.nodes)) if self._lost else set[str]()
        here = {struct: lost for struct, lost in self._lost.items() if named & self._sources[struct]}
        if not here:
            return
        kinds = self._kinds(module.nodes)
        called = {id(node.func) for node in module.nodes if isinstance(node, ast.Call)}
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and id(node) not in called:
                kind = kinds.get(id(node.value))
                structs = [] if _is_self(node.value) else _of(here, node.attr, kind)
                yield from self._item(module, node, node.attr, structs)
            elif isinstance(node, ast.Call):
                taker = _last(node.func)
                for keyword in node.keywords:
                    kind = taker if taker in self._structs else None
                    if keyword.arg is not None and (kind is not None or taker in _CHANGERS):
                        yield from self._item(
                            module, keyword.value, keyword.arg, _of(here, keyword.arg, kind)
                        )

    def _kinds(self, nodes: Sequence[ast.AST]) -> dict[int, str]:
        """The struct of each name that is a parameter with one as its annotation, by the id of the node."""
        kinds: dict[int, str] = {}
        for function in nodes:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = function.args
                parameters = {
                    each.arg: _last(each.annotation)
                    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
                    if each.annotation is not None and _last(each.annotation) in self._structs
                }
                names = (
                    [node for node in ast.walk(function) if isinstance(node, ast.Name)] if parameters else []
                )
                assigned = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
                kinds.update(
                    (id(node), parameters[node.id])
                    for node in names
                    if node.id in parameters and node.id not in assigned
                )
        return kinds

    def _item(self, module: Module, node: ast.expr, name: str, structs: Sequence[str]) -> Iterator[Item]:
        if structs:
            yield Item(module.path, node.lineno, f"'{name}' of {' and '.join(structs)} is gone; is this one?")


def _of(lost: Mapping[str, Set[str]], name: str, kind: str | None) -> list[str]:
    """The structs that had a field `name`; only `kind`, if that is known."""
    return [struct for struct, names in lost.items() if name in names and kind in (None, struct)]


def _annotated(modules: Sequence[Module]) -> Iterator[tuple[str, str]]:
    """Functions and attributes, each with the words of its annotation."""
    for module in modules:
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
                yield from ((node.name, word) for word in words(node.returns))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                yield from ((node.target.attr, word) for word in words(node.annotation))


def words(annotation: ast.expr) -> list[str]:
    """The names in an annotation, also in one that is text."""
    return re.findall(r"\w+", ast.unparse(annotation))


def _names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names that a module imports and reads."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def _last(node: ast.expr) -> str:
    """The name by which `node` is called in the end; empty if it has none."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
