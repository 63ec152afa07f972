"""The values of constants, and the groups that are enums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.program import Constant, Package, Program
from colonyos_gen_codegen.drift.golang.syntax import arguments, field, string, text, unwrapped
from colonyos_gen_codegen.drift.surface import Enumeration, Member

if TYPE_CHECKING:
    from tree_sitter import Node

Value = int | float | str
_DEEPEST = 20
_BUILT_IN = {
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "byte",
    "rune",
    "string",
}


def value_of(program: Program, constant: Constant, depth: int = 0) -> Value | None:
    """Its value, or None where it cannot be worked out."""
    if depth > _DEEPEST:
        return None
    return _value(program, constant, unwrapped(constant.value), depth)


def _value(program: Program, at: Constant, node: Node | None, depth: int) -> Value | None:
    if node is None:
        return None
    match node.type:
        case "interpreted_string_literal" | "raw_string_literal":
            return string(node)
        case "int_literal":
            return _integer(text(node))
        case "float_literal":
            return _float(text(node))
        case "iota":
            return at.iota
        case "unary_expression":
            inner = _value(program, at, unwrapped(field(node, "operand")), depth)
            return _negated(text(field(node, "operator")), inner)
        case "binary_expression":
            left = _value(program, at, unwrapped(field(node, "left")), depth)
            right = _value(program, at, unwrapped(field(node, "right")), depth)
            return _joined(text(field(node, "operator")), left, right)
        case "call_expression" | "type_conversion_expression":  # of a type, which leaves the value as it is
            inner_nodes = arguments(node) if node.type == "call_expression" else [field(node, "operand")]
            return _value(program, at, unwrapped(inner_nodes[0]), depth) if len(inner_nodes) == 1 else None
        case "identifier" | "selector_expression":
            if text(node) == "iota":
                return at.iota
            named = program.constant(at.file, node)
            return value_of(program, named, depth + 1) if named else None
        case _:
            return None


def _integer(source: str) -> int | None:
    digits = source.replace("_", "")
    try:
        return int(digits, 8) if digits.isdigit() and digits[:1] == "0" else int(digits, 0)
    except ValueError:
        return None


def _float(source: str) -> float | None:
    try:
        return float(source.replace("_", ""))
    except ValueError:
        return None


def _negated(operator: str, value: Value | None) -> Value | None:
    if value is None or isinstance(value, str):
        return None
    if operator == "^":
        return ~value if isinstance(value, int) else None
    return {"-": -value, "+": value}.get(operator)


def _joined(operator: str, left: Value | None, right: Value | None) -> Value | None:
    if isinstance(left, str) and isinstance(right, str):
        return left + right if operator == "+" else None
    if isinstance(left, int) and isinstance(right, int):
        match operator:
            case "<<":
                return left << right if 0 <= right < 64 else None
            case ">>":
                return left >> right if 0 <= right < 64 else None
            case "|":
                return left | right
            case "&":
                return left & right
            case "/":
                return left // right if right else None
            case _:
                pass
    if isinstance(left, int | float) and isinstance(right, int | float):
        return {"+": left + right, "-": left - right, "*": left * right}.get(operator)
    return None


def enums_of(
    program: Program, packages: list[Package], files: set[str], types: set[tuple[str, str]]
) -> list[Enumeration]:
    """The enums that go with what is on the wire.

    These are the constants of a type in `types` (pairs of folder and name), and groups of two or more in one of the
    `files` that declare what is on the wire: a plain number in a struct does not say of which group its values are.
    """
    groups: dict[tuple[str, str, int | str], list[Constant]] = {}
    for package in packages:
        before: dict[tuple[str, int], str] = {}
        for constant in package.constants.values():
            declaration = (constant.file.path, constant.group)
            named = text(constant.type) or before.get(declaration, "")  # often only the first has a type
            typed = before[declaration] = named if named not in _BUILT_IN and named in package.types else ""
            if typed and ((package.folder, typed) in types or constant.file.path in files):
                groups.setdefault((package.folder, typed, typed), []).append(constant)
            elif not typed and constant.file.path in files:
                groups.setdefault((constant.file.path, "", constant.group), []).append(constant)
    found: list[Enumeration] = []
    for (_, name, _), constants in groups.items():
        members = [(constant, value_of(program, constant)) for constant in constants]
        held = tuple(
            Member(constant.name, value, constant.file.place(constant.node))
            for constant, value in members
            if isinstance(value, int | str)
        )
        if len(held) > 1 and len({type(member.value) for member in held}) == 1:
            found.append(Enumeration(name, held, held[0].place))
    return found
