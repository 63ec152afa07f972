"""What Go's encoding/json says of a text that is no JSON."""

from __future__ import annotations

_BLANKS = b" \t\r\n"
_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"
_LITERALS = {116: b"true", 102: b"false", 110: b"null"}
_OBJECT, _LIST, _QUOTE, _BACKSLASH, _MINUS, _ZERO, _COLON, _COMMA, _POINT = b'{["\\-0:,.'
_TO_END = 2
"""From an opening bracket to its closing one."""
_MAX_DEPTH = 10000
_NAMED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 39: "'", 92: "\\"}


class _Invalid(Exception):
    """Ends the walk."""


def syntax_error(text: str) -> str | None:
    """How Go refuses `text`, such as "invalid character 'x' looking for beginning of value"; None if it is JSON."""
    try:
        _Walk(text.encode("utf-8", "surrogatepass")).document()
    except _Invalid as found:
        return str(found)
    return None


class _Walk:
    """One walk through a text, byte by byte, as Go's scanner does it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._open: list[int] = []

    def document(self) -> None:
        """Read one value and nothing else."""
        whole = self._value()
        while self._open:
            whole = self._go_on() if whole else self._value()
        self._skip_blanks()
        if self._at < len(self._data):
            raise self._invalid("after top-level value")

    def _value(self) -> bool:
        """Read a value, or only the beginning of one that holds others; tell whether it was read to its end."""
        self._skip_blanks()
        byte = self._byte()
        if byte in (_OBJECT, _LIST):
            self._open.append(byte)
            if len(self._open) > _MAX_DEPTH:
                raise _Invalid("exceeded max depth")
            return self._inside(byte)
        if byte == _QUOTE:
            self._string()
        elif byte in _LITERALS:
            self._literal(_LITERALS[byte])
        elif byte in _DIGITS or byte == _MINUS:
            self._number()
        else:
            raise self._invalid("looking for beginning of value")
        return True

    def _inside(self, bracket: int) -> bool:
        self._at += 1
        self._skip_blanks()
        if self._byte() == bracket + _TO_END:
            self._at += 1
            self._open.pop()
            return True
        if bracket == _OBJECT:
            self._key()
        return False

    def _go_on(self) -> bool:
        """Read what follows a value that is inside of another; tell whether that other one has ended with it."""
        self._skip_blanks()
        byte, bracket = self._byte(), self._open[-1]
        if byte == bracket + _TO_END:
            self._at += 1
            self._open.pop()
            return True
        if byte != _COMMA:
            raise self._invalid(
                "after object key:value pair" if bracket == _OBJECT else "after array element"
            )
        self._at += 1
        if bracket == _OBJECT:
            self._key()
        return False

    def _key(self) -> None:
        self._skip_blanks()
        self._require(self._byte() == _QUOTE, "looking for beginning of object key string")
        self._string()
        self._skip_blanks()
        self._require(self._byte() == _COLON, "after object key")
        self._at += 1

    def _string(self) -> None:
        self._at += 1
        while (byte := self._byte()) != _QUOTE:
            self._require(byte >= ord(" "), "in string literal")
            self._at += 1
            if byte == _BACKSLASH:
                self._escape()
        self._at += 1

    def _escape(self) -> None:
        byte = self._next()
        self._require(byte in b'bfnrt\\/"u', "in string escape code")
        self._at += 1
        for _ in range(4 if byte == ord("u") else 0):
            self._require(self._next() in _HEX, "in \\u hexadecimal character escape")
            self._at += 1

    def _literal(self, word: bytes) -> None:
        for wanted in word:
            self._require(self._next() == wanted, f"in literal {word.decode()} (expecting {_quoted(wanted)})")
            self._at += 1

    def _number(self) -> None:
        if self._next() == _MINUS:
            self._at += 1
        if self._next() == _ZERO:
            self._at += 1
        else:
            self._digits("in numeric literal")
        if self._next() == _POINT:
            self._at += 1
            self._digits("after decimal point in numeric literal")
        if self._next() in b"eE":
            self._at += 1
            if self._next() in b"+-":
                self._at += 1
            self._digits("in exponent of numeric literal")

    def _digits(self, where: str) -> None:
        self._require(self._next() in _DIGITS, where)
        while self._next() in _DIGITS:
            self._at += 1

    def _next(self) -> int:
        """The next byte; at the end a blank, which is in no number, word or escape, as Go takes it."""
        return self._data[self._at] if self._at < len(self._data) else ord(" ")

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise _Invalid("unexpected end of JSON input")
        return self._data[self._at]

    def _skip_blanks(self) -> None:
        while self._at < len(self._data) and self._data[self._at] in _BLANKS:
            self._at += 1

    def _require(self, fits: bool, where: str) -> None:
        if not fits:
            raise self._invalid(where)

    def _invalid(self, where: str) -> _Invalid:
        return _Invalid(f"invalid character {_quoted(self._next())} {where}")


def _quoted(byte: int) -> str:
    """A byte as Go quotes it, which takes it for a character of its own."""
    if byte in _NAMED:
        return f"'\\{_NAMED[byte]}'"
    if chr(byte).isprintable():
        return f"'{chr(byte)}'"
    return f"'\\x{byte:02x}'" if byte <= 0x7F else f"'\\u{byte:04x}'"
