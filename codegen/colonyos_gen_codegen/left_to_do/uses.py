"""Hand-written code that uses names which the generated package does not have, or no longer has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from colonyos_gen_codegen.left_to_do.fields import LostFields
from colonyos_gen_codegen.left_to_do.item import Item
from colonyos_gen_codegen.left_to_do.offer import Offer
from colonyos_gen_codegen.left_to_do.project import PACKAGE, Module, Project, bound_by

_OURS = {"colonyos_gen", PACKAGE}
_TAKE_OPTIONS = {"call", "submit", "task"}
_OPTIONS = "options"
"""What code calls a mapping of them."""
_LOOK_UP = {"get", "pop"}


def uses(before: Offer, offer: Offer, project: Project) -> Iterator[Item]:
    """Uses of what `offer` has not. What was there `before` and is nowhere now counts wherever its name stands.

    A field that went, of a name that is still there, counts where there are such structs; whether it is one is a question.
    """
    modules = list(project.modules())
    by_hand = {name for module in modules for name in _defined(module.tree)}
    in_package = {
        name
        for module in modules
        if module.path.is_relative_to(project.root / "colonyos_gen")
        for name in _defined(module.tree)
    }
    own = before.own - offer.own - by_hand
    gone = _Gone(
        names=(before.calls | own) - offer.members - offer.own - by_hand,
        imported=before.own - offer.own - in_package,
        texts=own | (before.errors - offer.errors) | (before.messages - offer.messages),
        members={
            (enum, member)
            for enum, members in before.enums.items()
            for member in members - offer.enums.get(enum, set())
        },
        options=before.options - offer.options,
    )
    lost = LostFields(before, offer, modules)
    for module in modules:
        found: dict[tuple[int, str], Item] = {}
        for item in (*_Uses(module, offer, gone).items(), *lost.uses(module)):
            found.setdefault((item.line, "".join(item.what.split("'")[1:2]) or item.what), item)
        yield from sorted(found.values())


@dataclass(frozen=True)
class _Gone:
    """What was there before."""

    names: set[str]
    """Of methods of clients, classes and constants."""
    imported: set[str]
    """Names of classes and constants that an import from the packages gives."""
    texts: set[str]
    """What stands in quotes: names of errors, types of messages, and names that are looked up."""
    members: set[tuple[str, str]]
    """Enums, each with a member."""
    options: set[str]
    """Of a submission."""


class _Uses:
    def __init__(self, module: Module, offer: Offer, gone: _Gone) -> None:
        self._module = module
        self._offer = offer
        self._gone = gone
        self._modules: dict[str, str] = {}
        """Generated modules by the names that they have in this file."""
        self._structs: dict[str, str] = {}
        """Generated structs by the names that they have in this file."""
        self._enums: dict[str, str] = {}
        """Generated enums by the names that they have in this file."""
        self._takes_all = False
        """Whether names come from an import of `*`."""

    def items(self) -> Iterator[Item]:
        by_kind = self._module.by_kind
        for source in by_kind(ast.ImportFrom):
            yield from self._import(source)
        for statement in by_kind(ast.Import):
            yield from self._import_module(statement)
        for name in self._module.bound:  # that may be something else
            self._modules.pop(name, None)
            self._structs.pop(name, None)
            self._enums.pop(name, None)
        for attribute in by_kind(ast.Attribute):
            yield from self._of_module(attribute)
            yield from self._of_enum(attribute)
            name = attribute.attr
            if name in self._gone.names or (_last(attribute.value), name) in self._gone.members:
                yield self._gone_item(attribute, name)
        for call in by_kind(ast.Call):
            yield from self._keywords(call)
            yield from self._options(call)
        for function in self._module.functions:
            yield from self._inside(function)
        for constant in by_kind(ast.Constant):
            if isinstance(constant.value, str) and constant.value in self._gone.texts:
                yield self._gone_item(constant, constant.value)
        for source in by_kind(ast.ImportFrom):
            for alias in source.names if (source.module or "").partition(".")[0] in _OURS else ():
                if alias.name in self._gone.imported:
                    yield self._gone_item(alias, alias.name)
        for word in by_kind(ast.Name) if self._takes_all else ():
            if word.id in self._gone.imported - self._module.bound:
                yield self._gone_item(word, word.id)

    def _gone_item(self, node: ast.expr | ast.alias, name: str) -> Item:
        return self._item(node, f"'{name}' is gone from the schema")

    def _options(self, node: ast.Call) -> Iterator[Item]:
        """Keywords that were options, and would now be keyword arguments of the function."""
        taker = _last(node.func)
        if taker in _TAKE_OPTIONS:
            for keyword in node.keywords:
                if keyword.arg in self._gone.options:
                    yield self._item(keyword.value, f"'{keyword.arg}' is no option of {taker} any more")
        # What takes options in a mapping looks them up there.
        if taker in _LOOK_UP and _last(getattr(node.func, "value", node.func)) == _OPTIONS:
            for each in node.args[:1]:
                if isinstance(each, ast.Constant) and each.value in self._gone.options:
                    yield self._item(each, f"'{each.value}' is no option any more")

    def _import(self, node: ast.ImportFrom) -> Iterator[Item]:
        source = node.module or ""
        if node.level == 0 and source == "colonyos_gen":
            for alias in node.names:
                self._know(alias)
        if node.level or source.split(".")[0] != PACKAGE:
            return
        if source not in self._offer.modules:
            yield self._item(node, f"there is no module {source}")
            return
        for alias in node.names:
            name = alias.asname or alias.name
            if f"{source}.{alias.name}" in self._offer.modules:
                self._modules[name] = f"{source}.{alias.name}"
            elif alias.name == "*":
                self._takes_all = True
            elif alias.name not in self._offer.modules[source]:
                yield self._item(alias, f"{source} has no '{alias.name}'")
            else:
                self._know(alias)

    def _import_module(self, node: ast.Import) -> Iterator[Item]:
        for alias in node.names:
            if alias.name.split(".")[0] != PACKAGE:
                continue
            if alias.name not in self._offer.modules:
                yield self._item(node, f"there is no module {alias.name}")
            elif alias.asname is not None:
                self._modules[alias.asname] = alias.name
            else:
                self._modules[PACKAGE] = PACKAGE

    def _know(self, alias: ast.alias) -> None:
        """Remember what an imported class is."""
        name = alias.asname or alias.name
        if alias.name in self._offer.structs:
            self._structs[name] = alias.name
        elif alias.name in self._offer.enums:
            self._enums[name] = alias.name

    def _module_of(self, node: ast.expr) -> str | None:
        """The generated module that `node` is."""
        if isinstance(node, ast.Name):
            return self._modules.get(node.id)
        if isinstance(node, ast.Attribute):
            found = f"{self._module_of(node.value)}.{node.attr}"
            return found if found in self._offer.modules else None
        return None

    def _of_enum(self, node: ast.Attribute) -> Iterator[Item]:
        """A member of a generated enum, which is named by itself or in its module."""
        enum = self._enums.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(node.value, ast.Attribute) and self._module_of(node.value.value) is not None:
            enum = node.value.attr
        if enum in self._offer.enums and node.attr not in self._offer.enums[enum]:
            yield self._item(node, f"{enum} has no '{node.attr}'")

    def _of_module(self, node: ast.Attribute) -> Iterator[Item]:
        source = self._module_of(node.value)
        known = source is None or node.attr in self._offer.modules[source] or node.attr.startswith("__")
        if source is not None and not known and f"{source}.{node.attr}" not in self._offer.modules:
            yield self._item(node, f"{source} has no '{node.attr}'")

    def _keywords(self, node: ast.Call) -> Iterator[Item]:
        if isinstance(node.func, ast.Name) and node.func.id in self._structs:
            struct = self._structs[node.func.id]
            for keyword in node.keywords:
                if keyword.arg is not None and keyword.arg not in self._offer.structs[struct].attributes:
                    yield self._item(keyword.value, f"{struct} has no field '{keyword.arg}'")

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Item]:
        """Attributes of parameters that are annotated with a struct, and of the structs inside them."""
        kinds = {
            each.arg: self._structs[each.annotation.id]
            for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            if isinstance(each.annotation, ast.Name) and each.annotation.id in self._structs
        }
        if not kinds:
            return
        # What anything in the function binds again, a parameter of a function inside included, may be something else.
        outside = {id(node), *(id(each) for each in ast.walk(node.args) if isinstance(each, ast.arg))}
        for each in ast.walk(node):
            if id(each) not in outside and (name := bound_by(each)) is not None:
                kinds.pop(name, None)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute):
                owner = self._kind(inner.value, kinds)
                struct = self._offer.structs.get(owner)
                name = inner.attr
                if struct is not None and not (
                    name.startswith("__") or name in struct.methods or name in struct.attributes
                ):
                    yield self._item(inner, f"{owner} has no field '{name}'")

    def _kind(self, node: ast.expr, kinds: dict[str, str]) -> str:
        """The struct that `node` is; empty if that cannot be told."""
        if isinstance(node, ast.Name):
            return kinds.get(node.id, "")
        if isinstance(node, ast.Attribute):
            struct = self._offer.structs.get(self._kind(node.value, kinds))
            return struct.attributes.get(node.attr, "") if struct is not None else ""
        return ""

    def _item(self, node: ast.expr | ast.stmt | ast.alias, what: str) -> Item:
        return Item(self._module.path, node.lineno, what)


def _defined(tree: ast.Module) -> Iterator[str]:
    """Classes and functions of a module, which code may mean by the same name."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _last(node: ast.expr) -> str:
    """The name by which `node` is called in the end: `ErrorCode` for `method.ErrorCode`; empty if it has none."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
