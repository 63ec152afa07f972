"""How TypeScript spells the names, types and documentation of the model."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from colonyos_gen_codegen.model import Field, HazardOf, Scalar, Type

WIDTH = 120

_WORDS = {
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete",
    "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements",
    "import", "in", "instanceof", "interface", "let", "new", "null", "package", "private", "protected", "public",
    "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void",
    "while", "with", "yield",
}  # fmt: skip
"""What no variable may be called in a module."""
_PARAMETERS = _WORDS | {"options", "rt"}
PACKAGE_TYPES = {
    "AnyMethod", "AnyStruct", "Answer", "Caller", "CallOptions", "CallTimeoutError", "Calls", "Client",
    "ClientOptions", "ColoniesError", "Confirmed", "Connection", "ConnectionFailedError", "Drift", "ErrorCase",
    "ErrorCode", "FetchTransport", "HazardousRequestError", "Instant", "InvalidKeyError", "InvalidReplyError",
    "InvalidRequestError", "InvalidSignatureError", "JsonError", "JsonObject", "JsonValue", "KeyName", "Keys",
    "Message", "Method", "MissingKeyError", "Notes", "OpenEnum", "PrivateKey", "RefusedError", "Role", "Signer",
    "Struct", "Transport",
}  # fmt: skip
"""What the package exports besides what is in the schema."""
_TYPES = (
    _WORDS
    | PACKAGE_TYPES
    | {
    "any", "Array", "AsyncGenerator", "bigint", "boolean", "never", "number", "object", "Pick", "Promise",
    "Readonly", "Record", "rt", "string", "symbol", "Uint8Array", "unknown",
    }
)  # fmt: skip
"""What no type may be called, because the generated modules or the package mean something else by it."""
_METHODS = {"constructor", "send", "watch", "prototype"}
_CALL_OPTIONS = {"signal", "key", "timeoutMs", "hazardous"}
_SCALARS = {
    Scalar.STRING: "string",
    Scalar.INTEGER: "number",
    Scalar.NUMBER: "number",
    Scalar.BOOLEAN: "boolean",
    Scalar.TIME: "rt.Instant",
    Scalar.BYTES: "Uint8Array",
    Scalar.ANY: "rt.JsonValue",
}
_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]*)";\n', re.MULTILINE)
_SAID = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
"""Comments and texts, in which names mean nothing."""
_is_identifier = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*").fullmatch


def camel(name: str) -> str:
    """`add_colony` as `addColony`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def pascal(name: str) -> str:
    """`process_graph` as `ProcessGraph`."""
    spelled = camel(name)
    return spelled[:1].upper() + spelled[1:]


def constant(name: str) -> str:
    """`addColony` or `add_colony` as `ADD_COLONY`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def method(name: str) -> str:
    """The name of a call."""
    spelled = camel(name)
    return f"{spelled}_" if spelled in _METHODS else spelled


def parameter(name: str) -> str:
    """The name of a parameter."""
    spelled = camel(name)
    return f"{spelled}_" if spelled in _PARAMETERS else spelled


def option(name: str) -> str:
    """The name of what is given by name."""
    spelled = camel(name)
    return f"{spelled}_" if spelled in _CALL_OPTIONS else spelled


def type_name(name: str) -> str:
    """The name of a type, and of the object that reads and writes it."""
    return f"{name}_" if name in _TYPES else name


def init_name(name: str) -> str:
    """The name of what may be written in the place of a type."""
    return f"{name}Init"


def key(name: str) -> str:
    """The name of a property."""
    if name == "__proto__":  # which in an object would be its prototype
        return '["__proto__"]'
    return name if _is_identifier(name) else literal(name)


def access(name: str) -> str:
    """What reads a property, behind the object."""
    return f".{name}" if _is_identifier(name) else f"[{literal(name)}]"


def literal(value: Any) -> str:
    """A JSON value as source; integers that a number does not hold as bigints."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return f"{value}n"
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        entries: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return (
            f"{{ {', '.join(f'{key(name)}: {literal(item)}' for name, item in entries.items())} }}"
            if entries
            else "{}"
        )
    # Line separators are fine in texts since ES2019.
    return json.dumps(value, ensure_ascii=False)


def texts(values: Iterable[str]) -> str:
    """A list of texts as source."""
    return f"[{', '.join(literal(value) for value in values)}]"


def union(values: Iterable[str]) -> str:
    """The type that is one of some texts."""
    return " | ".join(literal(value) for value in values) or "never"


def read_type(type_: Type) -> str:
    """The type of a value that was read."""
    return _type(type_, init=False)


def init_type(type_: Type) -> str:
    """The type of a value that may be written."""
    return _type(type_, init=True)


