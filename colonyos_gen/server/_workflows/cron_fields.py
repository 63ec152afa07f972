"""One field of a cron expression: a list of numbers, ranges and steps.

    field = item *("," item)
    item  = ("*" | "?" | value ["-" value]) ["/" step]

`*` and `?` stand for the whole range of the field. A single value with a step runs to the end of the range. Values
are numbers; months and days of the week have names of three letters too, in any case. There is no more to it: the
letters and signs that other dialects know (`L`, `W`, `#`, 7 for Sunday, ranges across the end) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from colonyos_gen.server._caller.refusal import BAD_SCHEDULE, Refusal
from colonyos_gen.server._values.go_quote import quoted

_NUMBER = re.compile(r"[+-]?0*([0-9]+)")
_LARGEST = 2**63 - 1
_MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Kind:
    """The smallest and largest value of a field, and the names that values have."""

    lowest: int
    highest: int
    names: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def whole(self) -> frozenset[int]:
        """Every value that the field can have."""
        return frozenset(range(self.lowest, self.highest + 1))


@dataclass(frozen=True, slots=True)
class Field:
    """What a field says: its values, and whether a `*` or `?` without a step is among its items."""

    values: frozenset[int]
    starred: bool


def _named(first: int, names: str) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), first)}


KINDS: Sequence[Kind] = (
    Kind(0, 59),
    Kind(0, 59),
    Kind(0, 23),
    Kind(1, 31),
    Kind(1, 12, _named(1, "jan feb mar apr may jun jul aug sep oct nov dec")),
    Kind(0, 6, _named(0, "sun mon tue wed thu fri sat")),
)
"""Second, minute, hour, day of the month, month and day of the week."""


def read_field(text: str, kind: Kind) -> Field:
    """The meaning of one field. Empty items are passed over, so that a field can be without any value."""
    values: set[int] = set()
    starred = False
    for item in filter(None, text.split(",")):
        found = _read_item(item, kind)
        values |= found.values
        starred |= found.starred
    return Field(frozenset(values), starred)


def _read_item(item: str, kind: Kind) -> Field:
    span, *steps = item.split("/")
    low, *rest = span.split("-")
    starred = low in ("*", "?")
    if starred:
        first, last = kind.lowest, kind.highest
    else:
        first = last = _value(low, kind)
        if len(rest) > 1:
            raise _bad(f"too many hyphens: {item}")
        if rest:
            last = _value(rest[0], kind)
    step = 1
    if len(steps) > 1:
        raise _bad(f"too many slashes: {item}")
    if steps:
        step = _number(steps[0])
        starred = starred and step == 1
        if not rest:
            last = kind.highest
    if first < kind.lowest:
        raise _bad(f"beginning of range ({first}) below minimum ({kind.lowest}): {item}")
    if last > kind.highest:
        raise _bad(f"end of range ({last}) above maximum ({kind.highest}): {item}")
    if first > last:
        raise _bad(f"beginning of range ({first}) beyond end of range ({last}): {item}")
    if step == 0:
        raise _bad(f"step of range should be a positive number: {item}")
    return Field(frozenset(range(first, last + 1, step)), starred)


def _value(text: str, kind: Kind) -> int:
    named = kind.names.get(text.lower())
    return _number(text) if named is None else named


def _number(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise _no_number(text, "invalid syntax")
    if len(found[1]) > _MOST_DIGITS or not -_LARGEST <= (number := int(text)) <= _LARGEST:
        raise _no_number(text, "value out of range")
    if number < 0:
        raise _bad(f"negative number ({number}) not allowed: {text}")
    return number


def _no_number(text: str, why: str) -> Refusal:
    return _bad(f"failed to parse int from {text}: strconv.Atoi: parsing {quoted(text)}: {why}")


def _bad(detail: str) -> Refusal:
    return Refusal(BAD_SCHEDULE, detail=detail)
