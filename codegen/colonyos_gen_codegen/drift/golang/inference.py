"""The types of expressions, as far as declarations tell them without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.program import File, Function, Package, Program
from colonyos_gen_codegen.drift.golang.structs import TypeRef, bare, declared
from colonyos_gen_codegen.drift.golang.syntax import arguments, below, called, children, text, unwrapped
from colonyos_gen_codegen.drift.golang.syntax import field as part

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 25


@dataclass(frozen=True)
class Binding:
    """A local name from `start` on: of a known type, or of the value at `index` of what an expression gives."""

    name: str
    start: int
    type: TypeRef | None = None
    value: Node | None = None
    index: int = 0
    element: bool = False
    """Whether it is the element of the value, as in a loop."""
    parameter: bool = False


class Scope:
    """What names mean in one function."""

    def __init__(self, program: Program, file: File, node: Node) -> None:
        self.program = program
        self.file = file
        self.node = node

    @cached_property
    def bindings(self) -> list[Binding]:
        """Parameters and local names, in the order of the source."""
        found: list[Binding] = []
        for role in ("receiver", "parameters"):
            for declaration in children(part(self.node, role)):
                kind = part(declaration, "type")
                for name in declaration.children_by_field_name("name"):
                    if kind is not None and name.is_named:
                        ref = TypeRef(kind, self.file)
                        found.append(Binding(text(name), name.start_byte, ref, parameter=True))
        for node in below(
            self.node, "short_var_declaration", "assignment_statement", "var_spec", "range_clause"
        ):
            found.extend(self._bound(node))
        return found

    def _bound(self, node: Node) -> list[Binding]:
        if node.type == "var_spec":
            names = [name for name in node.children_by_field_name("name") if name.is_named]
            kind = part(node, "type")
            if kind is not None:
                return [Binding(text(name), node.end_byte, TypeRef(kind, self.file)) for name in names]
            values = children(part(node, "value"))
        elif node.type == "range_clause":
            names = children(part(node, "left"))
            value = part(node, "right")
            return [
                Binding(text(name), node.end_byte, value=value, index=index, element=True)
                for index, name in enumerate(names)
                if index == 1
            ]
        else:
            names, values = children(part(node, "left")), children(part(node, "right"))
        spread = len(values) == 1 and len(names) > 1
        return [
            Binding(
                text(name), node.end_byte, value=values[0 if spread else index], index=index if spread else 0
            )
            for index, name in enumerate(names)
            if name.type == "identifier" and (spread or index < len(values))
        ]

    def bound(self, name: str, before: int) -> Binding | None:
        """The last binding of `name` before a byte of the source."""
        known = [entry for entry in self.bindings if entry.name == name and entry.start <= before]
        return max(known, key=lambda entry: entry.start) if known else None

    def type(self, node: Node | None, index: int = 0, depth: int = 0) -> TypeRef | None:
        """The type of an expression; of a call, that of its result at `index`."""
        node = unwrapped(node)
        if node is None or depth > _DEEPEST:
            return None
        match node.type:
            case "identifier":
                return self._identifier(node, depth)
            case "selector_expression":
                return self._selected(node, depth)
            case "call_expression":
                return self._result(node, index, depth)
            case "composite_literal":
                kind = part(node, "type")
                return TypeRef(kind, self.file) if kind is not None else None
            case "unary_expression":
                return self.type(part(node, "operand"), 0, depth + 1)  # `&x` and `*x` are the same to us
            case "index_expression":
                return self._element(self.type(part(node, "operand"), 0, depth + 1))
            case "slice_expression":
                return self.type(part(node, "operand"), 0, depth + 1)
            case "type_assertion_expression" | "type_conversion_expression":
                kind = part(node, "type")
                return TypeRef(kind, self.file) if kind is not None else None
            case _:
                return None

    def _identifier(self, node: Node, depth: int) -> TypeRef | None:
        name = text(node)
        known = self.bound(name, node.start_byte)
        while known and known.type is None:
            found = self.type(known.value, known.index, depth + 1)
            if found is not None:
                return self._element(found) if known.element else found
            start = known.start - 1
            known = self.bound(name, start)  # an earlier one may tell
        if known:
            return known.type
        variable = self.file.package.variables.get(name)
        if variable is None:
            return None
        if variable.type is not None:
            return TypeRef(variable.type, variable.file)
        return Scope(self.program, variable.file, variable.file.root).type(variable.value, 0, depth + 1)

    def _selected(self, node: Node, depth: int) -> TypeRef | None:
        operand, name = part(node, "operand"), text(part(node, "field"))
        package = self._package(operand)
        if package is not None:
            variable = package.variables.get(name) if isinstance(package, Package) else None
            return TypeRef(variable.type, variable.file) if variable and variable.type is not None else None
        owner = self.type(operand, 0, depth + 1)
        return self._field(owner, name) if owner else None

    def _package(self, node: Node | None) -> Package | str | None:
        """The package that an identifier names, unless a local name hides it."""
        if node is None or node.type != "identifier" or self.bound(text(node), node.start_byte):
            return None
        return self.program.imported(self.file, text(node))

    def _field(self, owner: TypeRef, name: str, depth: int = 0) -> TypeRef | None:
        target = self.underlying(owner)
        if target is None or target.node.type != "struct_type" or depth > _DEEPEST:
            return None
        embedded: list[TypeRef] = []
        for entry in children(children(target.node, "field_declaration_list")[0], "field_declaration"):
            kind = part(entry, "type")
            names = [text(given) for given in entry.children_by_field_name("name") if given.is_named]
            if kind is None:
                continue
            ref = TypeRef(kind, target.file, target.bound)
            if name in names or (not names and text(kind).lstrip("*").rpartition(".")[2] == name):
                return ref
            if not names:
                embedded.append(ref)
        return next((found for ref in embedded if (found := self._field(ref, name, depth + 1))), None)

    def underlying(self, ref: TypeRef) -> TypeRef | None:
        """The type that a named one stands for, down to a struct, an interface or the like."""
        for _ in range(_DEEPEST):
            ref = bare(ref)
            found = declared(self.program, ref)
            if found is None:
                return ref
            ref = found[1]
        return None

    def _element(self, ref: TypeRef | None) -> TypeRef | None:
        target = self.underlying(ref) if ref else None
        if target is None:
            return None
        inner = part(target.node, "value" if target.node.type == "map_type" else "element")
        return TypeRef(inner, target.file, target.bound) if inner is not None else None

    def _result(self, call: Node, index: int, depth: int) -> TypeRef | None:
        function = unwrapped(part(call, "function"))
        if function is None:
            return None
        if function.type == "identifier" and text(function) in ("append", "new", "make"):
            given = arguments(call)
            if not given:
                return None
            return (
                self.type(given[0], 0, depth + 1)
                if text(function) == "append"
                else TypeRef(given[0], self.file)
            )
        found = self.function(call, depth)
        return self._given(found, index) if found else None

    def function(self, call: Node, depth: int = 0) -> Function | None:
        """The function or method that is called; of an interface, the one that it asks for."""
        target = unwrapped(part(call, "function"))
        if target is None:
            return None
        if target.type == "identifier":
            return self.file.package.functions.get(text(target))
        if target.type != "selector_expression":
            return None
        operand, name = part(target, "operand"), called(call)
        package = self._package(operand)
        if package is not None:
            return package.functions.get(name) if isinstance(package, Package) else None
        owner = self.type(operand, 0, depth + 1)
        return self.method(owner, name) if owner else None

    def method(self, owner: TypeRef, name: str, depth: int = 0) -> Function | None:
        """The method called `name` of a type, its own or that of an embedded one."""
        found = declared(self.program, owner)
        if found:
            decl = found[0]
            own = decl.file.package.methods.get((decl.name, name))
            if own:
                return own
        target = self.underlying(owner)
        if target is None or depth > _DEEPEST:
            return None
        if target.node.type == "interface_type":
            return self._asked(target, name, depth)
        if target.node.type == "struct_type":
            for entry in children(children(target.node, "field_declaration_list")[0], "field_declaration"):
                kind = part(entry, "type")
                if kind is not None and part(entry, "name") is None:
                    lent = self.method(TypeRef(kind, target.file, target.bound), name, depth + 1)
                    if lent:
                        return lent
        return None

    def _asked(self, interface: TypeRef, name: str, depth: int) -> Function | None:
        for entry in children(interface.node):
            if entry.type in ("method_elem", "method_spec"):
                if text(part(entry, "name")) == name:
                    return Function(name, interface.file, entry)
            elif entry.type in ("type_elem", "constraint_elem", "type_identifier", "qualified_type"):
                inner = unwrapped(entry)
                lent = (
                    self.method(TypeRef(inner, interface.file), name, depth + 1)
                    if inner is not None
                    else None
                )
                if lent:
                    return lent
        return None

    def _given(self, function: Function, index: int) -> TypeRef | None:
        result = part(function.node, "result")
        if result is None:
            return None
        if result.type != "parameter_list":
            return TypeRef(result, function.file) if index == 0 else None
        kinds: list[Node] = []
        for declaration in children(result):
            kind = part(declaration, "type")
            names = [name for name in declaration.children_by_field_name("name") if name.is_named]
            kinds.extend([kind] * max(1, len(names)) if kind is not None else [])
        return TypeRef(kinds[index], function.file) if index < len(kinds) else None
