"""JSON that is broken, read as the real server reads it. The words are those of its own answers."""

from __future__ import annotations

import time

import msgspec
import pytest

from colonyos_gen.server._values.go_json import NotJSON, has_many_tokens, members, mended, require_json
from colonyos_gen.server._values.plain_json import plain_json

WORDS = {
    b"": "unexpected end of JSON input",
    b"  \n": "unexpected end of JSON input",
    b"{": "unexpected end of JSON input",
    b"}": "invalid character '}' looking for beginning of value",
    b"{]": "invalid character ']' looking for beginning of object key string",
    b"{,}": "invalid character ',' looking for beginning of object key string",
    b"{a:1}": "invalid character 'a' looking for beginning of object key string",
    b'{"a"}': "invalid character '}' after object key",
    b'{"a" 1}': "invalid character '1' after object key",
    b'{"a":}': "invalid character '}' looking for beginning of value",
    b'{"a":1,}': "invalid character '}' looking for beginning of object key string",
    b'{"a":1 "b":2}': "invalid character '\"' after object key:value pair",
    b'{"a":0x1}': "invalid character 'x' after object key:value pair",
    b'{"a":1': "unexpected end of JSON input",
    b'{"a":{"b":[1,{"c":2 3}]}}': "invalid character '3' after object key:value pair",
    b"[1 2]": "invalid character '2' after array element",
    b"[1,]": "invalid character ']' looking for beginning of value",
    b"{}{}": "invalid character '{' after top-level value",
    b"{}\0": "invalid character '\\x00' after top-level value",
    b"01": "invalid character '1' after top-level value",
    b"-": "invalid character ' ' in numeric literal",
    b"-x": "invalid character 'x' in numeric literal",
    b"1.": "invalid character ' ' after decimal point in numeric literal",
    b'{"a":1.}': "invalid character '}' after decimal point in numeric literal",
    b"1e": "invalid character ' ' in exponent of numeric literal",
    b"1e+x": "invalid character 'x' in exponent of numeric literal",
    b"+1": "invalid character '+' looking for beginning of value",
    b"nul": "invalid character ' ' in literal null (expecting 'l')",
    b"trux": "invalid character 'x' in literal true (expecting 'e')",
    b"NaN": "invalid character 'N' looking for beginning of value",
    b"'a'": "invalid character '\\'' looking for beginning of value",
    b"\\": "invalid character '\\\\' looking for beginning of value",
    b"\x0c{}": "invalid character '\\f' looking for beginning of value",
    b"\x7f": "invalid character '\\x7f' looking for beginning of value",
    b"\xef\xbb\xbf{}": "invalid character 'ï' looking for beginning of value",
    b"\xff": "invalid character 'ÿ' looking for beginning of value",
    b"\xa0": "invalid character '\\u00a0' looking for beginning of value",
    b'"a': "unexpected end of JSON input",
    b'"\n"': "invalid character '\\n' in string literal",
    b'"\\x"': "invalid character 'x' in string escape code",
    b'"\\': "invalid character ' ' in string escape code",
    b'"\\u12"': "invalid character '\"' in \\u hexadecimal character escape",
    b'"\\ud8': "invalid character ' ' in \\u hexadecimal character escape",
}


@pytest.mark.parametrize("text", WORDS)
def test_what_is_said_of_a_fault(text: bytes) -> None:
    with pytest.raises(NotJSON) as caught:
        require_json(text)
    assert str(caught.value) == WORDS[text]
    with pytest.raises(ValueError, match=r".") as told:
        plain_json(text)
    assert str(told.value) == WORDS[text]


@pytest.mark.parametrize(
    "text", [b"{}", b"[]", b" [1, {}] ", b'{"a":[{}],"b":-0.5e-7}', b'"\\u00e9\xff"', b"null"]
)
def test_what_is_no_fault(text: bytes) -> None:
    require_json(text)
    plain_json(text)


STRINGS = {
    rb"\ud800": "\ufffd",
    rb"\udc00": "\ufffd",
    rb"a\udcffb": "a\ufffdb",
    rb"\udc00\ud800": "\ufffd\ufffd",
    rb"\ud800\ud800\udc00": "\ufffd\U00010000",
    rb"\uD83D\uDE00": "\U0001f600",
    rb"\ud800A": "\ufffdA",
    rb"\ud800\u0041": "\ufffdA",
    rb"\ud800\n": "\ufffd\n",
    rb"\\ud800": "\\ud800",
    rb"\\\ud800": "\\\ufffd",
    rb"\\\\ud800": "\\\\ud800",
    b"\xff": "\ufffd",
    b"\xe2\x82": "\ufffd\ufffd",
    b"\xe2\x82x\xc3\xa9": "\ufffd\ufffdx\u00e9",
    b"\xed\xa0\x80": "\ufffd\ufffd\ufffd",
    b"\xc0\x80": "\ufffd\ufffd",
    b"\xf0\x90\x80": "\ufffd\ufffd\ufffd",
    b"\xf4\x90\x80\x80": "\ufffd" * 4,
    b"\xff\\ud800": "\ufffd\ufffd",
}


@pytest.mark.parametrize("string", STRINGS)
def test_broken_characters_are_replaced(string: bytes) -> None:
    quoted, read = b'"' + string + b'"', STRINGS[string]
    assert msgspec.json.decode(mended(quoted)) == read
    assert plain_json(quoted) == read
    assert plain_json(b'{%b:{"x":[%b]}}' % (quoted, quoted)) == {read: {"x": [read]}}


def test_sound_texts_are_not_mended() -> None:
    for text in (b"", b'{"a":"\\u00e9\\\\ud800"}', '{"é":"\U0001f600"}'.encode()):
        assert mended(text) == text


def test_members_in_their_order() -> None:
    text = b' {"a" : 1 ,"b":{"a":[2,{"a":3}]}, "a":null,"\\u0061":"x","e":[ ] } '
    assert list(members(text)) == [
        (b'"a"', b"1"),
        (b'"b"', b'{"a":[2,{"a":3}]}'),
        (b'"a"', b"null"),
        (b'"\\u0061"', b'"x"'),
        (b'"e"', b"[ ]"),
    ]
    for nothing in (b"{}", b"[]", b'[{"a":1}]', b"5", b'"a"'):
        assert list(members(nothing)) == []


@pytest.mark.parametrize("piece", [b"[", b"{}", b'""', b",", b"\\n"])
def test_no_search_takes_long(piece: bytes) -> None:
    """Ten megabytes of a fault: less work than to read two hundred thousand bytes of them step by step."""
    large, small = b"[" + piece * (10_000_000 // len(piece)), b"[" + b'"",' * 60_000
    assert has_many_tokens(large)
    began = time.process_time()
    with pytest.raises(NotJSON, match=r"^the text is not JSON$"):
        require_json(large)
    searched = time.process_time() - began
    began = time.process_time()
    with pytest.raises(NotJSON, match="unexpected end"):
        for _ in members(small):
            pass
    assert searched < time.process_time() - began
