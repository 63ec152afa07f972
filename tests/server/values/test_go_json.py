"""What Go says of a text that is no JSON: the words are those of encoding/json, go1.26."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonyos_gen.server._values.go_json import syntax_error

SAID = {
    "": "unexpected end of JSON input",
    " ": "unexpected end of JSON input",
    "[[[": "unexpected end of JSON input",
    '{"a":': "unexpected end of JSON input",
    '"x': "unexpected end of JSON input",
    "a": "invalid character 'a' looking for beginning of value",
    "é": "invalid character 'Ã' looking for beginning of value",
    "\x7f": r"invalid character '\x7f' looking for beginning of value",
    "\x85": "invalid character 'Â' looking for beginning of value",
    "'": r"invalid character '\'' looking for beginning of value",
    "\\": r"invalid character '\\' looking for beginning of value",
    "[1,]": "invalid character ']' looking for beginning of value",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    "{1:2}": "invalid character '1' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 2}': "invalid character '2' after object key:value pair",
    "[1 2]": "invalid character '2' after array element",
    "1 2": "invalid character '2' after top-level value",
    "01": "invalid character '1' after top-level value",
    '"\n"': r"invalid character '\n' in string literal",
    '"\\x"': "invalid character 'x' in string escape code",
    '"\\u12g4"': r"invalid character 'g' in \u hexadecimal character escape",
    "-": "invalid character ' ' in numeric literal",
    "-a": "invalid character 'a' in numeric literal",
    "1.": "invalid character ' ' after decimal point in numeric literal",
    "1e+x": "invalid character 'x' in exponent of numeric literal",
    "nul": "invalid character ' ' in literal null (expecting 'l')",
    "falsy": "invalid character 'y' in literal false (expecting 'e')",
    "[" * 10_001: "exceeded max depth",
}


@pytest.mark.parametrize("text", SAID)
def test_it_is_refused_in_the_words_of_go(text: str) -> None:
    assert syntax_error(text) == SAID[text]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    ),
    st.booleans(),
)
def test_json_is_not_refused(value: object, indented: bool) -> None:
    assert syntax_error(json.dumps(value, indent=2 if indented else None, ensure_ascii=indented)) is None
