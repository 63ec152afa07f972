"""How Python spells the types, defaults and documentation of the model."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Iterable
from typing import Any, cast

from colonyos_gen_codegen.model import (
    ErrorCase,
    Field,
    HazardOf,
    Limit,
    Message,
    Parameter,
    Reply,
    Scalar,
    Service,
    Struct,
    Type,
)
from colonyos_gen_codegen.model.lifetimes import Lasting
from colonyos_gen_codegen.model.lifetimes import lifetime as lifetime

_SCALARS = {
    Scalar.STRING: "str",
    Scalar.INTEGER: "int",
    Scalar.NUMBER: "float",
    Scalar.BOOLEAN: "bool",
    Scalar.TIME: "Time | None",
    Scalar.BYTES: "Bytes",
    Scalar.ANY: "Any",
}


def constant(name: str) -> str:
    """`addColony` or `add_colony` as `ADD_COLONY`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def error_constant(message: Message, error: ErrorCase) -> str:
    """What the constant for an error of a message is called in the module of its domain."""
    return f"{constant(message.methods[0].name)}_{error.name.upper()}"


def class_name(domain: str) -> str:
    """`process` as `Process`, `process_graph` as `ProcessGraph`."""
    return "".join(part.capitalize() for part in domain.split("_"))


def exception(code: str) -> str:
    """The exception of an error code: `not_found` as `NotFoundError`."""
    return f"{class_name(code)}Error"


def function(name: str) -> str:
    """`FunctionSpec` as `function_spec`."""
    return constant(name).lower()


def annotation(type_: Type) -> str:
    """The type of a struct field."""
    if type_.kind == "list":
        return f"Slice[{_inner(type_.item)}]"
    if type_.kind == "map":
        return f"GoMap[{_inner(type_.item)}]"
    spelled = type_.name if type_.kind in {"struct", "enum"} else _SCALARS[type_.scalar]
    return f"{spelled} | None" if type_.optional else spelled


def plain(type_: Type) -> str:
    """The type as callers see it, without the names that absorb null."""
    spelled = annotation(type_).replace("Slice[", "list[").replace("GoMap[", "dict[str, ")
    return re.sub(r"\bTime\b", "datetime", re.sub(r"\bBytes\b", "bytes", spelled))


def _inner(type_: Type | None) -> str:
    assert type_ is not None
    return annotation(type_)


def default(service: Service, field: Field) -> str | None:
    """The expression after the `=` of a struct field, or None when the field is required."""
    if field.wire != field.name:
        name = f'name="{field.wire}"'
        if field.required:
            return f"msgspec.field({name})"
        value = _value(service, field)
        if field.type.kind == "struct" and not field.type.optional:
            return f"msgspec.field({name}, default_factory={field.type.name})"
        return f"msgspec.field({name}, default={value})"
    if field.required:
        return None
    if field.type.kind == "struct" and not field.type.optional:
        return f"msgspec.field(default_factory={field.type.name})"
    return _value(service, field)


def _value(service: Service, field: Field) -> str:
    if field.type.kind == "enum":
        for member in service.enum(field.type.name).members:
            if member.value == field.default:
                return f"{field.type.name}.{member.name}"
        return f"{field.type.name}({field.default!r})"
    if field.type.scalar is Scalar.BYTES and field.type.kind == "scalar":
        return repr(base64.b64decode(field.default or "")).replace("b''", 'b""')
    return literal(field.default)


def literal(value: Any) -> str:
    """`value` as Python source, with double quotes."""
    if isinstance(value, str):
        quoted = repr(value)
        return quoted if '"' in value else '"' + quoted[1:-1] + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in cast("list[Any]", value)) + "]"
    return repr(value)


def constants(values: Iterable[Any]) -> str:
    """`values` as the source of a tuple."""
    written = [literal(value) for value in values]
    return f"({', '.join(written)}{',' if len(written) == 1 else ''})"


