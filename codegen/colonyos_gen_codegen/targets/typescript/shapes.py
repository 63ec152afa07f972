"""Writes what the runtime reads, writes and checks values by."""

from __future__ import annotations

from colonyos_gen_codegen.model import Field, Limit, Scalar, Service, Struct, Type
from colonyos_gen_codegen.targets.typescript.spelling import key, literal, texts, type_name

_KINDS = {
    Scalar.STRING: "text",
    Scalar.INTEGER: "integer",
    Scalar.NUMBER: "number",
    Scalar.BOOLEAN: "boolean",
    Scalar.TIME: "time",
    Scalar.BYTES: "bytes",
    Scalar.ANY: "any",
}


class Shapes:
    """Writes the shapes of types as source."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def shape(self, type_: Type) -> str:
        """A type as an object of the runtime's `Shape`."""
        parts: list[str] = []
        if type_.kind == "list":
            assert type_.item is not None
            parts = ['kind: "list"', f"item: {self.shape(type_.item)}"]
        elif type_.kind == "map":
            assert type_.item is not None
            parts = ['kind: "map"', f"item: {self.shape(type_.item)}"]
            if type_.key is not None and type_.key.limit is not None:
                parts.append(f"key: {limit(type_.key.limit)}")
        elif type_.kind in ("struct", "enum"):
            parts = [f'kind: "{type_.kind}"', f"of: {type_name(type_.name)}"]
            if type_.kind == "struct" and type_.optional:
                parts.append("optional: true")
        else:
            parts = [f'kind: "{"int64" if type_.int64 else _KINDS[type_.scalar]}"']
        if type_.limit is not None and type_.kind in ("scalar", "enum"):
            parts.append(f"limit: {limit(type_.limit)}")
        return f"{{ {', '.join(parts)} }}"

    def field(self, field: Field) -> str:
        """A field as an object of the runtime's `Field`."""
        parts = [f"wire: {literal(field.wire)}", f"shape: {self.shape(field.type)}"]
        if field.required:
            parts.append("required: true")
        elif field.default is not None:
            parts.append(f"default: {literal(field.default)}")
        if field.go_null:
            parts.append("goNull: true")
        if field.secret:
            parts.append("secret: true")
        if field.refine:
            wires = {inner.name: inner.wire for inner in self._service.struct(field.type.name).fields}
            entries = ", ".join(f"{key(wires[name])}: {limit(rule)}" for name, rule in field.refine)
            parts.append(f"refine: {{ {entries} }}")
        if field.json is not None:
            parts.append(f"json: {type_name(field.json.name)}")
        if field.among:
            entries = ", ".join(f"[{texts(path.split('.'))}, {literal(wire)}]" for path, wire in field.among)
            parts.append(f"among: [{entries}]")
        return f"{{ {', '.join(parts)} }}"

    @staticmethod
    def types(struct: Struct) -> list[Type]:
        """The types that a struct names."""
        return [type_ for field in struct.fields for type_ in (field.type, field.json) if type_ is not None]


def limit(rule: Limit) -> str:
    """A limit as an object of the runtime's `Limit`."""
    parts = [f"rule: {literal(rule.rule)}"]
    if rule.pattern is not None:
        parts.append(f'pattern: new RegExp({literal(rule.pattern)}, "u")')
    if rule.minimum is not None:
        parts.append(f"minimum: {literal(rule.minimum)}")
    if rule.maximum is not None:
        parts.append(f"maximum: {literal(rule.maximum)}")
    if rule.excluded:
        parts.append(f"excluded: {literal(list(rule.excluded))}")
    if rule.max_bytes is not None:
        parts.append(f"maxBytes: {literal(rule.max_bytes)}")
    return f"{{ {', '.join(parts)} }}"
