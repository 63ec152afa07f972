"""Values of any type of the schema: the smallest one, a full one, one as the Go server writes it empty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from colonyos_gen_codegen.model import Field, Limit, Scalar, Service, Struct, Type
from colonyos_gen_codegen.targets.finding import TargetError

Step = str | int
"""A wire name or a key, or the index in a list."""
Place = tuple[tuple[Step, ...], Struct, Field]
"""The way to a field, the struct that it is in, and the field."""

ABSENT = object()
"""In the place of a value: the key is left out."""
KEY = "a key"
"""Of maps in samples."""
TEXT = 'Text with "quotes", a \\, a tab\t, Åäö, 漢字 and 🦀'
TIME = "2026-11-23T18:50:10.075583+01:00"
GO_ZERO_TIME = "0001-01-01T00:00:00Z"
IDENTITY = "0123456789abcdef" * 4
BEYOND_DOUBLES = 2**53 + 1
"""An integer that a floating-point number cannot hold."""

_TEXTS = (TEXT, "", "text", IDENTITY, "0", "a", "-1", "1m", "1Mi", "* * * * * *")
_FULL: dict[Scalar, Any] = {
    Scalar.STRING: TEXT,
    Scalar.INTEGER: 7,
    Scalar.NUMBER: 0.25,
    Scalar.BOOLEAN: True,
    Scalar.TIME: TIME,
    Scalar.BYTES: "AP8gYnl0ZXM=",
    Scalar.ANY: {"list": [1, -2.5, True, None, "text"], "none": {}},
}
_EMPTY: dict[Scalar, Any] = {
    Scalar.STRING: "",
    Scalar.INTEGER: 0,
    Scalar.NUMBER: 0,
    Scalar.BOOLEAN: False,
    Scalar.TIME: None,
    Scalar.BYTES: "",
    Scalar.ANY: None,
}


def fits(limit: Limit | None, value: Any) -> bool:
    """Whether a text, integer or base64 text keeps `limit`; bytes are counted generously."""
    if limit is None:
        return True
    if isinstance(value, str):
        ok = limit.pattern is None or re.search(limit.pattern.replace("$", r"\Z"), value) is not None
        return ok and (limit.max_bytes is None or len(value.encode()) <= limit.max_bytes)
    least = limit.minimum is None or value >= limit.minimum
    return least and (limit.maximum is None or value <= limit.maximum) and value not in limit.excluded


class Samples:
    """Makes values of the types of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def struct(self, type_: Type) -> Struct:
        """The struct that a type names."""
        return self._service.struct(type_.name)

    def smallest(self, type_: Type) -> Any:
        """What holds nothing that it can do without, and keeps the limits."""
        if type_.optional:
            return None
        if type_.kind == "list":
            return []
        if type_.kind == "map":
            return {}
        if type_.kind == "struct":
            return self.required(self.struct(type_))
        if type_.kind == "enum":
            return self._service.enum(type_.name).members[0].value
        return self._fitting(type_, _EMPTY[type_.scalar])

    def required(self, struct: Struct) -> dict[str, Any]:
        """The fields that a struct cannot do without."""
        return {
            field.wire: self._refined(field, self.smallest(field.type))
            for field in struct.fields
            if field.required
        }

    def full(self, type_: Type, outside: tuple[str, ...] = ()) -> Any:
        """What holds something everywhere, and keeps the limits; a type inside of itself is left empty."""
        if type_.kind == "list":
            assert type_.item is not None
            return [] if type_.item.name in outside and type_.item.name else [self.full(type_.item, outside)]
        if type_.kind == "map":
            assert type_.item is not None
            return (
                {}
                if type_.item.name in outside and type_.item.name
                else {KEY: self.full(type_.item, outside)}
            )
        if type_.kind == "struct":
            if type_.name in outside:
                return None if type_.optional else self.smallest(type_)
            return self.filled(self.struct(type_), (*outside, type_.name))
        if type_.kind == "enum":
            return self._service.enum(type_.name).members[-1].value
        if type_.int64 and type_.limit is None:
            return BEYOND_DOUBLES
        return self._fitting(type_, _FULL[type_.scalar])

    def filled(self, struct: Struct, outside: tuple[str, ...] = ()) -> dict[str, Any]:
        """Every field of a struct, filled."""
        made: dict[str, Any] = {}
        for field in struct.fields:
            if field.json is not None:
                made[field.wire] = self.json_text(field, outside)
                continue
            made[field.wire] = self._refined(field, self.full(field.type, outside))
            for path, wire in field.among:
                for item in made[field.wire]:
                    put(item, path.split("."), [item[wire]])
        return made

    def json_text(self, field: Field, outside: tuple[str, ...] = ()) -> str:
        """The JSON that a text of this field holds, full."""
        assert field.json is not None
        return text_of(self.full(field.json, outside))

    def as_go(self, type_: Type) -> Any:
        """What the Go server writes where nothing is set: nulls, its zero time, and no key where it leaves empty ones out."""
        if type_.optional:
            return None
        if type_.kind != "struct":
            return (
                GO_ZERO_TIME if type_.scalar is Scalar.TIME and type_.kind == "scalar" else self._zero(type_)
            )
        return {
            field.wire: None if field.go_null else self.as_go(field.type)
            for field in self.struct(type_).fields
            if not field.omit_empty
        }

    def around(self, type_: Type, steps: Sequence[Step], value: Any) -> Any:
        """The smallest value of `type_` that has `value` at the end of `steps`."""
        if not steps:
            return value
        if type_.kind == "list":
            assert type_.item is not None
            return [self.around(type_.item, steps[1:], value)]
        if type_.kind == "map":
            assert type_.item is not None
            return {str(steps[0]): self.around(type_.item, steps[1:], value)}
        return self.around_in(self.struct(type_), steps, value)

    def around_in(self, struct: Struct, steps: Sequence[Step], value: Any) -> dict[str, Any]:
        """The same for a struct."""
        made = self.required(struct)
        field = next(field for field in struct.fields if field.wire == steps[0])
        inner = self.around(field.type, steps[1:], value)
        if inner is ABSENT:
            made.pop(field.wire, None)
        else:
            made[field.wire] = inner
        return made

    def _zero(self, type_: Type) -> Any:
        if type_.kind in ("list", "map"):
            return [] if type_.kind == "list" else {}
        return 0 if type_.kind == "enum" else _EMPTY[type_.scalar]

    def _refined(self, field: Field, value: Any) -> Any:
        """`value` with what fits in the place of what breaks a limit that holds in this field only."""
        for name, limit in field.refine:
            inner = next(each for each in self.struct(field.type).fields if each.name == name)
            if value is not None and inner.wire in value:
                value[inner.wire] = self._fitting(replace(inner.type, limit=limit), value[inner.wire])
        return value

    def _fitting(self, type_: Type, wanted: Any) -> Any:
        if fits(type_.limit, wanted):
            return wanted
        others = self._texts() if isinstance(wanted, str) else (1, 0, 2, -1, 10, 100, *_edges(type_.limit))
        found = next((each for each in others if fits(type_.limit, each)), None)
        if found is None:
            assert type_.limit is not None
            raise TargetError(
                f"no text in any recorded example fits the limit {type_.limit.rule!r}; record one"
            )
        return found

    def _texts(self) -> Iterator[str]:
        """Texts of which one may fit a pattern: some that often do, and all recorded ones."""
        yield from _TEXTS
        for message in self._service.messages:
            for example in message.examples:
                yield from _texts_in([example.request, example.reply])


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            yield from _texts_in(each)
    elif isinstance(value, list):
        items: list[Any] = cast("Any", value)
        for each in items:
            yield from _texts_in(each)


