"""Whether what a driver answers means what must come out."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from colonyos_gen_wire.codec import decode, decode_request
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.crypto import InvalidSignatureError, gen_id, recid

Vector = dict[str, Any]
Answer = dict[str, Any]

_A_TICK = timedelta(microseconds=1)
"""By how much times may differ, as not everybody keeps nanoseconds."""
_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


def difference(vector: Vector, answer: Answer) -> str:
    """How the answer to a vector differs from what it expects; empty if it holds."""
    expected: Answer = vector["expect"]
    if "error" in expected:
        return _of_errors(expected["error"], answer)
    if "error" in answer:
        return f"expected a result, got the error {_shown(answer['error'])}"
    (kind,) = expected
    if kind not in answer:
        return f"expected {kind!r}, got {_shown(answer)}"
    try:
        return _OF_RESULTS[vector["op"]](vector, expected[kind], answer[kind])
    except _UNREADABLE as error:
        return f"got what cannot be read: {error}: {_shown(answer[kind])}"


def _of_errors(expected: dict[str, Any], answer: Answer) -> str:
    got = answer.get("error")
    if not isinstance(got, dict):
        return f"expected the error {_shown(expected)}, got {_shown(answer)}"
    told = cast("dict[str, Any]", got)
    names = ["kind"] if expected["kind"] == "invalid" else ["kind", "code", "status", "message"]
    for name in names:
        if name in expected and told.get(name) != expected[name]:
            return f"expected the error {_shown(expected)}, got {_shown(told)}"
    return ""


def _of_reply(vector: Vector, expected: Any, got: Any) -> str:
    return _of_values(_method(vector).response, expected, got)


def _of_request(vector: Vector, expected: Any, got: Any) -> str:
    return _of_values(_method(vector).request, expected, got)


def _of_values(type_: Any, expected: Any, got: Any) -> str:
    if type_ is None:  # no result: whatever an SDK has for that
        return ""
    return _between(decode(type_, _json(expected)), decode(type_, _json(got)), "$")


def _of_written(vector: Vector, expected: str, got: str) -> str:
    method, payload = _method(vector), _object(got)
    if payload.get("msgtype") != method.msgtype:
        return f"expected the msgtype {method.msgtype!r}, got {payload.get('msgtype')!r}"
    # What is not there is zero for a server, whatever the schema's default.
    return _between(decode_request(method, json.loads(expected)), decode_request(method, payload), "$")


def _of_envelopes(vector: Vector, _: str, got: str) -> str:
    envelope = _object(got)
    wanted = {
        "payloadtype": vector["message"],
        "payload": base64.b64encode(vector["text"].encode()).decode(),
    }
    for name, value in wanted.items():
        if envelope.get(name) != value:
            return f"expected the {name} {_shown(value)}, got {_shown(envelope.get(name))}"
    try:
        identity = recid(envelope["payload"], envelope.get("signature", ""))
    except InvalidSignatureError as error:
        return f"no server takes the signature: {error}"
    mine = gen_id(vector["key"])
    return "" if identity == mine else f"expected a signature of {mine}, got one of {identity}"


def _of_texts(_: Vector, expected: str, got: str) -> str:
    return "" if expected == got else f"expected {_shown(expected)}, got {_shown(got)}"


_OF_RESULTS = {
    "read_reply": _of_reply,
    "read_response": _of_reply,
    "read_request": _of_request,
    "write_request": _of_written,
    "sign": _of_envelopes,
    "identity": _of_texts,
    "recover": _of_texts,
}


def _method(vector: Vector) -> Method[Any, Any]:
    return METHODS[vector["message"]]


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _between(expected: Any, got: Any, path: str) -> str:
    """Where and how two values differ that were read by the schema."""
    if isinstance(expected, msgspec.Struct) and type(expected) is type(got):
        names = {field.name: field.encode_name for field in msgspec.structs.fields(type(expected))}
        pairs = [
            (getattr(expected, name), getattr(got, name), f"{path}.{wire}") for name, wire in names.items()
        ]
    elif isinstance(expected, list) and isinstance(got, list):
        items: list[Any] = cast("Any", expected)
        others: list[Any] = cast("Any", got)
        if len(items) != len(others):
            return f"{path}: expected {len(items)} items, got {len(others)}"
        pairs = [(a, b, f"{path}[{index}]") for index, (a, b) in enumerate(zip(items, others, strict=True))]
    elif isinstance(expected, dict) and isinstance(got, dict):
        entries, theirs = cast("dict[str, Any]", expected), cast("dict[str, Any]", got)
        if odd := sorted(entries.keys() ^ theirs.keys()):
            return f"{path}[{odd[0]!r}]: {'expected' if odd[0] in entries else 'not expected'}"
        pairs = [(entries[key], theirs[key], f"{path}[{key!r}]") for key in entries]
    else:
        return "" if _same(expected, got) else f"{path}: expected {_shown(expected)}, got {_shown(got)}"
    return next((told for each in pairs if (told := _between(*each))), "")


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, datetime) and isinstance(got, datetime):
        return abs(expected - got) <= _A_TICK
    if isinstance(expected, bytes | None) and isinstance(got, bytes | None):
        return (expected or b"") == (got or b"")
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)


def _object(text: str) -> dict[str, Any]:
    """The JSON object in a text. Raises ValueError or TypeError."""
    value: Any = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("no JSON object")
    return cast("dict[str, Any]", value)


def _shown(value: Any) -> str:
    """As JSON on one line, which holds no half characters."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 200 else f"{text[:197]}..."
