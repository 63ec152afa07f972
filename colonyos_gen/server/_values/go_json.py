"""JSON as the real server reads it, where the fast decoder refuses: more lenient with texts, and with other words.

Go takes escapes of half a character (`\\ud800`) and bytes that are no UTF-8 in strings, each as U+FFFD; Python's json module
sends the former for file names that are no UTF-8. What is wrong with the rest it says byte by byte.

Nothing here is asked before the decoder has refused a text, so that ordinary requests cost nothing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NoReturn

from colonyos_gen_wire.errors import shared

_MOST_TOKENS = 20_000
"""Texts with more brackets and strings are not searched for their fault: some milliseconds of work."""

_DEEPEST = 10_000
TOO_DEEP = "exceeded max depth"

_REPLACEMENT = b"\\ufffd"
_half = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|[^u])"
)
"""Escapes that are read as one, so that none begins in the middle of another; the group is half a character."""

_space = re.compile(rb"[ \t\r\n]*")
_plain = re.compile(rb'[^"\\\x00-\x1f]*')
_escape = re.compile(rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_hex = re.compile(rb"\\u[0-9a-fA-F]*")
_digits = re.compile(rb"[0-9]*")
_LITERALS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_SHORT = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 39: "\\'", 92: "\\\\"}

_VALUE = "looking for beginning of value"
_KEY = "looking for beginning of object key string"
_AFTER = {
    b"": "after top-level value",
    b"[": "after array element",
    b"{": "after object key:value pair",
    b":": "after object key",
}


class NotJSON(ValueError):
    """A text is no JSON; the message is what the real server says of it, and `detail` which character it stumbled over."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def mistyped(detail: str) -> str:
    """What the real server says of a value of the wrong type."""
    return shared.MISTYPED_WORKFLOWSPEC.text.format(detail=detail)


def mended(text: bytes) -> bytes:
    """`text` with U+FFFD for every byte that is no UTF-8, and for every escape of half a character."""
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode("utf-8", _ERRORS).encode()
    return _half.sub(_whole, text) if b"\\u" in text else text


def _whole(escape: re.Match[bytes]) -> bytes:
    return _REPLACEMENT if escape[1] else escape[0]


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    """Go takes every single byte of a broken character for one of its own."""
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


_ERRORS = "colonyos_gen.go_json"
codecs.register_error(_ERRORS, _each_byte)


def require_json(text: bytes) -> None:
    """Raise `NotJSON` unless `text` is JSON to Go's mind. Of one too large for a search no fault is told."""
    if has_many_tokens(text):
        raise NotJSON("the text is not JSON")
    for _ in members(text):
        pass


def has_many_tokens(text: bytes) -> bool:
    """Whether reading `text` step by step would take long."""
    return (
        text.count(b'"') + text.count(b"[") + text.count(b"{") + text.count(b",") + text.count(b"\\")
        > _MOST_TOKENS
    )


