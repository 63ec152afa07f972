"""Reading signed envelopes, and writing replies.

The real server is written in Go, and reads JSON the way Go does: keys match in any case, unknown ones are ignored,
and null counts as absent. Line breaks inside base64 are tolerated; any other flaw in it makes the payload empty,
which then fails as JSON.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple, cast

import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.constants import ERROR_PAYLOADTYPE, SIGNATURE_HEX_LENGTH
from colonyos_gen_wire.types.envelope import Failure, RPCReplyMsg

from colonyos_gen.crypto import CURVE_ORDER, HALF_ORDER, InvalidSignatureError, recid
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._values.plain_json import plain_json

_NOT_HEX = re.compile(r"[^0-9a-fA-F]")
_MOST_QUOTES = 1000
"""An envelope with four fields has up to twenty."""
_NO_PAYLOAD = b'"payload":""'
_NOT_TEXT = (b"[", b"{")
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class Envelope(NamedTuple):
    """A request as it travels."""

    payloadtype: str
    payload: str
    signature: str


def key_of(document: dict[str, object], key: str) -> object:
    """The value of `key` in any case; None if there is no such key."""
    if key in document:
        return document[key]
    return next((value for name, value in document.items() if name.lower() == key), None)


def read_envelope(body: bytes) -> Envelope:
    """The envelope in an HTTP body."""
    given = _given(body)
    values = [key_of(given, key) for key in Envelope._fields]
    for key, value in zip(Envelope._fields, values, strict=True):
        if not isinstance(value, str | None):
            raise Refusal(errors.MALFORMED_ENVELOPE, detail=f"the {key} of the envelope is not a string")
    return Envelope(*(cast("str | None", value) or "" for value in values))


def _given(body: bytes) -> dict[str, object]:
    """What of the envelope counts. Nothing is made of the rest, which may be large, and which nobody has signed for."""
    if body.count(b'"') > _MOST_QUOTES:
        raise Refusal(errors.MALFORMED_ENVELOPE, detail="the envelope has too many fields")
    try:
        found = _decode_fields(body)
        return {
            key: _NOT_TEXT if bytes(memoryview(value)[:1]) in _NOT_TEXT else plain_json(bytes(value))
            for key, value in found.items()
            if key.lower() in Envelope._fields
        }
    except msgspec.ValidationError:
        raise Refusal(errors.MALFORMED_ENVELOPE, detail="the envelope is not a JSON object") from None
    except RecursionError:
        raise Refusal(errors.MALFORMED_ENVELOPE, detail="JSON is nested too deeply") from None
    except ValueError as error:
        raise Refusal(errors.MALFORMED_ENVELOPE, detail=error) from None


def read_payload(payload: str) -> dict[str, object]:
    """The JSON object in the base64 text of a payload. Raises ValueError if there is none."""
    try:
        text = base64.b64decode(payload.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        text = b""
    document = plain_json(text)
    if not isinstance(document, dict):
        raise TypeError("the payload is not a JSON object")
    return cast("dict[str, object]", document)


def recover_signer(envelope: Envelope) -> str:
    """The identity that signed the envelope."""
    signature = envelope.signature
    if wrong := _NOT_HEX.search(signature):
        digit = wrong.group()
        detail = f"invalid byte: U+{ord(digit):04X}" + (f" '{digit}'" if digit.isprintable() else "")
        raise Refusal(errors.SIGNATURE_NOT_HEX, detail=detail)
    if len(signature) % 2:
        raise Refusal(errors.SIGNATURE_NOT_HEX, detail="odd length hex string")
    if len(signature) != SIGNATURE_HEX_LENGTH:
        raise Refusal(errors.SIGNATURE_LENGTH)
    try:
        return recid(envelope.payload.encode(), signature)
    except InvalidSignatureError as error:
        raise _bad_signature(envelope, error) from None


def _bad_signature(envelope: Envelope, error: InvalidSignatureError) -> Refusal:
    raw = bytearray.fromhex(envelope.signature)
    s = int.from_bytes(raw[32:64], "big")
    if HALF_ORDER < s < CURVE_ORDER:
        # The real server recovers first and looks at s afterwards. Recovery fares the same for any valid s.
        raw[32:64] = (1).to_bytes(32, "big")
        try:
            recid(envelope.payload.encode(), raw.hex())
        except InvalidSignatureError as other:
            error = other
        else:
            return Refusal(errors.SIGNATURE_HIGH_S)
    return Refusal(errors.SIGNATURE_UNRECOVERABLE, detail=str(error))


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