def never_in_a_cycle(service: Service, struct: Struct, above: frozenset[str] = frozenset()) -> bool:
    """Whether nothing that its fields may hold leads back to a `struct`, so that the garbage collector need not look at it.

    What may be any JSON value may be any object, the one that it is in included; and so may what a type holds of itself.
    """
    above |= {struct.name}
    for leaf in [leaf for field in struct.fields for leaf in field.type.walk()]:
        if leaf.kind == "scalar" and leaf.scalar is Scalar.ANY:
            return False
        if leaf.kind == "struct" and (
            leaf.name in above or not never_in_a_cycle(service, service.struct(leaf.name), above)
        ):
            return False
    return True


def absorbs(struct: Struct) -> list[tuple[str, str]]:
    """Statements that turn Go's nulls and zero times into Python's, as pairs of condition and assignment."""
    found: list[tuple[str, str]] = []
    for field in struct.fields:
        me = f"self.{field.name}"
        if field.type.optional and field.type.scalar is not Scalar.TIME:
            continue
        if field.type.kind in {"list", "map"}:
            found.append((f"{me} is None", f"{me} = {'[]' if field.type.kind == 'list' else '{}'}"))
            inside = _absorbed(field.type, me, "item")
            found += [(me, f"{me} = {inside}")] if inside else []
        elif field.type.kind == "scalar" and field.type.scalar is Scalar.BYTES:
            found.append((f"{me} is None", f'{me} = b""'))
        elif field.type.kind == "scalar" and field.type.scalar is Scalar.TIME:
            found.append((f"(time := {me}) is not None and time.year <= 1", f"{me} = None"))
    return found


def _absorbed(type_: Type, value: str, name: str) -> str | None:
    """An expression for the list or map `value` with the same done to what it holds; None when there is nothing to do."""
    item = type_.item
    if item is None or item.optional:
        return None
    within: str | None = None
    if item.kind in {"list", "map"}:
        empty = "[]" if item.kind == "list" else "{}"
        within = f"{empty} if {name} is None else {_absorbed(item, name, f'{name}_item') or name}"
    elif item.kind == "scalar" and item.scalar is Scalar.BYTES:
        within = f'b"" if {name} is None else {name}'
    elif item.kind == "scalar" and item.scalar is Scalar.TIME:
        within = f"None if {name} is not None and {name}.year <= 1 else {name}"
    if within is None:
        return None
    if type_.kind == "list":
        return f"[{within} for {name} in {value}]"
    return f"{{key: {within} for key, {name} in {value}.items()}}"


def doc(text: str, indent: int = 0, width: int = 110) -> str:
    """`text` as the inside of a docstring whose opening quotes stand at `indent`."""
    text = escaped(text)
    margin = " " * indent
    head, dot, rest = text.partition(". ")
    if dot and len(text) > width - indent - 6:
        body = textwrap.wrap(rest, width - indent, break_long_words=False, break_on_hyphens=False)
        first = textwrap.wrap(head + ".", width - indent - 3, break_long_words=False, break_on_hyphens=False)
        return f"\n{margin}".join(first) + f"\n\n{margin}" + f"\n{margin}".join(body) + f"\n{margin}"
    lines = textwrap.wrap(text, width - indent - 6, break_long_words=False, break_on_hyphens=False) or [""]
    end = f"\n{margin}" if len(lines) > 1 else " " if text.endswith('"') else ""
    return f"\n{margin}".join(lines) + end


def escaped(text: str) -> str:
    """`text` as it may stand anywhere inside a docstring but at its end."""
    return text.replace("\\", "\\\\").replace('"""', "'''")


def field_doc(field: Field) -> str:
    """The text under a struct field: what it means, its unit, its limit, and its standing."""
    parts = [field.description]
    if field.unit and field.unit != "count" and field.unit.lower() not in field.description.lower():
        parts.append(f"Unit: {field.unit}.")
    if field.type.limit is not None and not field.type.limit.rule.startswith("text "):
        parts.append(f"Must be {field.type.limit.rule}.")
    return " ".join([*parts, *lifetime(field)])


def with_lifetime(description: str, part: Lasting) -> str:
    """A description, and after it which server releases have what it describes."""
    return " ".join([description, *lifetime(part)])