def members(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of an object in their order, also those that come twice, each as it is written.

    Gives none for other values. Raises `NotJSON` at the first fault, after what came before it.
    """
    inside: list[bytes] = []
    key: bytes | None = None
    begin = 0
    place = _skip(text, 0)
    while True:
        # A value begins here.
        if len(inside) == 1:
            begin = place
        match text[place : place + 1]:
            case b"{":
                _go_into(inside, b"{")
                place = _skip(text, place + 1)
                if text[place : place + 1] != b"}":
                    place, key = _key(text, place, inside, key)
                    continue
            case b"[":
                _go_into(inside, b"[")
                place = _skip(text, place + 1)
                if text[place : place + 1] != b"]":
                    continue
            case b'"':
                place = _string(text, place)
            case byte if byte in b"-0123456789" and byte:
                place = _number(text, place)
            case byte if byte in _LITERALS:
                place = _literal(text, place, _LITERALS[byte])
            case _:
                _refuse(text, place, _VALUE)
        # A value has ended, and perhaps what it is in.
        while True:
            place = _skip(text, place)
            where = inside[-1] if inside else b""
            byte = text[place : place + 1]
            if not where:
                if byte:
                    _refuse(text, place, _AFTER[where])
                return
            if byte == (b"}" if where == b"{" else b"]"):
                if inside == [b"{"] and key is not None:
                    yield key, text[begin:place].strip(b" \t\r\n")
                inside.pop()
                place += 1
                continue
            if byte != b",":
                _refuse(text, place, _AFTER[where])
            break
        if inside == [b"{"] and key is not None:
            yield key, text[begin:place].strip(b" \t\r\n")
        place = _skip(text, place + 1)
        if inside[-1] == b"{":
            place, key = _key(text, place, inside, key)


def _go_into(inside: list[bytes], bracket: bytes) -> None:
    inside.append(bracket)
    if len(inside) > _DEEPEST:
        raise NotJSON(TOO_DEEP)


def _key(text: bytes, place: int, inside: list[bytes], key: bytes | None) -> tuple[int, bytes | None]:
    """Where the value of the key at `place` begins, and the key of the outermost object that it belongs to."""
    if text[place : place + 1] != b'"':
        _refuse(text, place, _KEY)
    end = _string(text, place)
    if len(inside) == 1:
        key = text[place:end]
    place = _skip(text, end)
    if text[place : place + 1] != b":":
        _refuse(text, place, _AFTER[b":"])
    return _skip(text, place + 1), key


def _skip(text: bytes, place: int) -> int:
    found = _space.match(text, place)
    return found.end() if found else place


def _string(text: bytes, place: int) -> int:
    """Where the string that begins at `place` ends."""
    place += 1
    while True:
        found = _plain.match(text, place)
        place = found.end() if found else place
        byte = text[place : place + 1]
        if byte == b'"':
            return place + 1
        if not byte:
            raise NotJSON(shared.INVALID_WORKFLOWSPEC.text)
        if byte != b"\\":
            _refuse(text, place, "in string literal")
        found = _escape.match(text, place)
        if not found:
            if begun := _hex.match(text, place):
                _refuse(text, begun.end(), "in \\u hexadecimal character escape", ended=b" ")
            _refuse(text, place + 1, "in string escape code", ended=b" ")
        place = found.end()


def _number(text: bytes, place: int) -> int:
    if text[place : place + 1] == b"-":
        place += 1
    if text[place : place + 1] == b"0":
        place += 1
    else:
        place = _some_digits(text, place, "in numeric literal")
    if text[place : place + 1] == b".":
        place = _some_digits(text, place + 1, "after decimal point in numeric literal")
    if text[place : place + 1] in (b"e", b"E"):
        place += 1
        if text[place : place + 1] in (b"+", b"-"):
            place += 1
        place = _some_digits(text, place, "in exponent of numeric literal")
    return place


def _some_digits(text: bytes, place: int, what: str) -> int:
    found = _digits.match(text, place)
    if not found or not found[0]:
        _refuse(text, place, what, ended=b" ")
    return found.end()


def _literal(text: bytes, place: int, literal: bytes) -> int:
    for index in range(len(literal)):
        wanted = literal[index : index + 1]
        if text[place + index : place + index + 1] != wanted:
            what = f"in literal {literal.decode()} (expecting '{wanted.decode()}')"
            _refuse(text, place + index, what, ended=b" ")
    return place + len(literal)


def _refuse(text: bytes, place: int, what: str, *, ended: bytes = b"") -> NoReturn:
    """Say what Go says of the byte at `place`; at the end of the text it tries a blank, which fits in most places."""
    byte = text[place : place + 1] or ended
    if not byte:
        raise NotJSON(shared.INVALID_WORKFLOWSPEC.text)
    detail = f"{quoted(byte[0])} {what}"
    raise NotJSON(shared.MALFORMED_WORKFLOWSPEC.text.format(detail=detail), detail)


def quoted(byte: int) -> str:
    """A byte between quotes, as Go shows it."""
    char = chr(byte)
    if byte in _SHORT:
        char = _SHORT[byte]
    elif byte < 0x80 and not char.isprintable():
        char = f"\\x{byte:02x}"
    elif not char.isprintable():
        char = f"\\u{byte:04x}"
    return f"'{char}'"
