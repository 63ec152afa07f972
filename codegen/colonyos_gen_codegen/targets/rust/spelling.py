"""How Rust spells names, types, texts and defaults of the model."""

from __future__ import annotations

import base64
import json
import re

from colonyos_gen_codegen.model import Field, Message, Scalar, Struct, Type

_KEYWORDS = frozenset(
    [
        "abstract",
        "as",
        "async",
        "await",
        "become",
        "box",
        "break",
        "const",
        "continue",
        "do",
        "dyn",
        "else",
        "enum",
        "extern",
        "false",
        "final",
        "fn",
        "for",
        "gen",
        "if",
        "impl",
        "in",
        "let",
        "loop",
        "macro",
        "match",
        "mod",
        "move",
        "mut",
        "override",
        "priv",
        "pub",
        "ref",
        "return",
        "static",
        "struct",
        "trait",
        "true",
        "try",
        "type",
        "typeof",
        "unsafe",
        "unsized",
        "use",
        "virtual",
        "where",
        "while",
        "yield",
    ]
)
_NEVER_RAW = frozenset({"self", "super", "crate", "_"})
_SCALARS = {
    Scalar.STRING: "std::string::String",
    Scalar.INTEGER: "i64",
    Scalar.NUMBER: "f64",
    Scalar.BOOLEAN: "bool",
    Scalar.TIME: "std::option::Option<crate::value::Time>",
    Scalar.BYTES: "crate::value::Bytes",
    Scalar.ANY: "serde_json::Value",
}


def snake(name: str) -> str:
    """A name of a field, method or module, not one of the language's own words."""
    plain = re.sub(r"\W", "_", name).lower()
    if plain in _NEVER_RAW or plain[:1].isdigit():
        return plain + "_" if plain in _NEVER_RAW else "_" + plain
    return f"r#{plain}" if plain in _KEYWORDS else plain


def upper(name: str) -> str:
    """A name of a constant."""
    return re.sub(r"\W", "_", name).upper()


def variant(name: str) -> str:
    """A name of a value of an enum; the one for values without a name is ours."""
    spelled = "".join(part.capitalize() for part in re.split(r"[_\W]+", name) if part)
    return spelled + "_" if spelled in {"Unknown", "Self"} else spelled


def text(value: str) -> str:
    """A literal for a text."""
    out = "".join(c if c.isprintable() and c not in '"\\' else f"\\u{{{ord(c):x}}}" for c in value)
    return f'"{out}"'


def some(value: str | None) -> str:
    """A literal for a text that there may not be."""
    return "std::option::Option::None" if value is None else f"std::option::Option::Some({text(value)})"


def type_of(type_: Type) -> str:
    """A type, as it is written in a field."""
    if type_.kind == "list":
        assert type_.item is not None
        spelled = f"std::vec::Vec<{type_of(type_.item)}>"
    elif type_.kind == "map":
        assert type_.item is not None
        spelled = f"std::collections::BTreeMap<std::string::String, {type_of(type_.item)}>"
    elif type_.name:
        spelled = f"super::{type_.name}"
    else:
        spelled = _SCALARS[type_.scalar]
    if not type_.optional or spelled == _SCALARS[Scalar.TIME]:
        return spelled
    # A struct may hold itself, as a schema of properties does.
    return f"std::option::Option<{f'std::boxed::Box<{spelled}>' if type_.kind == 'struct' else spelled}>"


def attributes(field: Field) -> str:
    """What serde is told of a field."""
    said = [f"rename = {text(field.wire)}"]
    time = field.type.kind == "scalar" and field.type.scalar is Scalar.TIME
    if time:
        said += [
            "default",
            'deserialize_with = "crate::value::time"',
            'skip_serializing_if = "Option::is_none"',
        ]
    elif field.type.optional:
        said += ["default", 'skip_serializing_if = "Option::is_none"']
    else:
        if not field.required:
            said.append(f'default = "default_{function(field)}"' if has_default(field) else "default")
        if field.go_null:
            said.append('deserialize_with = "crate::value::null_is_empty"')
    return ", ".join(said)


def function(field: Field) -> str:
    """The end of the name of the function that gives the default of a field."""
    return re.sub(r"\W", "_", field.wire).lower()


def has_default(field: Field) -> bool:
    """Whether the default is another than the zero of its type."""
    return (
        not field.required and not field.type.optional and field.default not in (None, "", 0, False, [], {})
    )


def defaults(struct: Struct) -> list[Field]:
    """The fields whose default is another than zero."""
    return [field for field in struct.fields if has_default(field)]


def default(field: Field) -> str:
    """The default, as an expression."""
    if not has_default(field):
        return "std::default::Default::default()"
    type_, value = field.type, field.default
    if type_.kind == "enum":
        return f"super::{type_.name}::from({value})"
    if type_.kind != "scalar" or type_.scalar is Scalar.ANY:
        return f"serde_json::from_str({text(json.dumps(value))}).unwrap_or_default()"
    if type_.scalar is Scalar.BYTES:
        return f"crate::value::Bytes(std::vec!{list(base64.b64decode(value))})"
    if type_.scalar is Scalar.TIME:
        return f"std::option::Option::Some(crate::value::Time(std::string::String::from({text(value)})))"
    if type_.scalar is Scalar.STRING:
        return f"std::string::String::from({text(value)})"
    return repr(float(value)) if type_.scalar is Scalar.NUMBER else str(value).lower()


def described(field: Field) -> str:
    """The description of a field, with the releases that have it."""
    said = [field.description]
    if field.since:
        said.append(f"Since {field.since}.")
    if field.until:
        said.append(f"Until {field.until}.")
    if field.deprecated:
        said.append(f"Deprecated: {(field.replaced or 'avoid it').rstrip('.')}.")
    return " ".join(said)


def reply(message: Message) -> str:
    """What a call returns."""
    return "crate::value::Nothing" if message.reply.type is None else type_of(message.reply.type)
