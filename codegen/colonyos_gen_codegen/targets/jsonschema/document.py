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
from colonyos_gen_codegen.targets.jsonschema.values import TIME, JsonSchema, field_schema, reply_schema

SENT = "ToSend"
"""Suffix of a definition that adds the limits for sending to a type which may also be received."""


def bundle(service: Service) -> JsonSchema:
    """The whole document, in the order of the schema files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": BANNER,
        "title": f"{service.name} protocol {service.protocol}",
        "description": service.description,
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
        "$defs": definitions(service),
    }


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
    """Writes two definitions for a type that goes both ways and has limits: `X` is its shape, `XToSend` adds the limits.

    A reply may break a limit, because the server stores what older or careless clients send. So replies refer to `X` and
    requests to `XToSend`. A type that only goes one way needs one definition.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._limited = self._find_limited()

    def all(self) -> dict[str, JsonSchema]:
        found: dict[str, JsonSchema] = {
            TIME: {
                "description": "A point in time, RFC 3339. It is unset when null, or when the year is 1 or less.",
                "type": ["string", "null"],
                "format": "date-time",
            }
        }
        for domain in self._service.domains:
            found.update({enum.name: _enumeration(enum) for enum in domain.enums})
            for struct in domain.structs:
                found[struct.name] = self._struct(struct, sent=struct.direction == "request")
                if self._sent_name(struct.name) != struct.name:
                    found[struct.name]["$comment"] = (
                        f"x-rule binds the sender only: replies may break it. {struct.name}{SENT} enforces it."
                    )
                    found[struct.name + SENT] = self._overlay(struct)
            found.update({message.struct.name: self._request(message) for message in domain.messages})
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
            properties = {
                field.wire: field_schema(field, self._sent_name, sent=True) for field in struct.fields
            }
        else:
            properties = {field.wire: self._received(field) for field in struct.fields}
        if struct.msgtype is not None:
            properties["msgtype"] = {"const": struct.msgtype}
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

    def _overlay(self, struct: Struct) -> JsonSchema:
        properties: JsonSchema = {}
        for field in struct.fields:
            if self._is_limited(field, self._limited):
                schema = field_schema(field, self._sent_name, sent=True)
                properties[field.wire] = {key: schema[key] for key in schema if key in _ENFORCED}
        return {
            "description": f"{struct.name}, with the limits on values that are sent.",
            "$ref": f"#/$defs/{struct.name}",
            "properties": properties,
            "x-domain": struct.domain,
            "x-direction": "request",
        }

    def _request(self, message: Message) -> JsonSchema:
        schema = self._struct(message.struct, sent=True)
        schema["required"] = ["msgtype", *schema.get("required", [])]
        return schema


_ENFORCED = {
    "$ref", "anyOf", "type", "format", "contentEncoding", "items", "additionalProperties", "propertyNames", "properties",
    "pattern", "minimum", "maximum", "not", "x-max-bytes", "x-rule",
}  # fmt: skip


def _enumeration(enum: Enumeration) -> JsonSchema:
    """An open enum: the named values, and any other integer, since a newer server may have more of them."""
    named = [{"const": m.value, "title": m.name, "description": m.description} for m in enum.members]
    schema: JsonSchema = {
        "description": enum.description,
        "type": "integer",
        "anyOf": [*named, {"title": "a value without a name"}],
        "x-enum-names": [member.name for member in enum.members],
        "x-enum-values": [member.value for member in enum.members],
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
