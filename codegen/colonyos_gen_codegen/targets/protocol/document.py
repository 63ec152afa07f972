"""The document `protocol.json`."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.model import (
    ErrorCase,
    Message,
    Method,
    Parameter,
    Reply,
    Service,
)
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.jsonschema.document import hazard_entry, hazards
from colonyos_gen_codegen.targets.jsonschema.values import reply_schema
from colonyos_gen_codegen.targets.protocol.patterns import pattern_of

TYPES = "colonyos.schema.json"
_ENDPOINTS = {"http": "api", "websocket": "pubsub"}


def describe(service: Service) -> dict[str, Any]:
    """The whole document, in the order of the schema files."""
    manifest = service.manifest
    envelope = manifest["envelope"]
    document: dict[str, Any] = {
        "$schema": "protocol.schema.json",
        "$comment": BANNER,
        "format": 1,
        "service": service.name,
        "description": service.description,
        "protocol": service.protocol,
        "server": manifest["server"],
        "types": TYPES,
        "endpoints": manifest["endpoints"],
        "default_port": manifest["default_port"],
        "envelope": {
            **{part: _named(envelope[part]["$ref"]) for part in ("request", "reply", "error")},
            "error_payloadtype": envelope["error_payloadtype"],
            "description": envelope["description"],
        },
        "signing": manifest.get("signing"),
        "roles": {
            role.name: {
                "key": role.key,
                "worker": bool(manifest["roles"][role.name].get("worker")),
                "description": role.description,
            }
            for role in service.roles
        },
        "idempotency": service.idempotency,
        "codes": service.codes,
        "matching": {
            "among": ["errors of the message", "any_errors"],
            "status": "equal",
            "text": "pattern, over the whole text",
            "choose": "most literal characters",
            "then": "first",
        },
        "any_errors": [_error(error) for error in service.envelope_errors],
        "messages": {message.msgtype: _message(message) for message in service.messages},
        "reply_only": {kind: _named(part["$ref"]) for kind, part in manifest["reply_only"].items()},
        "limits": {
            limit.name: {"value": limit.value, "unit": limit.unit, "description": limit.description}
            for limit in service.limits
        },
        "texts": {
            text.name: {"value": text.value, "description": text.description} for text in service.texts
        },
        "tables": {
            table.name: {"values": table.values, "unit": table.unit, "description": table.description}
            for table in service.tables
        },
        "effects": service.effects,
        "hazards": hazards(service),
    }
    return _told(document)


def _message(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "domain": message.domain,
        "request": message.struct.name,
        "registered": message.registered,
        **_lifetime(message),
    }
    if not message.registered:
        return _told(entry)
    waiting = next((field for field in message.struct.fields if field.wire == message.waits), None)
    return _told(
        entry
        | {
            "description": message.struct.description,
            "transport": message.transport,
            "endpoint": _ENDPOINTS[message.transport],
            "roles": list(message.roles),
            "idempotency": message.idempotency,
            "unsafe_when": message.unsafe_when,
            "waits": {"field": waiting.wire, "unit": waiting.unit} if waiting is not None else None,
            "about": {"field": message.about.field, "missing": message.about.missing}
            if message.about is not None
            else None,
            "reply": _reply(message),
            "methods": [_method(method, message) for method in message.methods],
            "errors": [_error(error) for error in message.errors],
            "hazards": [hazard_entry(entry, entry.wire) for entry in message.hazards] or None,
        }
    )


def _reply(message: Message) -> dict[str, Any]:
    reply: Reply = message.reply
    schema = reply_schema(reply)
    return _told(
        {
            "payloadtype": reply.payloadtype or message.msgtype,
            "stream": reply.stream,
            "schema": None if schema is None else _outside(schema),
            "when_null": reply.when_null,
            "when_empty": reply.when_empty,
        }
    )


def _method(method: Method, message: Message) -> dict[str, Any]:
    wires = {field.name: field.wire for field in message.struct.fields}
    return {
        "name": method.name,
        "description": method.description,
        "parameters": [_parameter(parameter, wires) for parameter in method.parameters],
    }


def _parameter(parameter: Parameter, wires: dict[str, str]) -> dict[str, Any]:
    """A parameter that fills a field; or a struct, and which of its public fields goes to which key."""
    shared = {"name": parameter.name, "keyword": parameter.keyword}
    if parameter.field is not None:
        return shared | {"field": parameter.field.wire, "required": parameter.field.required}
    taken = {source: wires[target] for source, target in parameter.unpack}
    return shared | {"type": parameter.type.name, "fields": taken, "required": True}


def _lifetime(part: Message | ErrorCase) -> dict[str, Any]:
    """`since`, `until` and `deprecated`, where they are said."""
    deprecated = isinstance(part, Message) and part.deprecated
    return _told({"since": part.since, "until": part.until, "deprecated": deprecated or None})


def _error(error: ErrorCase) -> dict[str, Any]:
    pattern, placeholders = pattern_of(error.text)
    return {
        "name": error.name,
        "code": error.code,
        "status": error.status,
        "text": error.text,
        "pattern": pattern,
        "placeholders": placeholders,
        "literal": len(error.text) - sum(len(name) + 2 for name in placeholders),
        "when": error.when,
        "malformed": error.malformed,
        **_lifetime(error),
    }


def _outside(schema: Any) -> Any:
    """A schema with its references into the document of the types."""
    if isinstance(schema, dict):
        return {
            key: TYPES + value if key == "$ref" else _outside(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            for key, value in schema.items()  # pyright: ignore[reportUnknownVariableType]
        }
    if isinstance(schema, list):
        return [_outside(each) for each in schema]  # pyright: ignore[reportUnknownVariableType]
    return schema


def _named(ref: str) -> str:
    return ref.rpartition("/")[2]


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}
