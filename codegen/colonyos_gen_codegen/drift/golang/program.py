"""All packages of the sources: what each declares, and what a name means in which file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.syntax import children, line, parser, string, text
from colonyos_gen_codegen.drift.golang.syntax import field as part
from colonyos_gen_codegen.drift.golang.tree import Tree
from colonyos_gen_codegen.drift.surface import Place

if TYPE_CHECKING:
    from tree_sitter import Node

_VERSION = re.compile(r"v\d+")


@dataclass(eq=False)
class File:
    """One file, parsed."""

    path: str
    package: Package
    root: Node
    imports: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Pairs of the name given to a package (may be empty) and its path."""

    def place(self, node: Node) -> Place:
        """Where `node` stands."""
        return Place(self.path, line(node))


@dataclass(eq=False)
class Constant:
    """One constant; `value` is that of an earlier one of its group where it has none of its own."""

    name: str
    file: File
    node: Node
    value: Node | None
    type: Node | None
    iota: int
    group: int
    """The byte in the file at which its declaration starts."""


@dataclass(eq=False)
class TypeDecl:
    """One named type."""

    name: str
    file: File
    node: Node
    """The type that it stands for."""
    parameters: tuple[str, ...]
    alias: bool


@dataclass(eq=False)
class Function:
    """A function, or a method of `receiver`."""

    name: str
    file: File
    node: Node
    receiver: str = ""


@dataclass(eq=False)
class Variable:
    """A variable of a package."""

    name: str
    file: File
    type: Node | None
    value: Node | None


@dataclass(eq=False)
class Package:
    """What the files of one folder declare."""

    folder: str
    name: str
    files: list[File] = field(default_factory=list[File])
    types: dict[str, TypeDecl] = field(default_factory=dict[str, TypeDecl])
    constants: dict[str, Constant] = field(default_factory=dict[str, Constant])
    functions: dict[str, Function] = field(default_factory=dict[str, Function])
    methods: dict[tuple[str, str], Function] = field(default_factory=dict[tuple[str, str], Function])
    variables: dict[str, Variable] = field(default_factory=dict[str, Variable])


@dataclass(eq=False)
class Program:
    """All packages, by folder."""

    module: str = ""
    packages: dict[str, Package] = field(default_factory=dict[str, Package])
    notes: list[str] = field(default_factory=list[str])
    unread: dict[str, str] = field(default_factory=dict[str, str])
    """The text of each file that is no Go that can be read; empty where it could not be had."""

    @property
    def files(self) -> list[File]:
        """Every file, in the order of the paths."""
        return [file for _, package in sorted(self.packages.items()) for file in package.files]

    def imported(self, file: File, name: str) -> Package | str | None:
        """What `name` stands for as the name of a package in `file`: ours, or the path of somebody else's."""
        for given, path in file.imports:
            package = self._package(path)
            last = [part for part in path.split("/") if not _VERSION.fullmatch(part)][-1:]
            own = package.name if package else (last[0] if last else path)
            if (given or own) == name:
                return package or path
        return None

    def _package(self, path: str) -> Package | None:
        if self.module and path.startswith(f"{self.module}/"):
            return self.packages.get(path[len(self.module) + 1 :])
        if self.module:
            return self.packages.get("") if path == self.module else None
        ends = [folder for folder in self.packages if folder and f"/{path}".endswith(f"/{folder}")]
        return self.packages[max(ends, key=len)] if ends else None

    def type(self, package: Package, name: str) -> TypeDecl | None:
        """The type called `name` in `package`."""
        return package.types.get(name)

    def constant(self, file: File, node: Node | None) -> Constant | None:
        """The constant that an identifier, or a selector of a package, names."""
        if node is None:
            return None
        if node.type == "identifier":
            return file.package.constants.get(text(node))
        if node.type == "selector_expression":
            package = self.imported(file, text(part(node, "operand")))
            return package.constants.get(text(part(node, "field"))) if isinstance(package, Package) else None
        return None


