"""What the generated package offers, read from its text."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from colonyos_gen_codegen.left_to_do.parsing import parse
from colonyos_gen_codegen.left_to_do.project import PACKAGE

_FOLDER = f"python/{PACKAGE}/"


@dataclass(frozen=True)
class Struct:
    """A generated class: its attributes, each with the name of its class if it is a struct, and its methods."""

    attributes: Mapping[str, str]
    methods: frozenset[str]
    is_request: bool = False


@dataclass
class Offer:
    """Names by module, and structs by name."""

    modules: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    structs: dict[str, Struct] = field(default_factory=dict[str, Struct])
    enums: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """What can be asked of each enum by name."""
    calls: set[str] = field(default_factory=set[str])
    """Names of the methods of clients."""
    parameters: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Parameters of the methods of clients."""
    messages: set[str] = field(default_factory=set[str])
    """Types of messages."""
    own: set[str] = field(default_factory=set[str])
    """Public names of classes, functions and constants, wherever they are defined."""
    errors: set[str] = field(default_factory=set[str])
    """Names by which the schema calls the refusals of the server."""
    options: set[str] = field(default_factory=set[str])
    """Names of the options of a submission."""
    sources: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Names of what gives values of a type: calls, messages and fields, by the name of the type."""

    @property
    def members(self) -> set[str]:
        """Names of attributes of structs and of methods of clients, wherever they belong."""
        return self.calls.union(*(struct.attributes for struct in self.structs.values()))


def read_offer(files: Mapping[str, str]) -> Offer:
    """The offer of the package in `files`, texts by path relative to `generated/`; empty if it is not among them."""
    offer = Offer()
    for path, text in files.items():
        if not (path.startswith(_FOLDER) and path.endswith(".py")):
            continue
        module = path.removeprefix("python/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        tree = parse(text)
        offer.modules[module] = set(_names(tree))
        offer.own |= {name for name in _defined(tree) if not name.startswith("_")}
        offer.errors |= set(_error_names(tree)) if "ErrorSpec" in text else set[str]()
        offer.options |= set(_submission_options(tree))
        part = module.split(".")[1:2]
        offer.messages |= set(_tags(tree)) if part == ["requests"] else set[str]()
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and part in (["types"], ["requests"]) and not _is_enum(node):
                offer.structs[node.name] = _struct(node, is_request=part == ["requests"])
                for name, kind in offer.structs[node.name].attributes.items():
                    _give(offer, name, kind)
            elif isinstance(node, ast.ClassDef) and part in (["stubs_async"], ["stubs_sync"]):
                for item in node.body:
                    if isinstance(item, _FUNCTIONS):
                        offer.calls.add(item.name)
                        offer.parameters[item.name] = {
                            each.arg for each in (*item.args.args, *item.args.kwonlyargs)
                        }
                    if isinstance(item, _FUNCTIONS) and item.returns is not None:
                        _give(offer, item.name, ast.unparse(item.returns))
            elif isinstance(node, ast.AnnAssign) and part == ["methods"]:
                _give(offer, ast.unparse(node.target), ast.unparse(node.annotation))
            if isinstance(node, ast.ClassDef) and _is_enum(node):
                offer.enums[node.name] = _OF_ANY_ENUM | set(_defined(node))
    return offer


def _give(offer: Offer, name: str, kind: str) -> None:
    """Note that `name` gives what `kind`, the text of a type, speaks of."""
    for word in re.findall(r"\w+", kind):
        offer.sources.setdefault(word, set()).add(name)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OPTIONS = "FUNCTION_SPEC_OPTIONS"
_OF_ANY_ENUM = {*dir(enum.IntEnum), "name", "value", "is_known"}


def _names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
    yield from _defined(tree)


def _defined(owner: ast.Module | ast.ClassDef) -> Iterator[str]:
    """The names that a module or class defines itself."""
    for node in owner.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name))


def _error_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "ErrorSpec":
                yield from (str(each.value) for each in call.args[:1] if isinstance(each, ast.Constant))


def _tags(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        for keyword in node.keywords if isinstance(node, ast.ClassDef) else ():
            if keyword.arg == "tag" and isinstance(keyword.value, ast.Constant):
                yield str(keyword.value.value)


def _submission_options(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == _OPTIONS:
            for each in ast.walk(node.value) if node.value is not None else ():
                if isinstance(each, ast.Constant):
                    yield str(each.value)


def _is_enum(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base) in ("OpenIntEnum", "enum.Enum", "enum.IntEnum") for base in node.bases)


def _struct(node: ast.ClassDef, *, is_request: bool) -> Struct:
    attributes = {
        item.target.id: ast.unparse(item.annotation).removesuffix(" | None")
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }
    methods = frozenset(item.name for item in node.body if isinstance(item, _FUNCTIONS))
    return Struct(attributes, methods, is_request)
