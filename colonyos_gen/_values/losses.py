"""What would be lost of values without a word, by msgspec or pydantic.

Items whose keys are equal in JSON, private attributes of attrs classes, seconds of offsets from UTC, and secrets.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import msgspec

SIMPLE = frozenset({str, int, float, bool, type(None)})
"""The classes of values that hold no others."""
_UNLIKE_EACH_OTHER = (frozenset({str}), frozenset({int}))
"""Classes of keys that are different texts when they are different, by themselves."""


def is_a(value: Any, kinds: Any) -> bool:
    """Whether it is an instance; for values of which no type is known, before and after."""
    return isinstance(value, kinds)


def kind_of(value: object) -> Any:
    """Its class; for values of which no type is known."""
    return type(value)


class LossError(Exception):
    """Something would be lost or changed without a word.

    Attributes:
        reason: What, and what to do about it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self._steps: list[str] = []
        self.reason: str = reason

    @property
    def way(self) -> str:
        """The steps to it from what was looked at, such as `[0].name`."""
        return "".join(reversed(self._steps))

    def came_by(self, step: str) -> None:
        """Say that it is further in by a step."""
        self._steps.append(step)


class LeftOutError(Exception):
    """There is an object of which msgspec leaves something out: private attributes, or the seconds of an offset from UTC."""


def require_whole(value: Any, simpler: Callable[[Any], Any]) -> None:
    """Look at all that a value holds, as far as it does not have to be converted for that.

    Args:
        value: Anything.
        simpler: What makes keys that msgspec does not know simpler.

    Raises:
        LossError: Two keys of a dictionary are one in JSON.
        LeftOutError: Msgspec would leave something out. What was not looked at yet may have losses.
        Exception: Whatever the values of others raise.
    """
    if type(value) in SIMPLE:
        return
    for place, item in _inside(value, simpler):
        try:
            if type(item) not in SIMPLE:
                require_whole(item, simpler)
        except LossError as loss:
            loss.came_by(f"[{place}]" if is_a(value, (list, tuple)) else f".{place}")
            raise


def _inside(value: Any, simpler: Callable[[Any], Any]) -> Iterable[tuple[object, Any]]:
    """What a value holds, with the places; nothing if that is simple, or unknown. Raises as `require_whole` does."""
    if is_a(value, dict):
        _require_distinct(value, simpler)
        return () if SIMPLE.issuperset(map(type, value.values())) else value.items()
    if is_a(value, (list, tuple)):
        items: Sequence[Any] = value
        return () if SIMPLE.issuperset(map(type, items)) else enumerate(items)
    kind = kind_of(value)
    names, private = _fields_of(kind)
    if private or is_odd_moment(value):
        raise LeftOutError
    if hasattr(kind, "model_dump"):  # pydantic, which writes its keys itself
        held: dict[str, Any] = {**value.__dict__, **(getattr(value, "__pydantic_extra__", None) or {})}
        return held.items()
    return ((name, getattr(value, name, None)) for name in names)


def is_odd_moment(value: Any) -> bool:
    """Whether it is a time of a place whose clocks are not whole minutes from UTC, as before there were time zones."""
    if not is_a(value, (datetime, time)) or value.tzinfo is None:
        return False
    offset: timedelta | None = value.utcoffset()
    return offset is not None and bool(offset.seconds % 60 or offset.microseconds)


def require_told(model: Any, written: Any) -> None:
    """Raise LossError if a model of pydantic, as it was written, has the asterisks that a secret shows in place of it."""
    way = _masked(model, written)
    if way is not None:
        name = kind_of(model).__qualname__
        loss = LossError(
            f"a secret of a {name} would be sent as asterisks; to send it, let the model write it, with a field_serializer"
        )
        loss.came_by(way)
        raise loss


def _masked(value: Any, written: Any) -> str | None:
    """The way to a secret that was written as asterisks; None if there is none."""
    kind = kind_of(value)
    if hasattr(kind, "get_secret_value"):
        is_masked = (
            is_a(written, str) and written and not written.strip("*") and bool(value.get_secret_value())
        )
        return "" if is_masked else None
    if hasattr(kind, "model_fields"):
        if not is_a(written, dict):  # which it writes otherwise, or as the one thing that it has
            return _masked(value.__dict__.get("root"), written)
        held: dict[Any, Any] = {
            field.serialization_alias or field.alias or name: value.__dict__.get(name)
            for name, field in kind.model_fields.items()
        } | (getattr(value, "__pydantic_extra__", None) or {})
        pairs = [(f".{name}", each, written[name]) for name, each in held.items() if name in written]
    elif is_a(value, dict) and is_a(written, dict):
        pairs = [(f".{name}", each, written.get(str(name))) for name, each in value.items()]
    elif is_a(value, (list, tuple, set, frozenset)) and is_a(written, list):
        pairs = [
            (f"[{index}]", each, text) for index, (each, text) in enumerate(zip(value, written, strict=False))
        ]
    else:
        return None
    for step, each, text in pairs:
        if type(each) not in SIMPLE and (way := _masked(each, text)) is not None:
            return step + way
    return None


def attributes(value: Any) -> dict[str, Any] | None:
    """The attributes of a dataclass or an attrs class, private ones too, by name; None for other objects."""
    names, _ = _fields_of(kind_of(value))
    if not names or isinstance(value, msgspec.Struct):
        return None
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def has_private(kind: type[Any]) -> bool:
    """Whether msgspec leaves out attributes of a class."""
    known: Any = kind
    return _fields_of(known)[1]


def meeting(found: dict[Any, Any], write: Callable[[Any], str]) -> LossError | None:
    """The first two keys that are one in JSON."""
    written: dict[str, Any] = {}
    for key in found:
        name = write(key)
        if name in written:
            return LossError(
                f"the keys {_shown(written[name])} and {_shown(key)} are both {name!r} in JSON, so that one of the two items "
                "would be lost; make them different texts, or pass a list of pairs"
            )
        written[name] = key
    return None


def _require_distinct(found: dict[Any, Any], simpler: Callable[[Any], Any]) -> None:
    kinds = frozenset(map(type, found))
    if not kinds or kinds in _UNLIKE_EACH_OTHER:
        return

    def written(keys: dict[Any, Any]) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(keys, str_keys=True, enc_hook=simpler)
        return found

    try:
        if len(written(dict.fromkeys(found))) == len(found):
            return
    except Exception:  # keys that cannot be written, which is told when they are
        return
    clash = meeting(found, lambda key: next(iter(written({key: None}))))
    if clash is not None:
        raise clash


@functools.lru_cache(maxsize=4096)
def _fields_of(kind: type[Any]) -> tuple[tuple[str, ...], bool]:
    """The names of the fields of a class, and whether msgspec leaves any out."""
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__, False
    if dataclasses.is_dataclass(kind):
        return tuple(each.name for each in dataclasses.fields(kind)), False
    if hasattr(kind, "__attrs_attrs__"):
        names = tuple(each.name for each in kind.__attrs_attrs__)
        return names, any(name.startswith("_") for name in names)
    return (), False


def _shown(key: object) -> str:
    try:
        text = repr(key)
    except Exception:  # whatever the values of others raise
        return f"a {type(key).__qualname__}"
    return text if len(text) <= 60 else f"{text[:60]}…"
