"""Rules about names that generated code needs for itself, and about names that end up in one place."""

from __future__ import annotations

from collections.abc import Iterator

from colonyos_gen_codegen.rules.names import constants, fold, public_name
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, fields_of
from colonyos_gen_codegen.targets.python import reserved

_ANNOTATIONS = {
    "Any",
    "Bytes",
    "GoMap",
    "Slice",
    "bool",
    "bytes",
    "datetime",
    "dict",
    "float",
    "int",
    "list",
    "str",
}
"""What the types of fields are spelled with in Python: a field of that name would hide it from the fields below."""
_CONSTRUCTORS = {"x-new": "new", "x-file": "from_file"}
"""Class methods of structs, by the keyword that asks for them."""
_FIELDS = _ANNOTATIONS | {"msgspec"}
_TYPES = _ANNOTATIONS | {
    "AsyncCaller", "AsyncIterator", "AsyncStubs", "Callable", "Caller", "ErrorCode", "ErrorSpec", "Idempotency",
    "Key", "Leaf", "LimitError", "ListOf", "MapOf", "Mapping", "Method", "OpenIntEnum", "PathLike", "Property",
    "Protocol", "RPCError", "Role", "Sequence", "Shape", "StructOf", "Stubs", "Via", "WireStruct",
}  # fmt: skip
_PARAMETERS = {"dict", "hazardous", "isinstance", "list", "prvkey", "rpc_timeout", "str"}
_MEMBERS = {"colour", "is_final", "is_known", "mro"}
_METHODS = {"call"} | reserved.CLIENT
_HAZARDS = {"hazards"}
_DOMAINS = {"shared"}
_OTHER_EXCEPTIONS = {
    fold(name): name
    for name in sorted(
        reserved.PACKAGE | reserved.EXCEPTIONS | reserved.BUILT_IN | {"RPCError", "LimitError"}
    )
}
"""Names that an exception made from a code could meet, by what is left of them without their case."""
_CONSTANTS = {"DEFAULT_PORT", "ERROR_PAYLOADTYPE", "PROTOCOL_VERSION", "SERVER_VERSION"}


@rule("NAME_IS_FREE", "No public name is one that generated or hand-written code needs for itself.")
def name_is_free(outline: Outline) -> Problems:
    types = {item.name for item in [*outline.types, *outline.messages]}
    exceptions = {f"{fold(code)}error" for code in outline.manifest.data["codes"]}
    for item in [*outline.types, *outline.messages]:
        if item.name in _TYPES or fold(item.name) in exceptions:
            yield item.at(), f"generated code has a '{item.name}' of its own; choose another name"
        elif item.name in reserved.PACKAGE | _constants(outline):
            yield item.at(), f"the package has a '{item.name}' of its own; choose another name"
        elif item.name in reserved.BUILT_IN:
            yield item.at(), f"Python has a '{item.name}' of its own; choose another name"
    for code in outline.manifest.data["codes"]:
        if f"{fold(code)}error" in _OTHER_EXCEPTIONS:
            position = outline.manifest.at("codes", code)
            other = _OTHER_EXCEPTIONS[f"{fold(code)}error"]
            yield position, f"its exception would be called as the {other} that there is; choose another name"
    for owner in [*outline.structs, *outline.messages]:
        taken = {
            *_FIELDS,
            *types,
            *(method for keyword, method in _CONSTRUCTORS.items() if keyword in owner.data),
        }
        for field in fields_of(owner):
            if "contentEncoding" in outline.resolved(field).data:
                name = public_name(field)[1]
                taken |= {f"{name}_bytes", f"{name}_as_string"}
        for field in fields_of(owner):
            position, name = public_name(field)
            if name in taken:
                yield (
                    position,
                    f"'{name}' of {owner.name} would hide what generated code calls so; give it an x-name",
                )
    for name, hazard in outline.hazards.items():
        if name in _HAZARDS:
            yield hazard.at(), f"generated code has a '{name}' of its own; choose another name"
    for document in outline.schema.group("rpc"):
        if document.data["domain"] in _DOMAINS:
            message = f"generated code has a '{document.data['domain']}' of its own; choose another name"
            yield document.position(("domain",)), message
    for position, name, taken in _other_names(outline):
        if name in taken:
            yield position, f"generated code has a '{name}' of its own; choose another name"


@rule(
    "CONSTANT_UNIQUE",
    "No two members of enums or constants of the manifest have the same name, since they all become constants.",
)
def constant_unique(outline: Outline) -> Problems:
    seen: dict[str, str] = {fold(name): "generated code" for name in _CONSTANTS}
    for enum in outline.enums:
        for index, name in enumerate(enum.data["x-enum-names"]):
            other = seen.setdefault(fold(name), enum.name)
            if other != enum.name:
                yield enum.at("x-enum-names", index), f"'{name}' of {enum.name} exists already, in {other}"
    for position, name in constants(outline):
        if fold(name) in seen:
            yield position, f"'{name}' exists already, in {seen[fold(name)]}"
        seen[fold(name)] = "the manifest"


def names_of_fields() -> set[str]:
    """The names that no field or parameter can have, whatever its struct."""
    return _FIELDS | _PARAMETERS | set(_CONSTRUCTORS.values())


def names_of_types() -> set[str]:
    """The names that no type or message can have."""
    return _TYPES | reserved.PACKAGE | reserved.BUILT_IN


def _constants(outline: Outline) -> set[str]:
    """The names of all constants."""
    members = {name for enum in outline.enums for name in enum.data["x-enum-names"]}
    return members | {name for _, name in constants(outline)}


def _other_names(outline: Outline) -> Iterator[tuple[Position, str, set[str]]]:
    for enum in outline.enums:
        for index, name in enumerate(enum.data["x-enum-names"]):
            yield enum.at("x-enum-names", index), name, _MEMBERS
    types = {item.name for item in [*outline.types, *outline.messages]}
    for message in outline.messages:
        public = {field.name: public_name(field)[1] for field in fields_of(message)}
        for method in message.parts("x-methods"):
            yield method.at("name"), method.data["name"], _METHODS
            for key in ("parameters", "keywords"):
                for index, entry in enumerate(method.data.get(key, [])):
                    name = public.get(entry, entry) if isinstance(entry, str) else entry["name"]
                    yield method.at(key, index), name, _PARAMETERS | types
