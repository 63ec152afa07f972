"""What comes back over HTTP: replies in their envelopes, refusals with their codes, and what is no reply at all."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from colonyos_gen_codegen.model import ErrorCase, Message, Service
from colonyos_gen_codegen.targets.vectors.samples import Samples, text_of

Answer = tuple[str, int, str, dict[str, Any]]
"""What it is, its status, its body, and what must be made of it."""

BY_STATUS = {403: "denied", 404: "not_found", 409: "conflict", 429: "rate_limited"}
"""The code of a refusal whose text the schema does not know; above 500 the server is at fault, else the request."""
OTHERWISE = ("invalid", "server_fault")
"""The code below 500, and from there on."""
_FILLED = {"name": "dev", "action": "Failed"}
_HTML = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body><center><h1>{0}</h1></center></body>\r\n</html>\r\n"
)
_INVALID: dict[str, Any] = {"error": {"kind": "invalid"}}


def reply_envelope(payloadtype: str, payload: str, *, error: bool = False) -> str:
    """The body of a reply, with the text of its payload."""
    encoded = base64.b64encode(payload.encode()).decode()
    return text_of({"payloadtype": payloadtype, "payload": encoded, "error": error})


def failure(status: int, message: str) -> str:
    """The body of a refusal."""
    return reply_envelope("error", text_of({"status": status, "message": message}), error=True)


def refused(code: str, status: int, message: str | None = None) -> dict[str, Any]:
    """What a client makes of a refusal; without a message, its words are its own."""
    told: dict[str, Any] = {"kind": "refused", "code": code.upper(), "status": status}
    return {"error": told if message is None else {**told, "message": message}}


def code_of(service: Service, message: Message, status: int, text: str) -> str:
    """The code of a refusal: that of the error whose status and text fit, the one with the fewest placeholders first."""
    errors = [*message.errors, *(error for error in service.envelope_errors if error.text != "{detail}")]
    fitting = [error for error in errors if error.status == status and _fits(error.text, text)]
    if fitting:
        return min(fitting, key=lambda error: error.text.count("{")).code
    return BY_STATUS.get(status, OTHERWISE[status >= 500])


def refusals(service: Service, message: Message) -> Iterator[Answer]:
    """Each error of the message, and its failures in disguise."""
    for error in message.errors:
        text = _filled(error)
        expect = refused(code_of(service, message, error.status, text), error.status, text)
        yield f"refused: {error.name}", error.status, failure(error.status, text), expect
    payloadtype = message.reply.payloadtype or message.msgtype
    if message.reply.when_null is not None:
        body = reply_envelope(payloadtype, "null")
        yield "in disguise: null", 200, body, refused(message.reply.when_null, 200)
    if message.reply.when_empty is not None:
        yield "in disguise: an empty body", 200, "", refused(message.reply.when_empty, 200)


def answers(service: Service) -> list[dict[str, Any]]:
    """What any message may be answered with, tried on one that has a reply and no disguise."""
    message = next((message for message in service.messages if _is_plain(message)), None)
    if message is None:
        return []
    return [
        {
            "id": f"read_response/{message.msgtype}/{what}",
            "op": "read_response",
            "message": message.msgtype,
            "status": status,
            "body": body,
            "expect": expect,
        }
        for what, status, body, expect in (
            *_envelope_errors(service, message),
            *_unknown_texts(service, message),
            *_no_replies(service, message),
        )
    ]


def _is_plain(message: Message) -> bool:
    reply = message.reply
    if not message.registered or reply.type is None or reply.type.kind != "struct":
        return False
    return reply.when_null is None and reply.when_empty is None


def _envelope_errors(service: Service, message: Message) -> Iterator[Answer]:
    for error in service.envelope_errors:
        text = _filled(error)
        expect = refused(code_of(service, message, error.status, text), error.status, text)
        yield f"any: {error.name}", error.status, failure(error.status, text), expect


def _unknown_texts(service: Service, message: Message) -> Iterator[Answer]:
    for status in (400, 401, 403, 404, 409, 418, 429, 500, 503):
        text = f"Nobody has said this before, at {status}"
        expect = refused(code_of(service, message, status, text), status, text)
        yield f"any: unknown text under {status}", status, failure(status, text), expect


def _no_replies(service: Service, message: Message) -> Iterator[Answer]:
    assert message.reply.type is not None
    payload = text_of(Samples(service).full(message.reply.type))
    payloadtype = message.reply.payloadtype or message.msgtype
    text = "Nobody has said this before"
    yield "any: refused under 200", 200, failure(404, text), refused("not_found", 404, text)
    yield (
        "any: two envelopes",
        400,
        failure(404, text) + failure(500, "and again"),
        refused("not_found", 404, text),
    )
    no_status = reply_envelope("error", text_of({"message": text}), error=True)
    yield "any: refused without a status", 403, no_status, refused("denied", 403, text)
    unknown = text_of({"status": 404, "message": text, "fieldOfTomorrow": 1})
    yield (
        "any: refused with more",
        404,
        reply_envelope("error", unknown, error=True),
        refused("not_found", 404, text),
    )
    words = "\u201eÅ\u201c <nobody> \U0001f980\nat all"
    yield "any: refused in other letters", 404, failure(404, words), refused("not_found", 404, words)
    for status in (500, 502, 503, 504):
        yield f"any: empty under {status}", status, "", refused("server_fault", status)
        page = _HTML.format(f"{status} of a proxy")
        yield f"any: page under {status}", status, page, refused("server_fault", status)
    for status in (200, 301, 403, 404, 413):
        yield f"any: page under {status}", status, _HTML.format(f"{status} of a proxy"), _INVALID
    yield "any: empty under 200", 200, "", _INVALID
    yield "any: empty under 404", 404, "", _INVALID
    yield "any: a reply under 500", 500, reply_envelope(payloadtype, payload), _INVALID
    yield "any: a reply under 404", 404, reply_envelope(payloadtype, payload), _INVALID
    yield "any: reply of another message", 200, reply_envelope("anothermsg", payload), _INVALID
    yield "any: payload that does not fit", 200, reply_envelope(payloadtype, "[[1]]"), _INVALID
    yield "any: payload that is no JSON", 200, reply_envelope(payloadtype, "{"), _INVALID
    no_base64 = text_of({"payloadtype": payloadtype, "payload": "no base64!", "error": False})
    yield "any: payload that is no base64", 200, no_base64, _INVALID
    yield "any: no payload", 200, text_of({"payloadtype": payloadtype, "error": False}), _INVALID
    yield "any: refused, unreadable", 400, reply_envelope("error", "[", error=True), _INVALID
    yield "any: other JSON", 200, '{"hello": "world"}', _INVALID
    yield "any: a list", 200, "[]", _INVALID
    yield "any: null", 200, "null", _INVALID
    yield "any: cut short", 200, reply_envelope(payloadtype, payload)[:-9], _INVALID


def _filled(error: ErrorCase) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: _FILLED.get(match[1], f"some {match[1]}"), error.text)


def _fits(template: str, text: str) -> bool:
    pattern = "(?s:.*)".join(re.escape(part) for part in re.split(r"\{\w+\}", template))
    return re.fullmatch(pattern, text) is not None
