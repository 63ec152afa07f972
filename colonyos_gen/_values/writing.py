"""Values of Python programs, written as JSON values."""

from __future__ import annotations

import contextlib
import enum
import io
from collections import UserString
from collections.abc import Iterable, Iterator, Mapping, Sized
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import msgspec

from colonyos_gen._values.arrays import plain_array
from colonyos_gen._values.losses import (
    SIMPLE,
    LeftOutError,
    LossError,
    attributes,
    is_a,
    is_odd_moment,
    kind_of,
    meeting,
    require_told,
    require_whole,
)

MOST_ITEMS = 1_000_000
"""Items that are taken from an iterator, which may have no end."""


class ValueWritingError(ValueError):
    """A value cannot be written as JSON.

    Attributes:
        path: Where it is, such as `args[0].name`.
        value: The value.
        reason: Why it cannot be written.
    """

    def __init__(self, path: str, value: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path: str = path
        self.value: object = value
        self.reason: str = reason


class _NeedsWalkError(Exception):
    """There is something in the value that must be read once only, or that cannot be written."""


def to_plain(value: Any, path: str = "") -> Any:
    """`value` as JSON has it: None, booleans, numbers, texts, lists or tuples, and dictionaries with texts as keys.

    It takes what msgspec knows (dataclasses, attrs, structs, enums, dates, UUIDs, sets, bytes as base64, …), paths, values of
    numpy, pandas and whatever else has `tolist`, models of pydantic, mappings, iterables, and subclasses of all of these.
    Numbers that JSON or the server would change are not looked for.

    Args:
        value: Anything.
        path: What the value is called in errors.

    Raises:
        ValueWritingError: It cannot be written, or raises when it is asked what it holds; or an item of a dictionary would be
            lost, since its key is that of another in JSON.
    """
    if type(value) in SIMPLE:
        return value
    try:
        require_whole(value, _simpler)
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_known)
    except LossError as loss:
        raise ValueWritingError(_way(path, loss.way), value, loss.reason) from None
    except Exception:  # whatever the values of others raise; now more slowly, to learn where
        return _walk(value, path, 0)


def plain_once(value: object) -> Any:
    """For encoders of msgspec: what an object that msgspec does not know is written as. Iterators are refused."""
    return _known(value)


def require_whole_request(value: msgspec.Struct) -> None:
    """Raise if an encoder of msgspec would lose a part of it; or if it cannot be told."""
    require_whole(value, _simpler)


def is_subclass(kind: Any, kinds: Any) -> bool:
    """Whether it is a subclass; for classes of which no type is known."""
    return issubclass(kind, kinds)


def _known(value: Any) -> Any:
    if is_a(value, Iterator) or (
        is_a(value, Iterable) and not is_a(value, Sized)
    ):  # which may be read once only
        raise _NeedsWalkError
    found = _simpler(value)
    try:
        require_whole(found, _simpler)
    except (LossError, LeftOutError):
        raise _NeedsWalkError from None
    return found


def _simpler(value: Any) -> Any:
    """One step from an object that msgspec does not know to one that it does.

    Only the class is asked what it can do: instances may answer whatever they are asked for.
    """
    kind = kind_of(value)
    if is_a(value, str):
        return str.__str__(value)
    if is_a(value, int):
        return int.__index__(value)
    if is_a(value, float):
        return float.__float__(value)
    if is_a(value, (date, time)):
        # Such as the timestamps of pandas, of which one, which is not equal to itself, stands for none.
        return value.isoformat() if value == value else None
    if kind.__name__ == "NAType":  # of pandas, for what is missing
        return None
    if is_a(value, UserString):  # each item of which is another one
        return value.data
    if is_a(value, timedelta):
        if getattr(value, "nanoseconds", 0):  # of pandas
            return plain_array(value.to_timedelta64())
        return timedelta(value.days, value.seconds, value.microseconds)
    if is_a(value, (bytes, bytearray)):
        return bytes(value)
    if hasattr(kind, "__fspath__"):
        return str(kind.__fspath__(value))
    if hasattr(kind, "model_dump"):  # pydantic
        written = value.model_dump(mode="json", by_alias=True)
        require_told(value, written)
        return written
    if hasattr(kind, "to_dicts"):  # frames of polars
        return value.to_dicts()
    if hasattr(kind, "to_dict") and hasattr(kind, "itertuples"):  # frames of pandas
        if not getattr(getattr(value, "columns", None), "is_unique", True):
            twice = value.columns[value.columns.duplicated()][0]
            raise TypeError(
                f"there are several columns {twice!r}, of which one would be left; give them different names"
            )
        return value.to_dict(orient="records")
    if hasattr(kind, "tolist"):  # numpy, series of pandas, tensors
        return plain_array(value)
    if is_a(value, Mapping):
        return dict(value)
    if is_a(value, Iterable) and not is_a(value, io.IOBase):
        return list(_bounded(value))
    raise TypeError(f"a {kind.__module__}.{kind.__qualname__} is no JSON value")