def hazard(entry: HazardOf) -> str:
    """A hazard of a message in a docstring: what it does and with which contents, when, and what to do instead."""
    about = [entry.hazard.effect]
    if entry.refused:
        about.append(f"`{entry.field}` that would do so is refused before sending")
    elif entry.field is not None:
        values = " or ".join(literal(value) for value in entry.values)
        about.append(f"`{entry.field}` {values}" if values else f"any `{entry.field}`")
    if entry.confirm:
        about.append("sent with `hazardous=True` only")
    return f"{entry.hazard.name} ({', '.join(about)}): {entry.hazard.when} Instead: {entry.hazard.avoid}"


def reply_type(reply: Reply) -> str:
    """What a call returns."""
    return "None" if reply.type is None else plain(reply.type)


def parameter(service: Service, item: Parameter) -> str:
    """`name: type = default` of a method parameter."""
    type_ = item.type
    if type_.kind == "scalar" and type_.scalar is Scalar.BYTES:
        spelled = "bytes | str"
    elif type_.kind == "enum":
        spelled = "int"
    elif type_.kind == "list":
        spelled = f"Sequence[{plain(type_.item)}]" if type_.item else "Sequence[Any]"
    elif type_.kind == "map":
        spelled = f"Mapping[str, {plain(type_.item)}]" if type_.item else "Mapping[str, Any]"
    else:
        spelled = plain(type_)
    if item.field is None or item.field.required:
        return f"{item.name}: {spelled}"
    if type_.kind in {"list", "map", "struct"}:
        return f"{item.name}: {spelled} | None = None"
    return f"{item.name}: {spelled} = {_value(service, item.field)}"


def signature(service: Service, parameters: tuple[Parameter, ...]) -> tuple[list[str], list[str]]:
    """The positional and the keyword parameters as source. A default before a parameter without one is dropped."""
    positional = [parameter(service, item) for item in parameters if not item.keyword]
    required = max((index for index, text in enumerate(positional) if " = " not in text), default=-1)
    positional = [
        text.partition(" = ")[0] if index < required else text for index, text in enumerate(positional)
    ]
    return positional, [parameter(service, item) for item in parameters if item.keyword]


def argument(item: Parameter) -> str:
    """The expression that fills the request field from the parameter."""
    name, type_ = item.name, item.type
    assert item.field is not None
    if type_.kind == "enum":
        return f"{type_.name}({name})"
    if type_.kind == "scalar" and type_.scalar is Scalar.BYTES:
        return f"{name}.encode() if isinstance({name}, str) else {name}"
    if type_.kind in {"list", "map"}:
        empty, make = ("[]", "list") if type_.kind == "list" else ("{}", "dict")
        return f"{make}({name})" if item.field.required else f"{empty} if {name} is None else {make}({name})"
    if type_.kind == "struct" and not item.field.required:
        return f"{type_.name}() if {name} is None else {name}"
    return name


def shape(type_: Type) -> str:
    """The type as an expression of `shape`."""
    if type_.kind == "list":
        return f"ListOf({shape(type_.item)})" if type_.item else "ANY"
    if type_.kind == "map":
        return f"MapOf({shape(type_.item)})" if type_.item else "ANY"
    if type_.kind == "struct":
        return f"StructOf({type_.name}{', optional=True' if type_.optional else ''})"
    if type_.kind == "enum":
        return "INTEGER"
    return type_.scalar.name


def pattern(limit: Limit) -> str:
    """A JSON Schema pattern as a Python one: `$` must not match before a last newline."""
    assert limit.pattern is not None
    return limit.pattern[:-1] + r"\Z"


def regex(text: str) -> str:
    """A pattern as Python source: a raw string, unless it holds what a raw string cannot."""
    return literal(text) if '"' in text or not text.isprintable() else f'r"{text}"'


def definition_order(structs: tuple[Struct, ...]) -> list[Struct]:
    """`structs` with every struct after those that its defaults are made of."""
    by_name = {struct.name: struct for struct in structs}
    ordered: dict[str, Struct] = {}

    def add(struct: Struct, above: frozenset[str]) -> None:
        for field in struct.fields:
            inner = field.type
            if (
                inner.kind == "struct"
                and not inner.optional
                and inner.name in by_name
                and inner.name not in above
            ):
                add(by_name[inner.name], above | {struct.name})
        ordered.setdefault(struct.name, struct)

    for struct in structs:
        add(struct, frozenset())
    return list(ordered.values())