def _edges(limit: Limit | None) -> list[int]:
    return [edge for edge in (limit.minimum, limit.maximum) if edge is not None] if limit else []


def put(value: Any, path: Sequence[str], item: Any) -> None:
    """Set what is at a path of keys, through lists."""
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        for each in items:
            put(each, path, item)
    elif len(path) == 1:
        value[path[0]] = item
    else:
        put(value[path[0]], path[1:], item)


def text_of(value: Any) -> str:
    """`value` as JSON, as short as it gets."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def path_of(steps: Sequence[Step]) -> str:
    """`$.a[0].b["a key"]`"""
    told = "$"
    for step in steps:
        if isinstance(step, int):
            told += f"[{step}]"
        else:
            told += f".{step}" if re.fullmatch(r"\w+", step) else f"[{json.dumps(step, ensure_ascii=False)}]"
    return told


def places(samples: Samples, type_: Type, covered: set[str], steps: tuple[Step, ...] = ()) -> list[Place]:
    """Where in `type_` the fields of structs are that are not `covered` yet; those are covered then."""
    if type_.kind == "list" and type_.item is not None:
        return places(samples, type_.item, covered, (*steps, 0))
    if type_.kind == "map" and type_.item is not None:
        return places(samples, type_.item, covered, (*steps, KEY))
    if type_.kind != "struct" or type_.name in covered:
        return []
    covered.add(type_.name)
    return places_in(samples, samples.struct(type_), covered, steps)


def places_in(
    samples: Samples, struct: Struct, covered: set[str], steps: tuple[Step, ...] = ()
) -> list[Place]:
    """The same for the fields of a struct."""
    found: list[Place] = []
    for field in struct.fields:
        found.append(((*steps, field.wire), struct, field))
        found += places(samples, field.type, covered, (*steps, field.wire))
    return found