def _bounded(values: Iterable[Any]) -> Iterator[Any]:
    for count, each in enumerate(values):
        if count == MOST_ITEMS:
            raise TypeError(f"an iterator gives more than {MOST_ITEMS} items")
        yield each


def _walk(value: Any, path: str, depth: int) -> Any:
    """The same step by step, for the place of a fault, and so that iterators are read once."""
    if type(value) in SIMPLE:
        return value
    try:
        if is_a(value, dict):
            return _walk_dict(value, path, depth)
        if is_a(value, (list, tuple, set, frozenset)):
            return [_walk(each, f"{path}[{index}]", depth + 1) for index, each in enumerate(value)]
        if (found := attributes(value)) is not None:
            return _walk_dict(found, path, depth)
        if is_odd_moment(value):
            return _walk(_at_whole_minutes(value), path, depth)
        if is_a(value, msgspec.Struct):
            return _walk_struct(value, path, depth)
        try:
            return msgspec.to_builtins(value, str_keys=True, enc_hook=_refuse)
        except _UnknownError:
            if hasattr(kind_of(value), "model_dump"):  # which writes all that it holds itself
                with contextlib.suppress(LeftOutError):
                    require_whole(value, _simpler)
            return _walk(_simpler(value), path, depth + 1)
    except ValueWritingError:
        raise
    except LossError as loss:
        raise ValueWritingError(_way(path, loss.way), value, loss.reason) from None
    except RecursionError:
        raise ValueWritingError(
            path if len(path) < 100 else "", value, "it contains itself, or is nested too deeply for JSON"
        ) from None
    except Exception as error:  # whatever the values of others raise
        raise ValueWritingError(path, value, _told(error, value)) from error


def _at_whole_minutes(value: Any) -> datetime:
    """The same moment where clocks are whole minutes from UTC, as JSON has it."""
    if not is_a(value, datetime):
        raise TypeError(f"its offset from UTC, {value.utcoffset()}, has seconds, which JSON does not have")
    minutes = round(value.utcoffset() / timedelta(minutes=1))
    moment: datetime = datetime.astimezone(value, timezone(timedelta(minutes=minutes)))
    return moment


class _UnknownError(Exception):
    """Msgspec does not know the value."""


def _refuse(_: object) -> Any:
    raise _UnknownError


def _walk_dict(value: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
    if (clash := meeting(value, lambda key: _key(key, path))) is not None:
        raise ValueWritingError(path, value, clash.reason)
    written: dict[str, Any] = {}
    for key, item in value.items():
        name = _key(key, path)
        written[name] = _walk(item, _way(path, f".{name}"), depth + 1)
    return written


def _way(path: str, steps: str) -> str:
    return path + steps if path else steps.removeprefix(".")


def key_of(key: Any) -> str | None:
    """What JSON has for a key; None if nothing."""
    try:
        return _key(key, "")
    except ValueWritingError:
        return None


def _key(key: Any, path: str) -> str:
    if is_a(key, str) and not is_a(key, enum.Enum):
        return str.__str__(key)
    try:
        (text,) = msgspec.to_builtins({key: None}, str_keys=True, enc_hook=_simpler)
        return str(text)
    except Exception as error:  # as above
        kind = kind_of(key)
        raise ValueWritingError(
            path, key, f"a {kind.__module__}.{kind.__qualname__} cannot be a key in JSON; make it text"
        ) from error


def _walk_struct(value: msgspec.Struct, path: str, depth: int) -> Any:
    kind, config = type(value), value.__struct_config__
    written: dict[str, Any] = {}
    if config.tag is not None and config.tag_field is not None:
        written[config.tag_field] = config.tag
    for name, wire in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        item = getattr(value, name)
        if item is not msgspec.UNSET:
            written[wire] = _walk(item, _way(path, f".{wire}"), depth + 1)
    return list(written.values()) if config.array_like else written


def _told(error: Exception, value: object) -> str:
    if isinstance(error, TypeError) and "is no JSON value" in str(error):
        return str(error)
    kind = type(value)
    try:
        text = str(error)
    except Exception:  # as above
        text = "(its message cannot be shown)"
    return (
        f"a {kind.__module__}.{kind.__qualname__} cannot be written as JSON: {type(error).__name__}: {text}"
    )