def _type(type_: Type, *, init: bool) -> str:
    if type_.kind == "list":
        assert type_.item is not None
        inner = _element(type_.item, init=init)
        return f"readonly {inner}[]" if init else f"{inner}[]"
    if type_.kind == "map":
        assert type_.item is not None
        inner = _element(type_.item, init=init, wrap=False)
        return f"Readonly<Record<string, {inner}>>" if init else f"Record<string, {inner}>"
    if type_.kind == "enum":
        return type_name(type_.name)
    if type_.kind == "struct":
        return init_name(type_.name) if init else type_name(type_.name)
    return "bigint" if type_.int64 else _SCALARS[type_.scalar]


def _element(item: Type, *, init: bool, wrap: bool = True) -> str:
    spelled = _type(item, init=init)
    if absent(item):
        spelled = f"{spelled} | undefined"
    return f"({spelled})" if wrap and " " in spelled else spelled


def absent(type_: Type) -> bool:
    """Whether a value may be undefined: a time that is not set, or an object that is not there."""
    return type_.optional or (type_.kind == "scalar" and type_.scalar is Scalar.TIME)


def read_property(field: Field) -> str:
    """A property of what was read: only what may be not there is optional."""
    return f"{key(field.wire)}{'?' if absent(field.type) else ''}: {read_type(field.type)}"


def init_property(field: Field) -> str:
    """A property of what may be written: what has a default may be left out."""
    if field.required and not absent(field.type):
        return f"{key(field.wire)}: {init_type(field.type)}"
    return f"{key(field.wire)}?: {init_type(field.type)} | undefined"


def import_of(names: Sequence[str], module: str) -> str:
    """The statement that imports `names`."""
    line = f'import {{ {", ".join(names)} }} from "{module}";'
    if len(line) <= WIDTH:
        return line
    return "import {\n" + "".join(f"  {name},\n" for name in names) + f'}} from "{module}";'


def without_unused(text: str) -> str:
    """A module without the names that it imports and does not use."""
    imports = list(_IMPORT.finditer(text))
    rest = _SAID.sub("", _IMPORT.sub("", text))
    for match in imports:
        names = [name.strip() for name in match[1].split(",") if name.strip()]
        used = [
            name
            for name in names
            if re.search(rf"(?<![\w$]){re.escape(name.removeprefix('type '))}(?![\w$])", rest)
        ]
        statement = f"{import_of(used, match[2])}\n" if used else ""
        text = text.replace(match[0], statement)
    return text


def comment(*paragraphs: str, indent: int = 0) -> str:
    """A doc comment, whose opening stands at `indent`; every line but the first has that margin."""
    parts = [escaped(part) for part in paragraphs if part]
    margin = " " * indent
    if len(parts) == 1 and len(parts[0]) <= WIDTH - indent - 7:
        return f"/** {parts[0]} */"
    lines: list[str] = []
    for index, part in enumerate(parts):
        hanging = "  " if part.startswith("@") else ""
        follows = part.startswith("@") and index > 0 and parts[index - 1].startswith("@")
        if index and not follows:
            lines.append("")
        lines += textwrap.wrap(
            part,
            WIDTH - indent - 3,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
    body = "\n".join(f"{margin} * {line}".rstrip() for line in lines)
    return f"/**\n{body}\n{margin} */"


def escaped(text: str) -> str:
    """`text` as it may stand in a doc comment: it does not end it, and starts no tag."""
    plain = " ".join(text.split()).replace("*/", "*\\/")
    return re.sub(r"(?<!^)@(?=\w)", "\\@", plain)


def field_doc(field: Field) -> str:
    """What a field means, its unit, its limit, and its standing."""
    parts = [field.description]
    if field.unit and field.unit != "count" and field.unit.lower() not in field.description.lower():
        parts.append(f"Unit: {field.unit}.")
    if field.type.limit is not None and not field.type.limit.rule.startswith("text "):
        parts.append(f"Must be {field.type.limit.rule}.")
    if field.since:
        parts.append(f"Since {field.since}.")
    return " ".join(parts)


def deprecation(field: Field) -> str:
    """The tag of a field that should not be used any more; empty for others."""
    return "@deprecated" if field.deprecated else ""


def hazard(entry: HazardOf) -> str:
    """A hazard of a message: what it does and with which contents, when, and what to do instead."""
    about = [entry.hazard.effect]
    if entry.refused:
        about.append(f"`{entry.wire}` that would do so is refused before sending")
    elif entry.wire is not None:
        values = " or ".join(literal(value) for value in entry.values)
        about.append(f"`{entry.wire}` {values}" if values else f"any `{entry.wire}`")
    if entry.confirm:
        about.append("sent with `hazardous: true` only")
    return (
        f"Hazard {entry.hazard.name} ({', '.join(about)}): {entry.hazard.when} Instead: {entry.hazard.avoid}"
    )
