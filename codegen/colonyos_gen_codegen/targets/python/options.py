"""How Python spells the options of a struct: the keyword parameters of the methods that make one."""

from __future__ import annotations

from dataclasses import replace

from colonyos_gen_codegen.model import Field, Option, Scalar, Service, Struct
from colonyos_gen_codegen.targets.python import spelling

SUBMITTED = "FunctionSpec"
"""The struct whose options are those of a submission."""

_QUANTITIES = {
    "cores": "A number counts cores, a text ends in `m` for thousandths: 2, 0.5, `500m`. Rounded up to thousandths.",
    "bytes": (
        "A number counts bytes, and is 0 or at least 2^20; a text has a unit: `512Mi`, `4Gi`, `1.5GB`. What the "
        "server would not take as it stands is sent in whole Mi, rounded up."
    ),
}
"""How amounts are given."""


def submitted(service: Service) -> Struct | None:
    """The struct that is submitted, where the protocol has it and it has options."""
    found = {struct.name: struct for struct in service.structs}
    struct = found.get(SUBMITTED)
    return struct if struct is not None and struct.options and "WorkflowSpec" in found else None


def with_default(option: Option, many: str) -> str:
    """The keyword parameter with what it is when nothing is said; a text is None then, and so is what is no plain value.

    All of them may be None, for who passes on what may not be given. `many` is what takes the place of a list.
    """
    field = option.field
    spelled = "float | str" if option.quantity else _type(field, many)
    if "None" not in spelled:
        spelled = f"{spelled} | None"
    if field.type.kind == "list":
        return f"{option.name}: {spelled} = ()"
    plain = field.type.kind == "enum" or (
        field.type.kind == "scalar" and field.type.scalar in {Scalar.INTEGER, Scalar.NUMBER, Scalar.BOOLEAN}
    )
    default = spelling.literal(field.default) if plain and not field.type.optional else "None"
    return f"{option.name}: {spelled} = {default}"


def doc(option: Option) -> str:
    """What help says about an option."""
    parts = [spelling.field_doc(option.field)]
    if option.quantity:
        parts.append(_QUANTITIES[option.quantity])
    bounds = [
        f"{word} {bound}"
        for word, bound in (("least", option.minimum), ("most", option.maximum))
        if bound is not None
    ]
    if bounds:
        parts.append(f"At {', at '.join(bounds)}.")
    return " ".join(parts)


def written(option: Option) -> str:
    """The option as an expression of `shape`."""
    parts = [spelling.constants(option.path), spelling.shape(option.field.type)]
    facts = {"quantity": option.quantity, "minimum": option.minimum, "maximum": option.maximum}
    parts += [f"{name}={spelling.literal(value)}" for name, value in facts.items() if value is not None]
    if option.also:
        parts.append(f"also={spelling.constants(option.also)}")
    return f"Option({', '.join(parts)})"


def telling(struct: Struct) -> str:
    """The options whose default is a number other than 0, for a sentence."""
    return ", ".join(
        f"`{'.'.join(each.path)}` {each.field.default}" for each in struct.options if _counts(each.field)
    )


def zero_in_file(struct: Struct) -> list[Field]:
    """The options that a file has to give, since what it leaves out is 0, and not what it is elsewhere."""
    unset = {field.wire for field in (() if struct.file is None else struct.file.unset_zero)}
    return [
        replace(each.field, wire=each.wire)
        for each in struct.options
        if _counts(each.field) and each.wire not in unset
    ]


def _counts(field: Field) -> bool:
    numbers = {Scalar.INTEGER, Scalar.NUMBER}
    return field.type.kind == "scalar" and field.type.scalar in numbers and bool(field.default)


def _type(field: Field, many: str) -> str:
    type_ = field.type
    item = "Any" if type_.item is None else spelling.plain(type_.item)
    if type_.kind == "list":
        return f"{many}[{item}]"
    if type_.kind == "map":
        return f"Mapping[str, {item}] | None"
    return "int" if type_.kind == "enum" else spelling.plain(type_)
