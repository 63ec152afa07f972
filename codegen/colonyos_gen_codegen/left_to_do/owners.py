"""Whose an attribute or a keyword is, as far as the text of hand-written code tells."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from colonyos_gen_codegen.left_to_do.project import PACKAGE, Module

FOREIGN = "(foreign)"
"""The owner of what neither the project nor the schema defines."""
Found = TypeVar("Found")
_OWN_ROOTS = {PACKAGE, "colonyos_gen", "colonyos_gen_codegen", "tests", "examples"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PASSES_ON = {"dict", "type", "super"}
"""Builtin names of which the keywords may come to be fields."""
_BUILTIN = set(dir(builtins)) - _PASSES_ON
_METHODS = set[str]().union(*(dir(kind) for kind in (str, bytes, list, dict, set)))
"""Of builtin types."""


@dataclass
class Class:
    """A class of hand-written code."""

    bases: list[str] = field(default_factory=list[str])
    takes: set[str] = field(default_factory=set[str])
    """Parameters of its constructor."""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    """What it has itself, each with the class that its annotation names, if any."""


class ByHand:
    """The classes and functions of hand-written code, by name."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._classes: dict[str, dict[Path, Class]] = {}
        self._functions: dict[str, dict[Path, set[str]]] = {}
        self.methods: set[str] = set()
        """Names of methods that are no handlers."""
        for module in modules:
            for node in module.by_kind(ast.ClassDef):
                self._classes.setdefault(node.name, {})[module.path] = _class(node)
                self.methods |= {
                    each.name
                    for each in node.body
                    if isinstance(each, _FUNCTIONS)
                    and [one.arg for one in each.args.posonlyargs] != ["self", "request", "signer"]
                }
            for function in module.functions:
                known = self._functions.setdefault(function.name, {}).setdefault(module.path, set())
                known |= _parameters(function.args)

    def classes(self, name: str, path: Path) -> list[Class]:
        """The classes that `name` may be in the module at `path`: its own, or any."""
        return _near(self._classes.get(name, {}), path)

    def defines(self, name: str, path: Path) -> bool:
        """Whether the module at `path` itself has a class of that name."""
        return path in self._classes.get(name, {})

    def has(self, name: str, attribute: str, path: Path, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a class called `name`, or one that it inherits from, has `attribute`."""
        return name not in seen and any(
            attribute in each.attributes
            or any(self.has(base, attribute, path, seen | {name}) for base in each.bases)
            for each in self.classes(name, path)
        )

    def takes(self, name: str, keyword: str, path: Path) -> bool:
        """Whether a function or class called `name` has a parameter `keyword`."""
        return (
            any(keyword in each for each in _near(self._functions.get(name, {}), path))
            or any(self._constructed(name, keyword, path))
            or self.has(name, keyword, path)
        )

    def _constructed(
        self, name: str, keyword: str, path: Path, seen: frozenset[str] = frozenset()
    ) -> Iterator[bool]:
        for each in self.classes(name, path) if name not in seen else ():
            yield keyword in each.takes
            for base in each.bases:
                yield from self._constructed(base, keyword, path, seen | {name})


class Owners:
    """The classes of what stands in a module: structs and classes by their names, and `FOREIGN`."""

    def __init__(self, module: Module, by_hand: ByHand, structs: Container[str]) -> None:
        self._path = module.path
        self._by_hand = by_hand
        self._structs = structs
        self._names: dict[str, str] = {}
        """What imported names are called where they come from; `FOREIGN` if that is neither project nor schema."""
        self._kinds: dict[int, str] = {}
        imports: list[ast.Import | ast.ImportFrom] = [
            *module.by_kind(ast.Import),
            *module.by_kind(ast.ImportFrom),
        ]
        for statement in imports:
            self._import(statement)
        for name in module.bound:
            self._names.pop(name, None)
        for node in module.nodes:  # from the outside to the inside
            if isinstance(node, ast.ClassDef):
                self._kinds.update((id(each), node.name) for each in ast.walk(node) if _is_self(each))
            elif isinstance(node, (*_FUNCTIONS, ast.Lambda)):
                self._inside(node)

    def is_struct(self, name: str) -> bool:
        """Whether a class of that name is generated, here."""
        return name in self._structs and not self._by_hand.defines(name, self._path)

    def called(self, node: ast.expr) -> str:
        """The name of a function or class where it is defined, or `FOREIGN`; empty if it has none."""
        if isinstance(node, ast.Name):
            known = self._names.get(node.id, node.id)
            return FOREIGN if known in _BUILTIN and not self._by_hand.defines(known, self._path) else known
        if isinstance(node, ast.Attribute):
            return FOREIGN if self.called(node.value) == FOREIGN or node.attr in _METHODS else node.attr
        return ""

    def of(self, node: ast.expr, attributes: dict[str, dict[str, str]]) -> str:
        """The class of a value, with the `attributes` of structs and their classes; empty if that is not known."""
        if isinstance(node, ast.Call):
            word = self.called(node.func)
            return word if self._is_class(word) else ""
        if isinstance(node, ast.Attribute):
            owner = self.of(node.value, attributes)
            if self.is_struct(owner):
                return self._word(attributes.get(owner, {}).get(node.attr, ""))
            known = {each.attributes.get(node.attr, "") for each in self._by_hand.classes(owner, self._path)}
            return self._word(known.pop()) if len(known) == 1 else ""
        if isinstance(node, ast.Name):
            foreign = self._names.get(node.id) == FOREIGN
            return self._kinds.get(id(node), FOREIGN if foreign else "")
        return ""

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            root = (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
            relative = isinstance(node, ast.ImportFrom) and node.level > 0
            foreign = not relative and (root in sys.stdlib_module_names or root not in _OWN_ROOTS)
            name = alias.asname or alias.name.split(".")[0]
            self._names[name] = FOREIGN if foreign else alias.name

    def _inside(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """The names inside a function of which every value is of one class."""
        arguments = function.args
        kinds: dict[str, set[str]] = {}
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if each.arg not in {"self", "cls"}:
                kinds[each.arg] = {self._annotated(each.annotation)}
        names: list[ast.Name] = []
        told: set[int] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                kinds.setdefault(node.target.id, set()).add(self._annotated(node.annotation))
                told.add(id(node.target))
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        kinds.setdefault(target.id, set()).add(self.of(node.value, {}))
                        told.add(id(target))
            elif isinstance(node, ast.Name):
                names.append(node)
        for node in names:
            if not isinstance(node.ctx, ast.Load) and id(node) not in told:
                kinds.setdefault(node.id, set()).add("")
        for node in names:
            if node.id in kinds:
                known = kinds[node.id]
                self._kinds[id(node)] = next(iter(known)) if len(known) == 1 else ""

    def _annotated(self, annotation: ast.expr | None) -> str:
        word = _plain(annotation)
        return FOREIGN if word in _BUILTIN - {"object"} else self._word(word)

    def _word(self, word: str) -> str:
        word = self._names.get(word, word)
        return word if self._is_class(word) else ""

    def _is_class(self, word: str) -> bool:
        return (
            word == FOREIGN or self.is_struct(word) or bool(word and self._by_hand.classes(word, self._path))
        )


def _near(found: dict[Path, Found], path: Path) -> list[Found]:
    return [found[path]] if path in found else list(found.values())


def _class(node: ast.ClassDef) -> Class:
    made = Class([last(base) for base in node.bases])
    for each in node.body:
        if isinstance(each, _FUNCTIONS):
            made.attributes.setdefault(each.name, "")
            if each.name in {"__init__", "__new__"}:
                made.takes |= _parameters(each.args)
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            made.attributes[each.target.id] = _plain(each.annotation)
        elif isinstance(each, ast.Assign):
            made.attributes.update((one.id, "") for one in each.targets if isinstance(one, ast.Name))
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and _is_self(inner.value):
            made.attributes.setdefault(inner.attr, "")
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.AnnAssign)
            and isinstance(inner.target, ast.Attribute)
            and _is_self(inner.target.value)
        ):
            made.attributes[inner.target.attr] = _plain(inner.annotation)
    return made


def _parameters(arguments: ast.arguments) -> set[str]:
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _plain(annotation: ast.expr | None) -> str:
    """The one class that an annotation names, beside None; empty if it is not that simple."""
    if annotation is None:
        return ""
    found = re.fullmatch(r"'?(?:\w+\.)*(\w+)(?: \| None)?'?", ast.unparse(annotation))
    return found[1] if found and found[1] not in {"Any", "Self"} else ""


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def last(node: ast.expr) -> str:
    """The name by which `node` is called in the end; empty if it has none."""
    if isinstance(node, ast.Subscript):
        return last(node.value)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
