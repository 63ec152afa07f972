"""Envelopes that are not plainly three texts, read as the real server reads them.

Keys match in any case, the last value that is not null counts, other keys do not count, whatever is in them, and texts may be
broken. What cannot be read is refused with the words of the real server. Asked only when the fast reading has refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import cast

import msgspec
from colonyos_gen_wire import errors

from colonyos_gen.server._caller.refusal import NO_ANSWER, Refusal
from colonyos_gen.server._values.go_json import NotJSON, has_many_tokens, members, mended, mistyped

_FIELDS = ("payloadtype", "payload", "signature")
_MOST_QUOTES = 1000
"""An envelope with four fields has up to twenty."""

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.decode
_blank = re.compile(rb"[ \t\r\n]*")
_KINDS = {b'"': "string", b"{": "object", b"[": "array", b"t": "bool", b"f": "bool", b"n": "null"}


def read_carefully(body: bytes) -> dict[str, str]:
    """The fields of an envelope, by their names; absent ones are empty. Raises Refusal."""
    try:
        pairs = _of_many(body) if has_many_tokens(body) else members(body)
        found: dict[str, str] = dict.fromkeys(_FIELDS, "")
        wrong = _collect(pairs, found)
    except (NotJSON, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = str(error) if isinstance(error, NotJSON) else "the envelope is not JSON"
        raise Refusal(errors.MALFORMED_ENVELOPE, detail=detail) from None
    kind = _kind(_begun(body))
    if kind == "null":
        raise Refusal(NO_ANSWER)
    if kind != "object":
        raise Refusal(
            errors.MALFORMED_ENVELOPE,
            detail=mistyped(f"{kind} into Go value of type rpc.RPCMsg"),
        )
    if wrong:
        raise Refusal(errors.MALFORMED_ENVELOPE, detail=wrong)
    return found


def _collect(pairs: Iterable[tuple[bytes, bytes]], found: dict[str, str]) -> str:
    """Put the fields among `pairs` into `found`, and return what is wrong with the first of them that is no text."""
    wrong = ""
    for key, value in pairs:
        name = _name(_text(key))
        if name not in found or (kind := _kind(value)) == "null":
            continue
        if kind == "string":
            found[name] = _text(value)
        else:
            wrong = wrong or mistyped(f"{kind} into Go struct field RPCMsg.{name} of type string")
    return wrong


def _text(string: bytes) -> str:
    return cast("str", _decode(mended(string)))


def _of_many(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The members that count of an object with much in it, of those that come twice the last; only texts are taken out."""
    if body.count(b'"') > _MOST_QUOTES:
        raise NotJSON("the envelope has too many fields")
    try:
        found = _decode_fields(body)
    except msgspec.ValidationError:
        return
    for key, value in found.items():
        if _name(key) in _FIELDS:
            first = bytes(memoryview(value)[:1])
            yield msgspec.json.encode(key), bytes(value) if first == b'"' else first


def _begun(body: bytes) -> bytes:
    """The first byte of a document."""
    found = _blank.match(body)
    place = found.end() if found else 0
    return body[place : place + 1]


def _name(key: str) -> str:
    # The letter that is an s to Go, too.
    return key.lower().replace("\u017f", "s")


def _kind(value: bytes) -> str:
    return _KINDS.get(value[:1], "number")