def load(tree: Tree) -> Program:
    """Parse every file. One that is no Go is named in the notes and passed over."""
    program = Program(notes=list(tree.notes), unread=dict.fromkeys(tree.lacking, ""))
    program.module = _module(tree)
    parse = parser()
    for path, source in sorted(tree.files.items()):
        if not path.endswith(".go"):
            continue
        root = parse.parse(source + b"\n").root_node  # or its last declaration counts as broken off
        clause = next(iter(children(root, "package_clause")), None)
        if root.has_error or clause is None:
            where = f"{path}:{_broken(root)}" if root.has_error else path
            program.notes.append(f"{where} passed over: it is not Go that can be read")
            program.unread[path] = source.decode("utf-8", "replace")
            continue
        folder = PurePosixPath(path).parent.as_posix()
        folder = "" if folder == "." else folder
        name = text(clause.named_children[0])
        package = program.packages.setdefault(folder, Package(folder, name))
        if name != package.name and not package.files:
            package.name = name
        file = File(path, package, root)
        package.files.append(file)
        _declare(file)
    return program


def _module(tree: Tree) -> str:
    for raw in tree.files.get("go.mod", b"").decode("utf-8", "replace").splitlines():
        words = raw.split()
        if words[:1] == ["module"] and len(words) > 1:
            return words[1].strip('"')
    return ""


def _broken(root: Node) -> int:
    """The line of the first mistake."""
    node = root
    while True:
        inner = next(
            (child for child in node.children if child.has_error or child.is_error or child.is_missing), None
        )
        if inner is None:
            return line(node)
        node = inner


def _declare(file: File) -> None:
    for node in children(file.root):
        match node.type:
            case "import_declaration":
                for spec in _specs(node, "import_spec"):
                    file.imports.append((text(part(spec, "name")), string(part(spec, "path")) or ""))
            case "const_declaration":
                _constants(file, node)
            case "type_declaration":
                for spec in children(node, "type_spec", "type_alias"):
                    _type(file, spec)
            case "var_declaration":
                for spec in _specs(node, "var_spec"):
                    _variables(file, spec)
            case "function_declaration":
                name = text(part(node, "name"))
                file.package.functions[name] = Function(name, file, node)
            case "method_declaration":
                name = text(part(node, "name"))
                receiver = receiver_of(node)
                file.package.methods[receiver, name] = Function(name, file, node, receiver)
            case _:
                pass


def _specs(node: Node, kind: str) -> list[Node]:
    """The specs of a declaration, inside parentheses or not."""
    inner = [child for group in children(node, f"{kind}_list") for child in children(group, kind)]
    return [*children(node, kind), *inner]


def _constants(file: File, declaration: Node) -> None:
    values: list[Node] = []
    kind: Node | None = None
    for iota, spec in enumerate(children(declaration, "const_spec")):
        given = part(spec, "value")
        if given is not None:
            values = children(given)
            kind = part(spec, "type")
        names = [name for name in spec.children_by_field_name("name") if name.is_named]  # without the commas
        for index, name in enumerate(names):
            if text(name) == "_":
                continue
            value = values[index] if index < len(values) else None
            constant = Constant(text(name), file, name, value, kind, iota, declaration.start_byte)
            file.package.constants[constant.name] = constant


def _type(file: File, spec: Node) -> None:
    node = part(spec, "type")
    if node is None:
        return
    parameters = tuple(
        text(name)
        for declaration in children(part(spec, "type_parameters"))
        for name in declaration.children_by_field_name("name")
        if name.is_named
    )
    name = text(part(spec, "name"))
    file.package.types[name] = TypeDecl(name, file, node, parameters, spec.type == "type_alias")


def _variables(file: File, spec: Node) -> None:
    values = children(part(spec, "value"))
    for index, name in enumerate(spec.children_by_field_name("name")):
        if name.is_named:
            value = values[index] if index < len(values) else None
            file.package.variables[text(name)] = Variable(text(name), file, part(spec, "type"), value)


def receiver_of(method: Node) -> str:
    """Name of the type that a method belongs to."""
    declaration = next(iter(children(part(method, "receiver"))), None)
    node = part(declaration, "type")
    while node is not None and node.type in ("pointer_type", "parenthesized_type", "generic_type"):
        node = part(node, "type") if node.type == "generic_type" else node.named_children[0]
    return text(node)
