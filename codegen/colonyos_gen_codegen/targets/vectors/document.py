"""The files: one vector a line, and the JSON Schema of the format."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.vectors.answers import BY_STATUS, OTHERWISE
from colonyos_gen_codegen.targets.vectors.samples import text_of

_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "\x7f\x85\u2028\u2029\ufeff"}


def document(service: Service, description: str, vectors: Iterable[dict[str, Any]]) -> str:
    """The text of a file."""
    head = {
        "$comment": BANNER,
        "description": description,
        "protocol": service.protocol,
        "server": service.server_version,
    }
    lines = [f" {_text_of(key)}: {_text_of(value)}," for key, value in head.items()]
    rows = ",\n".join(f"  {_line(vector)}" for vector in vectors)
    return "\n".join(["{", *lines, ' "vectors": [', rows, " ]", "}", ""])


def _line(vector: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{_text_of(key)}: {_text_of(value)}" for key, value in vector.items()) + "}"


def _text_of(value: Any) -> str:
    """As JSON, with what an editor would take for the end of a line escaped."""
    return text_of(value).translate(_ESCAPED)


def format_of(service: Service) -> str:
    """The JSON Schema of such a file, as text."""
    codes = dict.fromkeys([*service.codes, *BY_STATUS.values(), *OTHERWISE])
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": BANNER,
        "title": f"Test vectors of the {service.name} protocol",
        "description": (
            "A driver reads a vector a line, without `expect` and with a number as its `id`, and writes what must come out."
        ),
        "type": "object",
        "required": ["description", "protocol", "server", "vectors"],
        "properties": {
            "$comment": {"type": "string"},
            "description": {"type": "string"},
            "protocol": {"type": "string"},
            "server": {"type": "string"},
            "vectors": {"type": "array", "items": {"oneOf": [_of_op(op) for op in _OPS]}},
        },
        "additionalProperties": False,
        "$defs": {
            "invalid": _object(
                {
                    "error": _object(
                        {"kind": {"const": "invalid"}, "path": _text("Where, for people.")}, {"path"}
                    )
                }
            ),
            "refused": _object(
                {
                    "error": _object(
                        {
                            "kind": {"const": "refused"},
                            "code": {"enum": [code.upper() for code in codes]},
                            "status": {"type": "integer", "description": "That of the error, else of HTTP."},
                            "message": _text(
                                "The words of the server; absent where the client has words of its own."
                            ),
                        },
                        {"message"},
                    )
                }
            ),
        },
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _object(properties: dict[str, Any], optional: Collection[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


_INVALID = {"$ref": "#/$defs/invalid"}
_REFUSED = {"$ref": "#/$defs/refused"}
_VALUE = _object(
    {"value": {"description": "What was read, with every field of the schema; null for no result."}}
)
_IDENTITY = _object({"identity": {"type": "string", "pattern": "^[0-9a-f]{64}$"}})
_MESSAGE = _text("Payload type of the message.")
_KEY = _text("A private key, of a test.")
_OPS: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {
    "read_reply": (
        "Read the payload of a reply.",
        {"message": _MESSAGE, "text": _text("JSON of the payload.")},
        [_VALUE, _INVALID],
    ),
    "read_request": (
        "Read the payload of a request; limits are not looked at.",
        {"message": _MESSAGE, "text": _text("JSON of the payload.")},
        [_VALUE, _INVALID],
    ),
    "write_request": (
        "Make a request of the fields that a caller sets, and write its payload; limits hold.",
        {"message": _MESSAGE, "text": _text("JSON of the fields.")},
        [_object({"text": _text("JSON of the payload that would be signed.")}), _INVALID],
    ),
    "read_response": (
        "Read what came over HTTP.",
        {"message": _MESSAGE, "status": {"type": "integer"}, "body": _text("Of the response.")},
        [_VALUE, _INVALID, _REFUSED],
    ),
    "sign": (
        "Sign a payload.",
        {"message": _MESSAGE, "key": _KEY, "text": _text("The payload, to be sent as it is.")},
        [
            _object(
                {"envelope": _text("JSON of the envelope; its signature may be another one of the same key.")}
            )
        ],
    ),
    "identity": ("Tell whose a key is.", {"key": _KEY}, [_IDENTITY, _INVALID]),
    "recover": (
        "Tell who signed.",
        {"payload": _text("What was signed."), "signature": _text("Hexadecimal.")},
        [_IDENTITY, _INVALID],
    ),
}


def _of_op(op: str) -> dict[str, Any]:
    description, inputs, outputs = _OPS[op]
    expect = outputs[0] if len(outputs) == 1 else {"oneOf": outputs}
    fields = {"id": _text("Its name."), "op": {"const": op}, **inputs, "expect": expect}
    return {"description": description, **_object(fields)}
