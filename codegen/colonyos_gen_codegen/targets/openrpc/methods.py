"""Methods of the OpenRPC document: parameters by name, result, errors and examples."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from colonyos_gen_codegen.model import ErrorCase, Example, Message, Method, Parameter, Reply, Service
from colonyos_gen_codegen.output.render import summary
from colonyos_gen_codegen.targets.jsonschema.document import error_entry, hazard_entry
from colonyos_gen_codegen.targets.jsonschema.values import JsonSchema, lasting, reply_schema

RESULT = "result"


class MethodWriter:
    """Writes the method objects. `schemas` are the component schemas, by name."""

    def __init__(self, service: Service, schemas: dict[str, JsonSchema]) -> None:
        self._service = service
        self._schemas = schemas

    def write(self, message: Message, method: Method) -> dict[str, Any]:
        """The method object of one way of calling `message`."""
        # The order carries no meaning with parameters by name, but OpenRPC wants the required ones first.
        parameters = sorted(method.parameters, key=lambda parameter: not is_required(parameter))
        entry: dict[str, Any] = {
            "name": method.name,
            "summary": summary(method.description),
            "description": method.description,
            "tags": [{"$ref": f"#/components/tags/{message.domain}"}],
            "paramStructure": "by-name",
            "params": [self._parameter(message, parameter) for parameter in parameters],
            "result": self._result(message.reply),
            "errors": _errors(message.errors),
            "examples": [e for example in message.examples if (e := self._example(method, message, example))],
            "x-msgtype": message.msgtype,
            "x-transport": message.transport,
            "x-roles": list(message.roles),
            "x-idempotency": message.idempotency,
        }
        if message.deprecated:
            entry["deprecated"] = True
        entry |= lasting(message)
        if message.hazards:
            entry["x-hazard"] = [hazard_entry(part, part.field) for part in message.hazards]
        unsafe_when = [p.name for p in parameters if p.field and p.field.wire == message.unsafe_when]
        if unsafe_when:
            entry["x-unsafe-when"] = unsafe_when[0]
        return entry

    def _parameter(self, message: Message, parameter: Parameter) -> dict[str, Any]:
        if parameter.field is None:
            wire: Any = self._unpacked(message, parameter)
            schema = self._part(parameter.type.name, wire)
        else:
            properties = self._schemas[message.struct.name]["properties"]
            schema, wire = properties[parameter.field.wire], parameter.field.wire
        return {
            "name": parameter.name,
            "description": parameter.description,
            "required": is_required(parameter),
            "schema": schema,
            "x-wire": wire,
        }

    def _unpacked(self, message: Message, parameter: Parameter) -> dict[str, str]:
        """For a struct of which only some fields are sent: their keys, and the keys that they are sent under."""
        inside = {field.name: field.wire for field in self._service.struct(parameter.type.name).fields}
        sent = {field.name: field.wire for field in message.struct.fields}
        return {inside[source]: sent[target] for source, target in parameter.unpack}

    def _part(self, name: str, wires: Mapping[str, str]) -> JsonSchema:
        """The schema of a struct with no more than the fields that are sent."""
        whole = self._schemas[name]
        return {
            "title": name,
            "description": f"The part of {name} that is sent; any other fields are ignored.",
            "type": "object",
            "properties": {wire: whole["properties"][wire] for wire in wires},
            "required": [wire for wire in whole.get("required", []) if wire in wires],
        }

    def _result(self, reply: Reply) -> dict[str, Any]:
        schema = reply_schema(reply)
        if schema is None:
            nothing = "Nothing; the payload is an empty object."
            return {"name": RESULT, "description": nothing, "schema": {"type": ["object", "null"]}}
        entry: dict[str, Any] = {"name": RESULT, "schema": portable(schema)}
        if reply.stream:
            entry |= {"description": "One of these for each frame that the server pushes.", "x-stream": True}
        return entry

    def _example(self, method: Method, message: Message, example: Example) -> dict[str, Any] | None:
        """The example as a pair of parameters and result, or None when it shows another method of the message."""
        request: dict[str, Any] = example.request
        params: list[dict[str, Any]] = []
        told = {"msgtype"}
        for parameter in method.parameters:
            if parameter.field is None:
                wires = self._unpacked(message, parameter)
                value = {inside: request[sent] for inside, sent in wires.items() if sent in request}
                told |= set(wires.values())
            else:
                told.add(parameter.field.wire)
                if parameter.field.wire not in request:
                    if is_required(parameter):
                        return None
                    continue
                value = request[parameter.field.wire]
            params.append({"name": parameter.name, "value": value})
        defaults = {field.wire: field.default for field in message.struct.fields}
        untold = [wire for wire, value in request.items() if wire not in told and value != defaults.get(wire)]
        if untold and len(message.methods) > 1:
            return None
        return {"name": example.title, "params": params, "result": {"name": RESULT, "value": example.reply}}


def is_required(parameter: Parameter) -> bool:
    """Whether a call must give the parameter a value."""
    return parameter.field is None or parameter.field.required


def portable(schema: JsonSchema) -> JsonSchema:
    """`schema` in the draft 7 that OpenRPC asks for: a `$ref` has no neighbours there, and points to `components`."""
    result: JsonSchema = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: portable(inner) for name, inner in value.items()}
        elif key == "anyOf":
            result[key] = [portable(branch) for branch in value]
        elif key in {"items", "additionalProperties", "propertyNames"} and value is not True:
            result[key] = portable(value)
        elif key != "$ref":
            result[key] = value
    if "$ref" not in schema:
        return result
    target = {"$ref": str(schema["$ref"]).replace("#/$defs/", "#/components/schemas/")}
    return {"allOf": [target], **result} if result else target


def _errors(cases: tuple[ErrorCase, ...]) -> list[dict[str, Any]]:
    """The errors by HTTP status, since OpenRPC wants every code once."""
    grouped: dict[int, list[ErrorCase]] = {}
    for case in cases:
        grouped.setdefault(case.status, []).append(case)
    return [
        {"code": status, "message": HTTPStatus(status).phrase, "data": [error_entry(case) for case in group]}
        for status, group in sorted(grouped.items())
    ]
