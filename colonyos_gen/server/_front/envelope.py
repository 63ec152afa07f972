"""Reading signed envelopes, and writing replies.

The real server is written in Go, and reads JSON the way Go does; what it makes of envelopes that are not plainly three texts
is in `careful_envelope`. Of base64 it takes what comes before the first flaw, and parses that.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.constants import ERROR_PAYLOADTYPE, SIGNATURE_HEX_LENGTH
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.types.envelope import Failure, RPCReplyMsg

from colonyos_gen.crypto import InvalidSignatureError, recid
from colonyos_gen.server._caller.refusal import NO_ANSWER, Refusal
from colonyos_gen.server._front.careful_envelope import read_carefully
from colonyos_gen.server._front.signature_words import not_hex, unrecoverable
from colonyos_gen.server._values.repeated_keys import read_document

_READS_NULL = "get_blueprint_history"
"""The one call in which null is as good as `{}` to the real server. A name, so that the server can do without the message."""
_NOT_HEX = re.compile(r"[^0-9a-fA-F]")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_NO_PAYLOAD = b'"payload":""'
_encode = msgspec.json.Encoder().encode


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """An envelope with these three texts and nothing else in it, as clients send it."""

    payloadtype: str
    payload: str
    signature: str


_decode_plain = msgspec.json.Decoder(_Plain).decode


class Envelope(NamedTuple):
    """A request as it travels."""

    payloadtype: str
    payload: str | memoryview
    """A memoryview of ASCII where a text of it would be large."""
    signature: str


def key_of(document: dict[str, object], key: str) -> object:
    """The value of `key` in any case; None if there is no such key."""
    if key in document:
        return document[key]
    return next((value for name, value in document.items() if name.lower() == key), None)


def read_envelope(body: bytes) -> Envelope:
    """The envelope in an HTTP body. Raises Refusal."""
    try:
        plain = _decode_plain(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Envelope(**read_carefully(body))
    return Envelope(plain.payloadtype, plain.payload, plain.signature)


def read_payload(method: Method[Any, Any], text: bytes) -> object:
    """The JSON value, other than null, in a text. Raises ValueError if there is none, and Refusal for null."""
    document = read_document(method, text)
    if document is None:
        if method.name == _READS_NULL:
            return {}
        raise Refusal(NO_ANSWER)
    return document


def text_of(payload: str | memoryview) -> bytes:
    """The bytes that Go finds in the base64 text of a payload: those before its first flaw."""
    try:
        return binascii.a2b_base64(payload, strict_mode=True)
    except ValueError:
        text = payload if isinstance(payload, str) else str(payload, "ascii")
        text = text.replace("\r", "").replace("\n", "")
        end = len(text) if (flaw := _NOT_BASE64.search(text)) is None else flaw.start()
        whole, rest = end - end % 4, end % 4
        if (padding := {2: "==", 3: "="}.get(rest)) and text.startswith(padding, end):
            return base64.b64decode(text[:end] + padding)
        return base64.b64decode(text[:whole])


def recover_signer(envelope: Envelope) -> str:
    """The identity that signed the envelope."""
    signature = envelope.signature
    if wrong := _NOT_HEX.search(signature):
        raise Refusal(errors.SIGNATURE_NOT_HEX, detail=not_hex(wrong.group()))
    if len(signature) % 2:
        raise Refusal(errors.SIGNATURE_NOT_HEX, detail="odd length hex string")
    if len(signature) != SIGNATURE_HEX_LENGTH:
        raise Refusal(errors.SIGNATURE_LENGTH)
    try:
        return recid(_signed(envelope.payload), signature)
    except InvalidSignatureError:
        raise unrecoverable(_signed(envelope.payload), signature) from None


def _signed(payload: str | memoryview) -> bytes | memoryview:
    return payload.encode() if isinstance(payload, str) else payload


def write_reply(payloadtype: str, payload: bytes) -> bytes:
    """The envelope of a reply."""
    return _envelope(payloadtype, payload, error=False)


def write_failure(status: int, message: str) -> bytes:
    """The envelope of a refusal."""
    return _envelope(ERROR_PAYLOADTYPE, _encode(Failure(status=status, message=message)), error=True)


class LongEnvelope:
    """The envelope of a reply whose payload comes bit by bit."""

    def __init__(self, payloadtype: str) -> None:
        self._before, _, self._after = write_reply(payloadtype, b"").rpartition(_NO_PAYLOAD)
        self._encoded: list[bytes] = []
        self._rest = b""

    def add(self, payload: bytes) -> None:
        """Add what follows in the payload."""
        payload = self._rest + payload
        whole = len(payload) - len(payload) % 3  # three bytes become four characters
        self._encoded.append(binascii.b2a_base64(payload[:whole], newline=False))
        self._rest = payload[whole:]

    def body(self) -> bytes:
        """All of it."""
        last = binascii.b2a_base64(self._rest, newline=False)
        quote = _NO_PAYLOAD[:-1]
        return b"".join([self._before, quote, *self._encoded, last, b'"', self._after])


def _envelope(payloadtype: str, payload: bytes, *, error: bool) -> bytes:
    return _encode(RPCReplyMsg(payloadtype=payloadtype, payload=payload, error=error))
