"""The bundled document: definitions of everything that travels, and the messages that they make up."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.model import (
    Enumeration,
    ErrorCase,
    Field,
    HazardOf,
    Message,
    Option,
    Service,
    Struct,
)
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.jsonschema.values import JsonSchema, field_schema, limited, reply_schema

SENT = "ToSend"
"""Suffix of the definition of a type with the limits for sending, if it may also be received."""


def bundle(service: Service) -> JsonSchema:
    """The whole document, in the order of the schema files."""
    defined = definitions(service)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": BANNER,
        "title": f"{service.name} protocol {service.protocol}",
        "description": service.description,
        "x-keywords": own_keywords(defined),
        "x-server-version": service.server_version,
        "x-roles": {role.name: role.description for role in service.roles},
        "x-idempotency": service.idempotency,
        "x-codes": service.codes,
        "x-limits": {
            limit.name: {"value": limit.value, "unit": limit.unit, "description": limit.description}
            for limit in service.limits
        },
        "x-texts": {
            text.name: {"value": text.value, "description": text.description} for text in service.texts
        },
        "x-tables": {
            table.name: {"values": table.values, "unit": table.unit, "description": table.description}
            for table in service.tables
        },
        "x-effects": service.effects,
        "x-hazards": hazards(service),
        "x-envelope-errors": [error_entry(error) for error in service.envelope_errors],
        "x-messages": {message.msgtype: _message(message) for message in service.messages},
        "$defs": defined,
    }


def own_keywords(defined: dict[str, JsonSchema]) -> list[str]:
    """The keywords of the definitions that JSON Schema does not know, for validators that want to be told (ajv)."""
    found: set[str] = set()
    pending: list[JsonSchema] = list(defined.values())
    while pending:
        schema = pending.pop()
        found.update(key for key in schema if key.startswith("x-"))
        pending += schema.get("properties", {}).values()
        pending += schema.get("anyOf", [])
        pending += (schema[key] for key in _INSIDE if isinstance(schema.get(key), dict))
    return sorted(found)


_INSIDE = ("items", "additionalProperties", "propertyNames")


def definitions(service: Service) -> dict[str, JsonSchema]:
    """The schema of every type, enum and request, by name."""
    return _Definitions(service).all()


def hazards(service: Service) -> dict[str, Any]:
    """The catalog of hazards as plain data, each with the messages that take part."""
    return {
        hazard.name: {
            "effect": hazard.effect,
            "when": hazard.when,
            "what": hazard.what,
            "seen": hazard.seen,
            "versions": hazard.versions,
            "avoid": hazard.avoid,
            **({"limit": hazard.limit.name} if hazard.limit else {}),
            "messages": list(dict.fromkeys(message.msgtype for message, _ in service.takers(hazard))),
        }
        for hazard in service.hazards
    }


def hazard_entry(entry: HazardOf, field: str | None) -> dict[str, Any]:
    """What a message has to do with a hazard, as plain data; `field` is how its field is called."""
    facts: dict[str, Any] = {
        "name": entry.hazard.name,
        "field": field,
        "values": list(entry.values) or None,
        "refused": list(entry.refused) or None,
        "confirm": entry.confirm or None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def error_entry(error: ErrorCase) -> dict[str, Any]:
    """An error case as plain data."""
    return {
        "name": error.name,
        "code": error.code,
        "status": error.status,
        "text": error.text,
        "when": error.when,
    } | ({"malformed": True} if error.malformed else {})


class _Definitions:
    """Writes two definitions for a type that goes both ways and has limits: `X` without them, `XToSend` with them.

    A reply may break a limit, because the server stores what older or careless clients send. So replies refer to `X` and
    requests to `XToSend`. A type that only goes one way needs one definition. Where limits hold in one field only, the
    type has one more for it. All are written out, as tools of other languages lose what stands beside a `$ref`.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._limited = self._find_limited()

    def all(self) -> dict[str, JsonSchema]:
        found: dict[str, JsonSchema] = {}
        for domain in self._service.domains:
            found.update({enum.name: _enumeration(enum) for enum in domain.enums})
            for struct in domain.structs:
                found[struct.name] = self._struct(struct, sent=struct.direction == "request")
                if self._sent_name(struct.name) != struct.name:
                    found[struct.name]["$comment"] = (
                        f"x-rule binds the sender only: replies may break it. {struct.name}{SENT} enforces it."
                    )
                    found[struct.name + SENT] = self._limited_struct(struct)
            for message in domain.messages:
                found[message.struct.name] = self._request(message)
        for struct in (*self._service.structs, *(message.struct for message in self._service.messages)):
            found.update(self._refined(struct, found))
        return found

    def _find_limited(self) -> set[str]:
        """Names of the two-way structs that are sent, with a limit on a field or on a field of a struct inside them."""
        sent = self._find_sent()
        candidates = [s for s in self._service.structs if s.direction == "both" and s.name in sent]
        limited: set[str] = set()
        while True:
            more = {s.name for s in candidates if any(self._is_limited(field, limited) for field in s.fields)}
            if more == limited:
                return limited
            limited = more

    def _find_sent(self) -> set[str]:
        """Names of the structs that stand inside some request."""
        sent: set[str] = set()
        pending = [m.struct for m in self._service.messages]
        pending += [s for s in self._service.structs if s.direction == "request"]
        while pending:
            for part in (part for field in pending.pop().fields for part in field.type.walk()):
                if part.kind == "struct" and part.name not in sent:
                    sent.add(part.name)
                    pending.append(self._service.struct(part.name))
        return sent

    def _is_limited(self, field: Field, limited: set[str]) -> bool:
        return bool(field.refine) or any(part.limit or part.name in limited for part in field.type.walk())

    def _sent_name(self, name: str) -> str:
        return name + SENT if name in self._limited else name

    def _struct(self, struct: Struct, *, sent: bool) -> JsonSchema:
        if sent:
            properties = {field.wire: self._sent(struct, field) for field in struct.fields}
        else:
            properties = {field.wire: self._received(field) for field in struct.fields}
        if struct.msgtype is not None:
            properties["msgtype"] = {"type": "string", "const": struct.msgtype}
        schema: JsonSchema = {"description": struct.description, "type": "object", "properties": properties}
        required = [field.wire for field in struct.fields if field.required]
        if required:
            schema["required"] = required
        if struct.deprecated:
            schema["deprecated"] = True
        schema["x-domain"] = struct.domain
        schema["x-direction"] = struct.direction
        if struct.constructor:
            schema["x-new"] = [{"name": a.name, "field": ".".join(a.path)} for a in struct.constructor]
        if struct.options:
            schema["x-options"] = [_option(option) for option in struct.options]
        if struct.file is not None:
            form: JsonSchema = {}
            if struct.file.fill:
                form["fill"] = [{"name": a.name, "field": ".".join(a.path)} for a in struct.file.fill]
            if struct.file.list is not None:
                form["list"] = struct.file.list.wire
            if struct.file.unset_zero:
                form["unset-zero"] = [field.wire for field in struct.file.unset_zero]
            schema["x-file"] = form
        return schema

    def _received(self, field: Field) -> JsonSchema:
        schema = field_schema(field)
        rules = list(dict.fromkeys(part.limit.rule for part in field.type.walk() if part.limit is not None))
        if rules:
            schema["x-rule"] = rules[0]
        return schema

    def _sent(self, struct: Struct, field: Field) -> JsonSchema:
        if not field.refine:
            return field_schema(field, self._sent_name, sent=True)
        return field_schema(field, lambda _: _refined_name(struct, field), sent=True)

    def _limited_struct(self, struct: Struct) -> JsonSchema:
        schema = self._struct(struct, sent=True)
        return {
            "description": f"{struct.name}, with the limits on values that are sent.",
            "type": schema["type"],
            "properties": schema["properties"],
            **{key: schema[key] for key in ("required", "deprecated") if key in schema},
            "x-domain": struct.domain,
            "x-direction": "request",
            "x-of": struct.name,
        }

    def _refined(self, struct: Struct, found: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
        """Definitions of the types of which some fields have narrower limits inside of `struct`."""
        refined: dict[str, JsonSchema] = {}
        for field in struct.fields if struct.direction != "reply" else ():
            if not field.refine:
                continue
            (name,) = (part.name for part in field.type.walk() if part.kind == "struct")
            base = found[self._sent_name(name)]
            wires = {inner.name: inner.wire for inner in self._service.struct(name).fields}
            narrower = {wires.get(inner, inner): limit for inner, limit in field.refine}
            refined[_refined_name(struct, field)] = base | {
                "description": f"{name}, with the limits on values that are sent as `{field.wire}` of {struct.name}.",
                "properties": {
                    wire: limited(schema, narrower[wire]) if wire in narrower else schema
                    for wire, schema in base["properties"].items()
                },
                "x-direction": "request",
                "x-of": name,
            }
        return refined

    def _request(self, message: Message) -> JsonSchema:
        schema = self._struct(message.struct, sent=True)
        schema["required"] = ["msgtype", *schema.get("required", [])]
        return schema


def _refined_name(struct: Struct, field: Field) -> str:
    return struct.name + "".join(part.capitalize() for part in field.name.split("_")) + SENT


def _enumeration(enum: Enumeration) -> JsonSchema:
    """An open enum: any integer, since a newer server may have more values; those with a name are told beside it."""
    schema: JsonSchema = {
        "description": enum.description,
        "type": "integer",
        "x-enum-names": [member.name for member in enum.members],
        "x-enum-values": [member.value for member in enum.members],
        "x-enum-descriptions": [member.description for member in enum.members],
        "x-domain": enum.domain,
    }
    if enum.final:
        schema["x-enum-final"] = list(enum.final)
    if enum.coloured:
        schema["x-enum-colours"] = [member.colour for member in enum.members]
    return schema


def _option(option: Option) -> JsonSchema:
    facts = {
        "name": option.name,
        "field": option.wire,
        "description": option.field.description,
        "quantity": option.quantity,
        "minimum": option.minimum,
        "maximum": option.maximum,
        "also": list(option.also) or None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _message(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {"domain": message.domain, "request": {"$ref": f"#/$defs/{message.struct.name}"}}
    if not message.registered:
        return {
            **entry,
            "registered": False,
            "$comment": "Known by name, but the server answers as to an unknown message.",
        }
    reply = message.reply
    facts: dict[str, Any] = {
        "reply": reply_schema(reply),
        "reply-payloadtype": reply.payloadtype,
        "reply-when-null": reply.when_null,
        "reply-when-empty": reply.when_empty,
        "stream": reply.stream or None,
        "methods": [method.name for method in message.methods],
        "transport": message.transport,
        "roles": list(message.roles),
        "idempotency": message.idempotency,
        "unsafe-when": message.unsafe_when,
        "about": vars(message.about) if message.about else None,
        "since": message.since,
        "errors": [error_entry(error) for error in message.errors],
        "hazards": [hazard_entry(entry, entry.wire) for entry in message.hazards] or None,
    }
    return {**entry, **{key: value for key, value in facts.items() if value is not None}}
