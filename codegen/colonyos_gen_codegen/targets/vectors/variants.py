"""For a field of each kind: values that it may have, and values that it may not."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from colonyos_gen_codegen.model import Field, Limit, Scalar, Type
from colonyos_gen_codegen.targets.vectors.samples import (
    ABSENT,
    GO_ZERO_TIME,
    IDENTITY,
    Samples,
    fits,
)

_JSON: dict[str, Any] = {
    "string": "text",
    "number": 7,
    "fraction": 7.5,
    "boolean": True,
    "null": None,
    "list": [],
    "object": {},
}
_TAKES: dict[Scalar, set[str]] = {
    Scalar.STRING: {"string"},
    Scalar.INTEGER: {"number"},
    Scalar.NUMBER: {"number", "fraction"},
    Scalar.BOOLEAN: {"boolean"},
    Scalar.TIME: {"null"},
    Scalar.BYTES: {"string"},
    Scalar.ANY: set(_JSON),
}
_GOOD: dict[Scalar, dict[str, Any]] = {
    Scalar.STRING: {
        "empty": "",
        "looks like JSON": '{"a": [null]}',
        "control characters": "\x00\x01\x1f\x7f\u2028\u2029\ufeff",
        "marks and joiners": "e\u0301 \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f680",
    },
    Scalar.INTEGER: {
        "negative": -1,
        "2^31": 2**31,
        "largest exact": 2**53 - 1,
        "smallest exact": -(2**53) + 1,
    },
    Scalar.NUMBER: {
        "integer": 3,
        "negative": -1.5,
        "tiny": 5e-324,
        "huge": 1.7976931348623157e308,
        "third": 1 / 3,
    },
    Scalar.BOOLEAN: {},
    Scalar.TIME: {
        "UTC": "2026-11-23T17:50:10Z",
        "nanoseconds": "2026-11-23T18:50:10.000328582+01:00",
        "a tenth": "2026-11-23T18:50:10.1-05:30",
        "before 1970": "1912-06-23T00:00:00Z",
        "last": "9999-12-31T23:59:59.999999Z",
        "unset, in UTC": GO_ZERO_TIME,
        "unset, east of Greenwich": "0001-01-01T01:12:12+01:12",
        "unset, west of Greenwich": "0000-12-31T19:03:58-04:56",
        "null": None,
    },
    Scalar.BYTES: {"empty": "", "one": "AA==", "all": base64.b64encode(bytes(range(256))).decode()},
    Scalar.ANY: {
        "null": None,
        "false": False,
        "text": "2026-11-23T18:50:10Z",
        "fraction": -0.5,
        "2^53": 2**53,
        "empty list": [],
        "nested": {"": [[], {}, [{"a": None}]], "__proto__": 1, "constructor": {"a b": "\u2028"}},
    },
}
_BROKEN_TIMES = {
    "no date": "yesterday",
    "no zone": "2026-11-23T18:50:10",
    "13th month": "2026-13-01T00:00:00Z",
}
_ODD_KEYS = ("", "a.b", "__proto__", "constructor", "Ключ", 'a "key"')
_ODD_TEXTS = ("a:b", "a\x00b", IDENTITY[:-1], "text", "", f"{IDENTITY}0", "g" * 64)


def kinds_of(type_: Type) -> tuple[str, ...]:
    """What kind of value it is, and what is inside."""
    own = type_.scalar.value if type_.kind == "scalar" else type_.kind
    return (own, *(kinds_of(type_.item) if type_.item is not None else ()))


def good(samples: Samples, field: Field, *, thorough: bool) -> Iterator[tuple[str, Any]]:
    """Values for a field, each with what is peculiar about it; only the most telling ones, unless it is to be `thorough`."""
    type_ = field.type
    if not field.required:
        yield "absent", ABSENT
    if type_.optional:
        yield "null", None
    if field.go_null:
        yield "null for empty", None
    if type_.kind == "list" and type_.item is not None:
        yield "three", [samples.full(type_.item), samples.smallest(type_.item), samples.smallest(type_.item)]
    elif type_.kind == "map" and type_.item is not None:
        keys = [key for key in _ODD_KEYS if type_.key is None or fits(type_.key.limit, key)]
        yield "odd keys", {key: samples.full(type_.item) for key in keys}
    elif type_.kind == "enum":
        yield "unknown value", 77
        yield "unknown negative value", -7
    elif type_.kind == "scalar":
        if thorough or type_.scalar is Scalar.ANY:
            yield from _GOOD[type_.scalar].items()
        elif type_.scalar is Scalar.TIME:
            yield "unset, in UTC", GO_ZERO_TIME
        if type_.int64:
            yield "largest of 64 bits", 2**63 - 1
            yield "smallest of 64 bits", -(2**63)


def wrong(field: Field, *, thorough: bool) -> Iterator[tuple[str, Any]]:
    """Values of kinds that a field does not take, each with its kind; two of them, unless it is to be `thorough`."""
    if field.required:
        yield "absent", ABSENT
    kinds = list(_wrong_kinds(field.type, null=field.go_null))
    yield from kinds if thorough else [each for each in kinds if each[0] in ("null", "number", "text")][:2]
    item = field.type.item
    if item is not None and thorough:
        for kind, value in _wrong_kinds(item, null=False):
            if field.type.kind == "list":
                yield f"{kind} in the list", [value]
            else:
                yield f"{kind} in the map", {"key": value}


def _wrong_kinds(type_: Type, *, null: bool) -> Iterator[tuple[str, Any]]:
    if type_.kind == "enum":
        takes = {"number"}
    elif type_.kind == "scalar":
        takes = _TAKES[type_.scalar]
    else:
        takes = {"list"} if type_.kind == "list" else {"object"}
    if (
        null or type_.optional or type_.kind in ("list", "map")
    ):  # null for a list is empty for whoever likes it so
        takes = takes | {"null"}
    for kind, value in _JSON.items():
        if kind not in takes:
            yield kind, value
    if type_.kind == "scalar" and type_.scalar is Scalar.TIME:
        yield from _BROKEN_TIMES.items()
    if type_.kind == "scalar" and type_.scalar is Scalar.BYTES:
        yield "no base64", "no base64!"


def beyond(limit: Limit) -> Iterator[tuple[str, Any]]:
    """Texts and integers that break a limit."""
    if limit.pattern is not None:
        broken = [text for text in _ODD_TEXTS if not fits(limit, text)]
        yield from ((f"text {index}", text) for index, text in enumerate(broken, 1))
    if limit.minimum is not None:
        yield "below", limit.minimum - 1
    if limit.maximum is not None:
        yield "above", limit.maximum + 1
    yield from ((f"not {value}", value) for value in limit.excluded)


def within(limit: Limit) -> Iterator[tuple[str, Any]]:
    """Integers at the ends of a limit, and a small number beside one that is excluded."""
    if limit.minimum is not None:
        yield "least", limit.minimum
    if limit.maximum is not None:
        yield "most", limit.maximum
    for value in limit.excluded:
        yield f"beside {value}", value - 1
