"""What the client of this package makes of vectors, by the functions that its calls go through."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec
from colonyos_gen_wire.codec import decode, decode_reply, encode
from colonyos_gen_wire.exceptions import EXCEPTIONS
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS

from colonyos_gen._call.envelope import open_reply, signed
from colonyos_gen._call.pipeline import sealed
from colonyos_gen._call.signers import Keyring
from colonyos_gen.crypto import InvalidKeyError, InvalidSignatureError, PrivateKey, gen_id, recid
from colonyos_gen.errors import InvalidRequestError, RPCError

Vector = dict[str, Any]
Answer = dict[str, Any]

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_CODES = {exception: code for code, exception in EXCEPTIONS.items()}


def drive(given: BinaryIO, out: BinaryIO) -> None:
    """Answer each line of `given`, until it ends."""
    for line in given:
        vector: Vector = json.loads(line)
        out.write(json.dumps({"id": vector["id"], **answer(vector)}).encode() + b"\n")
        out.flush()


def answer(vector: Vector) -> Answer:
    """What the client makes of one vector."""
    act = _OPS.get(vector["op"])
    if act is None or ("message" in vector and vector["message"] not in METHODS):
        return {"unsupported": True}
    return act(vector)


def _read_reply(vector: Vector) -> Answer:
    method = METHODS[vector["message"]]
    return _read(lambda: decode_reply(method, vector["text"].encode()))


def _read_request(vector: Vector) -> Answer:
    method = METHODS[vector["message"]]
    return _read(lambda: decode(method.request, vector["text"].encode()))


def _write_request(vector: Vector) -> Answer:
    method = METHODS[vector["message"]]
    request = decode(method.request, vector["text"].encode())
    try:
        body, _ = sealed(method, request, Keyring(), PrivateKey(bytes(31) + b"\1"), hazardous=True)
    except InvalidRequestError as error:
        return _invalid(error.field)
    return {"text": base64.b64decode(json.loads(body)["payload"]).decode()}


def _read_response(vector: Vector) -> Answer:
    method: Method[Any, Any] = METHODS[vector["message"]]
    try:
        value = open_reply(method, vector["status"], vector["body"].encode())
    except RPCError as error:
        code = _CODES.get(type(error))
        if code is None:
            return _invalid("")
        told = {"kind": "refused", "code": code.name, "status": error.status, "message": error.message}
        return {"error": told}
    return {"value": _plain(value)}


def _sign(vector: Vector) -> Answer:
    payload = base64.b64encode(vector["text"].encode())
    return {"envelope": signed(vector["message"], payload, PrivateKey.parse(vector["key"])).decode()}


def _identity(vector: Vector) -> Answer:
    try:
        return {"identity": gen_id(vector["key"])}
    except InvalidKeyError:
        return _invalid("")


def _recover(vector: Vector) -> Answer:
    try:
        return {"identity": recid(vector["payload"], vector["signature"])}
    except InvalidSignatureError:
        return _invalid("")


_OPS: dict[str, Callable[[Vector], Answer]] = {
    "read_reply": _read_reply,
    "read_request": _read_request,
    "write_request": _write_request,
    "read_response": _read_response,
    "sign": _sign,
    "identity": _identity,
    "recover": _recover,
}


def _read(read: Callable[[], Any]) -> Answer:
    try:
        value = read()
    except _UNREADABLE as error:
        _, _, path = str(error).rpartition(" - at `")
        return _invalid(path.rstrip("`") or "$")
    return {"value": _plain(value)}


def _plain(value: Any) -> Any:
    return json.loads(encode(value))


def _invalid(path: str) -> Answer:
    return {"error": {"kind": "invalid", **({"path": path} if path else {})}}
