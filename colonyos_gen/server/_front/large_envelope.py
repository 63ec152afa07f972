"""Envelopes so large that reading them at once would hold everybody else up.

What is large in an honest envelope is the text of its payload. So long texts are cut out, what is left is read like any other
envelope, and of the texts only the one that turns out to be the payload is looked at. Whatever else is large is refused.

Nothing here takes long at a stretch: another thread gets its turn between two pieces.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.constants import SIGNATURE_HEX_LENGTH

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front.envelope import Envelope, read_envelope

_PIECE = 1024**2
"""Bytes of a text that are read at a stretch."""
_LONG = 512
"""Bytes from which on a text is cut out."""
_MOST_AROUND = 64 * 1024
"""Bytes that may be around the texts of an envelope: white space, numbers, brackets."""
_MOST_QUOTES = 1000
"""An envelope with four fields has up to twenty."""
_NAMED = 100
"""Characters of a long value that a refusal shows."""
_MARK = secrets.token_hex(16)
"""Begins what stands for a text that was cut out. Nobody can have it in an envelope of theirs."""


class _Where(NamedTuple):
    """Where a text is in a body, between its quotes."""

    start: int
    stop: int


_read_text = msgspec.json.Decoder(str).decode


def read_large_envelope(body: bytes | bytearray) -> Envelope:
    """The envelope in an HTTP body of any size. Raises Refusal.

    Of a payload that comes without anything that could be its signature only the beginning is read.
    """
    before = _space_before(body)
    if body[before : before + 1] != b"{":
        raise Refusal(errors.MALFORMED_ENVELOPE, detail="the envelope is not a JSON object")
    rest, texts = _cut(body, before)
    envelope = read_envelope(rest)
    payloadtype, payload, signature = (
        texts[int(str(value).removeprefix(_MARK))] if str(value).startswith(_MARK) else None
        for value in envelope
    )
    if payloadtype is not None:  # no message has such a type, nor is there such a signature
        envelope = envelope._replace(payloadtype=_begin_of(body, payloadtype) + "…")
    if signature is not None:
        envelope = envelope._replace(signature=_begin_of(body, signature))
    if payload is not None:
        is_whole = len(envelope.signature) == SIGNATURE_HEX_LENGTH
        envelope = envelope._replace(payload=_text(body, payload, len(body) if is_whole else _PIECE // 2))
    return envelope


def _space_before(body: bytes | bytearray) -> int:
    begin = body[:_PIECE]
    return len(begin) - len(begin.lstrip(b" \t\r\n"))


def _cut(body: bytes | bytearray, at: int) -> tuple[bytes, list[_Where]]:
    """The envelope with a mark in the place of each long text, and where these texts are between their quotes."""
    parts: list[bytes | bytearray] = []
    texts: list[_Where] = []
    around = quotes = 0
    while (start := body.find(b'"', at)) != -1:
        around += start - at
        if around > _MOST_AROUND:
            break
        end, quotes = _end_of_text(body, start + 1, quotes + 1)
        if end - start > _LONG:
            parts += (body[at : start + 1], f'{_MARK}{len(texts)}"'.encode())
            texts.append(_Where(start + 1, end))
        else:
            parts.append(body[at : end + 1])
        at = end + 1
    if around + max(0, len(body) - at) > _MOST_AROUND:
        raise Refusal(
            errors.MALFORMED_ENVELOPE,
            detail=f"the envelope has more than {_MOST_AROUND} bytes around its texts",
        )
    return b"".join((*parts, body[at:])), texts


def _end_of_text(body: bytes | bytearray, start: int, quotes: int) -> tuple[int, int]:
    """Where the quote is that ends the text from `start` on, and how many quotes there were up to it."""
    at = start
    while (end := body.find(b'"', at)) != -1:
        quotes += 1
        if quotes > _MOST_QUOTES:
            raise Refusal(errors.MALFORMED_ENVELOPE, detail="the envelope has too many fields")
        if _backslashes(body, start, end) % 2 == 0:
            return end, quotes
        at = end + 1
    raise Refusal(errors.MALFORMED_ENVELOPE, detail="the envelope is not complete")


def _backslashes(body: bytes | bytearray, start: int, end: int) -> int:
    """How many there are before `end`, one after the other."""
    low, size = end, 16
    while low > start:
        high, low, size = low, max(start, low - size), _PIECE
        if others := body[low:high].rstrip(b"\\"):
            return end - low - len(others)
        if end - low > _PIECE:
            raise Refusal(errors.MALFORMED_ENVELOPE, detail="the envelope has too many backslashes")
    return end - start


def _begin_of(body: bytes | bytearray, where: _Where) -> str:
    return body[where.start : where.start + _NAMED].decode("utf-8", "replace")


def _text(body: bytes | bytearray, where: _Where, most: int) -> str | memoryview:
    """The text between these quotes, or the beginning of it that has at least `most` bytes."""
    pieces: list[str] = []
    at = where.start
    is_plain = where.stop - at <= most and body.find(b"\\", at, where.stop) == -1
    try:
        while at < min(where.stop, where.start + most):
            piece = body[at : min(at + _PIECE, where.stop)]
            if at + len(piece) < where.stop:
                piece = piece[: _end_of_piece(piece)]
            is_plain = is_plain and piece.isascii()
            read = _read_text(b"".join((b'"', piece, b'"')))
            if not is_plain:
                if not pieces:
                    pieces.append(str(memoryview(body)[where.start : at], "utf-8"))
                pieces.append(read)
            at += len(piece)
    except (msgspec.MsgspecError, ValueError):
        detail = "a text of the envelope cannot be read"
        raise Refusal(errors.MALFORMED_ENVELOPE, detail=detail) from None
    return memoryview(body)[where.start : where.stop] if is_plain else "".join(pieces)


def _end_of_piece(piece: bytes | bytearray) -> int:
    """Where no character and no escape is cut in two."""
    end = len(piece)
    if piece[-1] >= 0x80:
        end -= next((back for back in range(1, 4) if piece[-back] >= 0xC0), 0)
    escape = piece.rfind(b"\\", end - 6, end)
    if escape != -1 and _backslashes(piece, 0, escape + 1) % 2:
        end = escape
    return end
