"""Which messages the server answers: by what is registered, or told apart in its dispatching functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.constants import value_of
from colonyos_gen_codegen.drift.golang.inference import Scope
from colonyos_gen_codegen.drift.golang.program import Constant, File, Function, Program
from colonyos_gen_codegen.drift.golang.structs import Reader, TypeRef, declared
from colonyos_gen_codegen.drift.golang.syntax import (
    arguments,
    below,
    called,
    children,
    string,
    text,
    unwrapped,
)
from colonyos_gen_codegen.drift.golang.syntax import field as part
from colonyos_gen_codegen.drift.surface import Place

if TYPE_CHECKING:
    from tree_sitter import Node

_MARK = "PayloadType"
"""How the constants and fields that hold types of messages are called, in all versions."""


@dataclass(frozen=True)
class Registration:
    """One message, and what answers it: a function, or a part of one."""

    msgtype: str
    constant: Constant | None
    place: Place
    scope: Scope
    body: Node


def constants(program: Program) -> dict[str, Constant]:
    """The constants that are types of messages, by value. A constant alone is no message."""
    found: dict[str, Constant] = {}
    for package in program.packages.values():
        for constant in package.constants.values():
            value = value_of(program, constant) if constant.name.endswith(_MARK) else None
            if isinstance(value, str) and value:
                found.setdefault(value, constant)
    return found


def registrations(program: Program) -> dict[str, list[Registration]]:
    """What the server answers, by type of message; more than one where it has several transports."""
    finder = _Finder(program)
    found: dict[str, list[Registration]] = {}
    for file in program.files:
        name = PurePosixPath(file.path).name
        if "mock" in name or name.startswith("test_") or name.endswith("_testutils.go"):
            continue
        for registration in finder.of(file):
            found.setdefault(registration.msgtype, []).append(registration)
    return found


class _Finder:
    """Looks through the files."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.calls = _calls(program)

    def of(self, file: File) -> Iterator[Registration]:
        """What the functions of one file register or tell apart."""
        source = file.root.text or b""
        if b"Register" not in source and _MARK.encode() not in source:
            return
        for node in children(file.root):
            if node.type in ("function_declaration", "method_declaration"):
                scope = Scope(self.program, file, node)
                registered = [*self._registered(scope, node), *self._listed(scope, node)]
                if registered and self._is_called(file, node):
                    yield from registered
                yield from self._told_apart(scope, node)
            elif node.type == "var_declaration":
                yield from self._listed(Scope(self.program, file, node), node)

    def _constant(self, file: File, node: Node | None) -> tuple[str, Constant | None] | None:
        """The type of message that an expression is."""
        node = unwrapped(node)
        literal = string(node)
        if literal is not None:
            return literal, None
        constant = self.program.constant(file, node)
        value = value_of(self.program, constant) if constant else None
        return (value, constant) if isinstance(value, str) else None

    def _registered(self, scope: Scope, node: Node) -> Iterator[Registration]:
        """`registry.Register(rpc.XPayloadType, h.HandleX)`, and its like with other names and more arguments."""
        for call in below(node, "call_expression"):
            given = arguments(call)
            if called(call).lower().startswith(("register", "handle", "add")) and len(given) > 1:
                for index, first in enumerate(given[:-1]):  # the registry itself may come first
                    yield from self._pair(scope, call, first, given[index + 1 :])

    def _listed(self, scope: Scope, node: Node) -> Iterator[Registration]:
        """The same as a map or a list: `rpc.XPayloadType: h.HandleX`, or `{rpc.XPayloadType, h.HandleX}`."""
        for entry in below(node, "keyed_element", "literal_value"):
            inner = [item for child in children(entry) if (item := unwrapped(child)) is not None]
            inner = [part(item, "value") or item if item.type == "keyed_element" else item for item in inner]
            if len(inner) > 1 and all(item.type != "literal_element" for item in inner):
                yield from self._pair(scope, entry, inner[0], inner[1:])

    def _pair(self, scope: Scope, at: Node, first: Node, rest: list[Node]) -> Iterator[Registration]:
        known = self._constant(scope.file, first)
        if known is None or not (known[0].endswith("msg") or (known[1] and known[1].name.endswith(_MARK))):
            return
        for node in rest:
            handler = self._handler(scope, unwrapped(node))
            if handler is not None:
                inner, body = handler
                yield Registration(known[0], known[1], scope.file.place(at), inner, body)
                return

    def _handler(self, scope: Scope, node: Node | None) -> tuple[Scope, Node] | None:
        """The function that an expression names, or is."""
        if node is None:
            return None
        if node.type == "func_literal":
            return scope, node
        function: Function | None = None
        if node.type == "identifier":
            function = scope.file.package.functions.get(text(node))
        elif node.type == "selector_expression":
            owner = scope.type(part(node, "operand"))
            function = scope.method(owner, text(part(node, "field"))) if owner else None
        elif node.type == "call_expression":  # wrapped: `logged(h.HandleX)`
            inner = (self._handler(scope, unwrapped(given)) for given in arguments(node))
            return next((found for found in inner if found), None)
        body = part(function.node, "body") if function else None
        return (
            (Scope(self.program, function.file, function.node), body)
            if function and body is not None
            else None
        )

    def _told_apart(self, scope: Scope, node: Node) -> Iterator[Registration]:
        """`switch msg.PayloadType { case rpc.XPayloadType: ... }` and `if msg.PayloadType == rpc.XPayloadType { ... }`."""
        for switch in below(node, "expression_switch_statement"):
            value = unwrapped(part(switch, "value"))
            passed = value is not None and value.type == "identifier" and text(value).lower() == _MARK.lower()
            if passed or self._is_request(scope, value):
                for case in children(switch, "expression_case"):
                    for value in children(part(case, "value")):
                        yield from self._branch(scope, value, case)
        for condition in below(node, "if_statement"):
            for test in below(part(condition, "condition") or condition, "binary_expression"):
                if text(part(test, "operator")) != "==":
                    continue
                sides = [part(test, "left"), part(test, "right")]
                for one, other in (sides, sides[::-1]):
                    body = part(condition, "consequence")
                    if self._is_request(scope, one) and other is not None and body is not None:
                        yield from self._branch(scope, other, body)

    def _is_request(self, scope: Scope, node: Node | None) -> bool:
        """Whether it is the type of message of a request, rather than that of a reply."""
        node = unwrapped(node)
        if node is None or node.type != "selector_expression" or text(part(node, "field")) != _MARK:
            return False
        owner = scope.type(part(node, "operand"))
        if owner is None:
            return "reply" not in text(node).lower()
        reader = Reader(self.program)
        struct = reader.structs.get(reader.shape(owner).inner())
        return struct is not None and "signature" in struct.keys

    def _branch(self, scope: Scope, value: Node, body: Node) -> Iterator[Registration]:
        known = self._constant(scope.file, value)
        if known is None or not known[0]:
            return
        inner, target = scope, body
        for call in below(body, "call_expression"):
            if "handle" in called(call).lower() and "error" not in called(call).lower():
                function = scope.function(call)
                found = part(function.node, "body") if function else None
                if function and found is not None:
                    inner, target = Scope(self.program, function.file, function.node), found
                    break
        yield Registration(known[0], known[1], scope.file.place(value), inner, target)

    def _is_called(self, file: File, node: Node) -> bool:
        """Whether anything calls the function that registers: what is registered by nobody is not there.

        In a part of a server nothing may call anything that registers; then all of it counts.
        """
        name = text(part(node, "name"))
        calls = self.calls.get(name, [])
        if node.type == "function_declaration" or not calls:
            return True
        own = Scope(self.program, file, node).bindings[:1]
        mine = declared(self.program, own[0].type) if own and own[0].type else None
        for scope, call in calls:
            function = unwrapped(part(call, "function"))
            owner: TypeRef | None = scope.type(part(function, "operand"))
            theirs = declared(self.program, owner) if owner else None
            if (
                theirs is None
                or mine is None
                or theirs[0] is mine[0]
                or theirs[0].node.type == "interface_type"
            ):
                return True
        return False


def _calls(program: Program) -> dict[str, list[tuple[Scope, Node]]]:
    """The calls of methods that register, by name."""
    found: dict[str, list[tuple[Scope, Node]]] = {}
    for file in program.files:
        if b"Register" not in (file.root.text or b""):
            continue
        for node in children(file.root, "function_declaration", "method_declaration"):
            scope = Scope(program, file, node)
            for call in below(node, "call_expression"):
                function = unwrapped(part(call, "function"))
                if (
                    called(call).lower().startswith("register")
                    and function
                    and function.type == "selector_expression"
                ):
                    found.setdefault(called(call), []).append((scope, call))
    return found
