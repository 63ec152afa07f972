"""Signed request envelopes, and what a reply body says.

A request is `{"payloadtype", "payload", "signature"}`: the payload is base64, and the signature covers that base64 text.
Replies are read defensively, because servers and what stands before them answer in more ways than one (PROTOCOL facts in
the schema's `Reply` and envelope types): empty bodies, two envelopes in one body, errors under status 200, HTML of a proxy.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from typing import Any, TypeVar

import msgspec
from colonyos_gen_wire import Failure, RPCReplyMsg
from colonyos_gen_wire.codec import UnknownFieldsError, decode_reply
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.method import Method, Signer
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf

from colonyos_gen._call.plain_requests import encode, encoded_with_care
from colonyos_gen._drift.choices import OnDrift
from colonyos_gen._drift.watch import Look, look_of
from colonyos_gen._values.writing import require_whole_request
from colonyos_gen.errors import RPCError, ServerFaultError, UnexpectedReplyError, from_code, from_reply

RespT = TypeVar("RespT")

_may_hold_a_large_integer = re.compile(rb"[\[,:]-?\d{16}").search
_decode_envelope = msgspec.json.Decoder(RPCReplyMsg).decode
_decode_failure = msgspec.json.Decoder(Failure).decode

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading JSON of unknown origin raises; the last one for nesting without end."""

MAY_PASS = frozenset({408, 425, 429})
"""Statuses below 500 with which something on the way means that it may do better another time."""


@functools.cache
def _holds_values(type_: type[msgspec.Struct]) -> bool:
    """Whether anything of a program may be in a request."""
    from colonyos_gen_wire.fields import FIELDS

    todo: list[Shape] = [StructOf(type_)]
    for each in todo:  # which grows
        if each is Leaf.ANY:
            return True
        if isinstance(each, ListOf | MapOf):
            todo.append(each.item)
        elif isinstance(each, StructOf):
            todo += [field.shape for field in FIELDS[each.type] if field.shape not in todo]
    return False


def encoded(request: msgspec.Struct) -> bytes:
    """`request`, or any type of the schema, as JSON.

    Raises:
        LimitError: A number is not finite, and would arrive as null, or is an integer that the server would change.
        ValueWritingError: A value cannot be written as JSON.
        One of `UNWRITABLE`: Something else cannot.
    """
    try:
        if _holds_values(type(request)):
            require_whole_request(request)
        text = encode(request)
    except Exception:  # whatever the values of others raise; the slower way says where
        return encoded_with_care(request)
    # Numbers that JSON cannot write come out as null. Hardly any request holds such or large ones, so hardly any is searched.
    if b"null" in text or _may_hold_a_large_integer(text):
        return encoded_with_care(request)
    return text


def written(request: msgspec.Struct) -> bytes:
    """The payload of an envelope: `request` encoded.

    Raises what `encoded` raises.
    """
    return base64.b64encode(encoded(request))


def signed(msgtype: str, payload: bytes, signer: Signer | None) -> bytes:
    """The body of a request. Without `signer` the signature stays empty."""
    signature = signer.sign(payload) if signer is not None else ""
    # Hexadecimal, base64 and message types need no escaping, so the envelope is put together as it is.
    return b'{"payloadtype":"%b","payload":"%b","signature":"%b"}' % (
        msgtype.encode(),
        payload,
        signature.encode(),
    )


