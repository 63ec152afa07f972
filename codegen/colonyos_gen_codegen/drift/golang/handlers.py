"""What a handler takes and gives: the struct of its requests, and the type of its replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.constants import value_of
from colonyos_gen_codegen.drift.golang.inference import Scope
from colonyos_gen_codegen.drift.golang.program import Constant, Function, Package, Program
from colonyos_gen_codegen.drift.golang.registration import Registration
from colonyos_gen_codegen.drift.golang.structs import Reader, TypeRef
from colonyos_gen_codegen.drift.golang.syntax import arguments, below, called, children, text, unwrapped
from colonyos_gen_codegen.drift.golang.syntax import field as part
from colonyos_gen_codegen.drift.surface import Reply, Shape

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 4


class Handlers:
    """Reads handlers; structs that it meets are remembered by `reader`."""

    def __init__(self, program: Program, reader: Reader) -> None:
        self.program = program
        self.reader = reader

    def request(self, registration: Registration) -> str:
        """Id of the struct that the handler decodes; empty where it does not say."""
        scope = registration.scope
        for call in below(registration.body, "call_expression"):
            name = called(call)
            if name.endswith("FromJSON"):
                function = scope.function(call)
                shape = self._result(function) if function else None
                if shape and shape.struct and "msgtype" in self.reader.structs[shape.struct].keys:
                    return shape.struct
            elif name == "Unmarshal" and len(arguments(call)) == 2:
                shape = self._shape(scope, arguments(call)[1])
                if shape and shape.struct and "msgtype" in self.reader.structs[shape.struct].keys:
                    return shape.struct
        return ""

    def request_by_constant(self, constant: Constant) -> str:
        """Id of the struct that is made with this constant in its own package, where no handler says it."""
        package = constant.file.package
        makers = [
            function
            for function in package.functions.values()
            if function.file is constant.file and constant.name in text(part(function.node, "body"))
        ]
        for function in makers:
            shape = self._result(function)
            if shape and shape.struct:
                return shape.struct
        stem = constant.name.removesuffix("PayloadType")
        decl = package.types.get(f"{stem}Msg")
        return (
            self.reader.shape(TypeRef(decl_node, decl.file)).struct
            if decl and (decl_node := _named(decl.node))
            else ""
        )

    def reply(self, registration: Registration, request: str) -> Reply | None:
        """What the handler answers; None where it cannot be read, or where it answers now this and now that."""
        found: list[Reply] = []
        self._replies(registration.scope, registration.body, registration, request, found)
        told = {(reply.shape, reply.payloadtype, reply.echo) for reply in found}
        return found[0] if len(told) == 1 else None

    def checks(self, registration: Registration) -> tuple[str, ...]:
        """The checks of the signer that the handler makes: each with what it says last, if that is true or false."""
        found: dict[str, None] = {}
        for call in below(registration.body, "call_expression"):
            if called(call).startswith("Require"):
                last = text(arguments(call)[-1]) if arguments(call) else ""
                found[f"{called(call)} {last}" if last in ("true", "false") else called(call)] = None
        return tuple(found)

    def streams(self, registration: Registration) -> bool:
        """Whether it is told apart where connections stay open."""
        return any("websocket" in path for _, path in registration.scope.file.imports)

    def _replies(
        self,
        scope: Scope,
        body: Node,
        registration: Registration,
        request: str,
        found: list[Reply],
    ) -> None:
        for call in below(body, "call_expression"):
            name, given = called(call).lower(), arguments(call)
            place = scope.file.place(call)
            if name.startswith("sendempty") and "reply" in name:
                found.append(
                    Reply(None, self._payloadtype(scope, given[-1:], registration.msgtype), place=place)
                )
            elif (name.startswith("send") and name.endswith("reply")) or name == "createrpcreplymsg":
                if len(given) < 2:
                    continue
                payloadtype = self._payloadtype(scope, given[-2:-1], registration.msgtype)
                echo = self._is_parameter(scope, given[-1], call)
                shape = (
                    Shape("struct", struct=request)
                    if echo and request
                    else self._encoded(scope, given[-1], call)
                )
                found.append(Reply(shape or Shape("unreadable"), payloadtype, echo, place))

    def _payloadtype(self, scope: Scope, given: list[Node], usual: str) -> str:
        constant = self.program.constant(scope.file, given[0]) if given else None
        value = value_of(self.program, constant) if constant else None
        return value if isinstance(value, str) and value != usual else ""

    def _is_parameter(self, scope: Scope, node: Node, call: Node) -> bool:
        """Whether a parameter is sent back as it came."""
        if node.type != "identifier":
            return False
        known = scope.bound(text(node), call.start_byte)
        return known is not None and known.parameter

    def _encoded(self, scope: Scope, node: Node | None, call: Node, depth: int = 0) -> Shape | None:
        """The shape of what a text is the JSON of."""
        node = unwrapped(node)
        if node is None or depth > _DEEPEST:
            return None
        if node.type == "type_conversion_expression":
            return self._encoded(scope, part(node, "operand"), call, depth + 1)
        if node.type == "identifier":
            known = scope.bound(text(node), call.start_byte)
            return (
                self._encoded(scope, known.value, call, depth + 1)
                if known and known.value is not None
                else None
            )
        if node.type != "call_expression":
            return None
        name, given = called(node), arguments(node)
        if name == "string" and given:
            return self._encoded(scope, given[0], call, depth + 1)
        if name in ("Marshal", "MarshalIndent") and given:
            return self._shape(scope, given[0])
        function = unwrapped(part(node, "function"))
        if name.startswith("ToJSON") and not given and function is not None:
            return self._shape(scope, part(function, "operand"))
        if "JSON" in name and given:
            target = scope.function(node)
            shape = self._parameter(target) if target else None
            return shape or self._shape(scope, given[0])
        return None

    def _shape(self, scope: Scope, node: Node | None) -> Shape | None:
        ref = scope.type(node)
        shape = self.reader.shape(ref) if ref else None
        return (
            Shape(shape.kind, shape.item, shape.struct) if shape else None
        )  # the reply itself is never left out

    def _parameter(self, function: Function) -> Shape | None:
        first = next(iter(children(part(function.node, "parameters"))), None)
        kind = part(first, "type")
        return self.reader.shape(TypeRef(kind, function.file)) if kind is not None else None

    def _result(self, function: Function) -> Shape | None:
        result = part(function.node, "result")
        if result is not None and result.type == "parameter_list":
            result = part(next(iter(children(result)), None), "type")
        return self.reader.shape(TypeRef(result, function.file)) if result is not None else None


def _named(node: Node) -> Node | None:
    """The name in the declaration of the type that `node` is the body of."""
    return part(node.parent, "name") if node.parent is not None else None


def packages_of(program: Program, files: set[str]) -> list[Package]:
    """The packages that these files belong to."""
    return [
        package for package in program.packages.values() if any(file.path in files for file in package.files)
    ]
