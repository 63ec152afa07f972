"""How Python spells the options of a struct: the keyword parameters of the methods that make one."""

from __future__ import annotations

from codegen.model import Field, Scalar, Service, Struct
from codegen.targets.python import spelling

SUBMITTED = "FunctionSpec"
"""The struct whose options are those of a submission."""


def submitted(service: Service) -> Struct | None:
    """The struct that is submitted, where the protocol has it and it has options."""
    found = {struct.name: struct for struct in service.structs}
    struct = found.get(SUBMITTED)
    return struct if struct is not None and struct.options and "WorkflowSpec" in found else None


def with_default(field: Field, many: str) -> str:
    """The keyword parameter with what it is when nothing is said; a text is None then, and so is what is no plain value.

    All of them may be None, for who passes on what may not be given. `many` is what takes the place of a list.
    """
    spelled = _type(field, many)
    if "None" not in spelled:
        spelled = f"{spelled} | None"
    if field.type.kind == "list":
        return f"{field.name}: {spelled} = ()"
    plain = field.type.kind == "enum" or (
        field.type.kind == "scalar" and field.type.scalar in {Scalar.INTEGER, Scalar.NUMBER, Scalar.BOOLEAN}
    )
    default = spelling.literal(field.default) if plain and not field.type.optional else "None"
    return f"{field.name}: {spelled} = {default}"


def telling(struct: Struct) -> str:
    """The options whose default is a number other than 0, for a sentence."""
    return ", ".join(f"`{field.name}` {field.default}" for field in struct.options if _counts(field))


def zero_in_file(struct: Struct) -> list[Field]:
    """The options that a file has to give, since what it leaves out is 0, and not what it is elsewhere."""
    unset = () if struct.file is None else struct.file.unset_zero
    return [field for field in struct.options if _counts(field) and field not in unset]


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