def open_reply(
    method: Method[Any, RespT],
    status: int,
    body: bytes,
    *,
    signer: str = "",
    strict: bool = False,
    look: Look | None = None,
) -> RespT:
    """The decoded reply of `method`, or the exception that the body stands for; `look` gets what was decoded.

    Raises:
        RPCError: The subclass that the schema gives for the error reply; `UnexpectedReplyError` when the body is not a
            reply of this method; `ServerFaultError` for a server or proxy that failed without an error envelope.
    """
    if not body:
        raise _empty(method, status, signer)
    envelope = _read_envelope(method, status, body)
    if envelope.error:
        raise _failure(method, status, envelope, signer)
    if status != 200:
        raise UnexpectedReplyError(
            "a reply without the error flag came under an error status", method=method.name, status=status
        )
    if envelope.payloadtype != method.payloadtype:
        raise UnexpectedReplyError(
            f"the reply is a {envelope.payloadtype!r}; expected {method.payloadtype!r}",
            method=method.name,
            status=status,
        )
    if method.when_null is not None and envelope.payload.strip() == b"null":
        raise from_code(
            method, method.when_null, "the server answered null: it refused the data", status, signer=signer
        )
    try:
        reply = decode_reply(method, envelope.payload, strict=strict)
    except (*_UNREADABLE, UnknownFieldsError) as error:
        failure = UnexpectedReplyError(
            f"the payload does not fit the schema: {error}", method=method.name, status=status
        )
        failure.payload = bytes(envelope.payload)
        raise failure from error
    if look is not None:
        look(method, envelope.payload)
    return reply


class Opening:
    """How a client opens replies.

    Args:
        url: Address of the server.
        strict: Whether replies with unknown fields are refused.
        on_drift: What is done about those that are otherwise than the schema says.
    """

    def __init__(self, url: str, *, strict: bool, on_drift: OnDrift) -> None:
        self._strict = strict
        self._look = look_of(on_drift, url)

    def reply(self, method: Method[Any, RespT], status: int, body: bytes, signer: str) -> RespT:
        """The decoded reply of `method`. Raises what `open_reply` raises."""
        return open_reply(method, status, body, signer=signer, strict=self._strict, look=self._look)


def _empty(method: Method[Any, Any], status: int, signer: str) -> RPCError:
    if status == 200 and method.when_empty is not None:
        return from_code(
            method, method.when_empty, "the server answered with an empty body", status, signer=signer
        )
    if status >= 500:
        return ServerFaultError("the server failed and sent an empty body", method=method.name, status=status)
    return UnexpectedReplyError("the server sent an empty body", method=method.name, status=status)


def _read_envelope(method: Method[Any, Any], status: int, body: bytes) -> RPCReplyMsg:
    try:
        return _decode_envelope(body)
    except _UNREADABLE:
        pass
    try:
        # Some failures write two envelopes back to back; the first one counts.
        first, _ = json.JSONDecoder().raw_decode(body.decode("utf-8").lstrip())
        return msgspec.convert(first, RPCReplyMsg)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise not_an_envelope(method, status, body) from error


def is_envelope(body: bytes) -> bool:
    """Whether a body looks like a reply of a server at all; what is in it, `open_reply` says."""
    return body.lstrip()[:1] == b"{"


def not_an_envelope(
    method: Method[Any, Any], status: int, body: bytes, address: str = "", kind: str = "", remedy: str = ""
) -> RPCError:
    """The error for a body that is no envelope.

    Args:
        method: The message that was sent.
        status: Status of the reply.
        body: What came.
        address: Where it came from, in words; empty if that is not known.
        kind: Its content type; empty if that is not known.
        remedy: What to do if no server is there; empty if that is not known.
    """
    start = " ".join(body[:120].decode("utf-8", "replace").split())
    told = f"{kind} {start!r}".lstrip() if body else "an empty body"
    if status >= 500:
        hint = f"from {address}" if address else ""
        return ServerFaultError(f"no ColonyOS reply but {told}", method=method.name, status=status, hint=hint)
    hint = f"is a ColonyOS server behind {address or f'this address, at {API_PATH}'}?"
    error = UnexpectedReplyError(
        f"not a ColonyOS reply: {told}",
        method=method.name,
        status=status,
        hint=f"{hint} {remedy}".rstrip(),
    )
    error.misdirected = status not in MAY_PASS
    return error


def _failure(method: Method[Any, Any], status: int, envelope: RPCReplyMsg, signer: str) -> RPCError:
    try:
        failure = _decode_failure(envelope.payload)
    except _UNREADABLE:
        return UnexpectedReplyError("an error reply that cannot be read", method=method.name, status=status)
    return from_reply(method, failure.status or status, failure.message, signer)
