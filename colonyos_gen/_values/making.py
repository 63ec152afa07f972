"""Objects of classes, made from JSON values."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import sys
import typing
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple, TypeAlias

import msgspec

from colonyos_gen._values.arrays import array_of, read_moment, read_span
from colonyos_gen._values.losses import is_a
from colonyos_gen._values.unknown import look, look_at_model, require_known
from colonyos_gen._values.writing import is_subclass, key_of, to_plain

Read: TypeAlias = "Callable[[Any, bool], Any]"
"""Reads a value, strictly or not; raises one of `UNREADABLE`."""

UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, RecursionError, OverflowError)
"""What reading raises."""


class Boxed(type):
    """A type that msgspec leaves to us; what is read for it is taken as it comes."""

    read: Any

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def box(read: Read, name: str) -> Any:
    """A type for msgspec that `read` reads."""
    return Boxed(name, (), {"read": staticmethod(read)})


def convert(kind: Any, value: Any, *, strict: bool) -> Any:
    """`value` as a type of msgspec or a box. Raises one of `UNREADABLE`."""
    hook = _hook_strict if strict else _hook
    made = msgspec.convert(value, kind, strict=strict, str_keys=True, dec_hook=hook)
    look(kind, value)
    return made


def _hook(kind: Any, value: Any) -> Any:
    return kind.read(value, False) if type(kind) is Boxed else _make(kind, value)


def _hook_strict(kind: Any, value: Any) -> Any:
    return kind.read(value, True) if type(kind) is Boxed else _make(kind, value)


def _make(kind: Any, value: Any) -> Any:
    """An object of a class that msgspec does not know."""
    made = maker(kind)
    if made is not None:
        return made(value, False)
    if is_a(value, kind):
        return value
    raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")


def maker(kind: Any) -> Read | None:
    """What makes an object of a class from a JSON value; None if that is not known."""
    if not is_a(kind, type):
        return None
    if issubclass(kind, PurePath):
        return functools.partial(_from_text, kind)
    if hasattr(kind, "model_validate"):  # pydantic
        return functools.partial(validated, kind)
    module = kind.__module__.split(".")[0]
    if module == "numpy":
        readers: dict[str, Read] = {
            "ndarray": functools.partial(read_array, None),
            "datetime64": read_moment,
            "timedelta64": read_span,
            "bytes_": functools.partial(_from_plain, kind, bytes),
        }
        return readers.get(kind.__name__, _by_call(kind))
    if module in ("pandas", "polars") and kind.__name__ in (
        "DataFrame",
        "Series",
        "Index",
        "Timestamp",
        "Timedelta",
    ):
        return _by_call(kind)
    if issubclass(kind, str):
        return functools.partial(_from_text, kind)
    if issubclass(kind, (bytes, bytearray)) and kind not in (bytes, bytearray):
        return functools.partial(_from_plain, kind, bytes)
    if issubclass(kind, collections.deque):
        return functools.partial(_from_plain, kind, list)
    for plain in (int, float, dict, list, set, frozenset):
        if issubclass(kind, plain) and kind not in (plain, bool):
            return functools.partial(_from_plain, kind, plain)
    return None


def validated(kind: Any, value: Any, _: bool) -> Any:
    """A model of pydantic."""
    model = kind.model_validate(value)
    look_at_model(model, value)
    return model


def _by_call(kind: Any) -> Read:
    return lambda value, _: value if is_a(value, kind) else kind(value)


def _from_text(kind: Any, value: Any, _: bool) -> Any:
    if is_a(value, kind):
        return value
    if is_a(value, str):
        return kind(value)
    raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")


def _from_plain(kind: Any, plain: Any, value: Any, strict: bool) -> Any:
    if is_a(value, kind):
        return value
    found = convert(plain, value, strict=strict)
    return _mapping_of(kind, found)


def _mapping_of(kind: Any, found: Any) -> Any:
    return kind(None, found) if is_subclass(kind, collections.defaultdict) else kind(found)


def read_enum(kind: type[enum.Enum], value: Any, strict: bool) -> Any:
    """The member of an enum with whatever values; if not strictly, also by the text that it is as a key."""
    for each in kind:
        if each.value == value or msgspec.json.encode(to_plain(each.value)) == msgspec.json.encode(value):
            return each
    if is_a(value, str) and not strict:
        for each in kind:
            if key_of(each) == value:
                return each
    raise ValueError(f"invalid {kind.__name__}: {value!r}")


def read_flag(kind: type[enum.Flag], value: Any, strict: bool) -> Any:
    """The members of a flag; if not strictly, also by the text that they are as a key."""
    return kind(value if strict or not is_a(value, str) else int(value))


def read_dict(make: Any, given: tuple[Any, Any], value: Any, strict: bool) -> Any:
    """A mapping of a class, with the types of its keys and items."""
    if not is_a(value, dict):
        raise TypeError(f"expected an object, got {type(value).__name__}")
    key, item = given
    found = {
        (each if key is Any else convert(key, each, strict=False)): convert(item, inner, strict=strict)
        for each, inner in value.items()
    }
    return _mapping_of(make, found)


def read_array(dtype: Any, value: Any, _: bool) -> Any:
    """An array of numpy."""
    if dtype is not None and dtype.__name__ in ("datetime64", "timedelta64"):
        return array_of(read_moment if dtype.__name__ == "datetime64" else read_span)(value, False)
    return sys.modules["numpy"].asarray(value, dtype=dtype)


class _Field(NamedTuple):
    argument: str
    required: bool
    also: str = ""
    """Another name that it may have in JSON."""
    init: bool = True


def _is_typed_dict(kind: type[Any]) -> bool:
    return is_subclass(kind, dict) and hasattr(kind, "__required_keys__")  # of typing_extensions as well


def names_of(kind: Any) -> set[str] | None:
    """The names of the fields of a class, as JSON has them; None if it has none."""
    if not is_a(kind, type):
        return None
    if hasattr(kind, "model_validate"):
        return _pydantic_names(kind)
    fields = _fields_of(kind)
    return None if fields is None else {*fields, *(each.also for each in fields.values() if each.also)}


def _pydantic_names(kind: Any) -> set[str]:
    found: set[str] = set()
    for name, field in kind.model_fields.items():
        found |= {name, field.alias or name}
    return found


def _fields_of(kind: Any) -> dict[str, _Field] | None:
    """The fields of a class by their names in JSON, each with its argument and whether it must be there."""
    if issubclass(kind, msgspec.Struct):
        return {each.encode_name: _Field(each.name, each.required) for each in msgspec.structs.fields(kind)}
    if dataclasses.is_dataclass(kind):
        return {
            each.name: _Field(
                each.name,
                each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING,
                init=each.init,
            )
            for each in dataclasses.fields(kind)
        }
    if hasattr(kind, "__attrs_attrs__"):
        nothing = sys.modules["attr"].NOTHING
        return {
            each.name: _Field(each.alias, each.default is nothing, each.alias, each.init)
            for each in kind.__attrs_attrs__
        }
    if _is_typed_dict(kind):
        return {name: _Field(name, needed) for name, needed in _required_of(kind).items()}
    if is_subclass(kind, tuple) and hasattr(kind, "_fields"):
        defaults: Mapping[str, Any] = kind._field_defaults
        return {name: _Field(name, name not in defaults) for name in kind._fields}
    return None


def _required_of(kind: Any) -> dict[str, bool]:
    """Whether the keys of a TypedDict must be there, also where annotations are text, which Python does not look into."""
    needed: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    try:
        hints: dict[str, Any] = typing.get_type_hints(kind, include_extras=True)
    except Exception:  # a name of a type checker, or of a local class
        hints = kind.__annotations__
    said = {typing.Required: True, typing.NotRequired: False}
    return {name: said.get(typing.get_origin(hint), name in needed) for name, hint in hints.items()}


def _tags_of(kind: Any) -> set[str]:
    tag = kind.__struct_config__.tag_field if issubclass(kind, msgspec.Struct) else None
    return {tag} if tag else set()


def read_fields(kind: Any, types_: Mapping[str, Any], value: Any, strict: bool) -> Any:
    """An object of a class with named fields, of which `types_` has the types."""
    if is_a(value, kind if not _is_typed_dict(kind) else ()):
        return value
    fields = _fields_of(kind) or {}
    if is_a(value, list) and is_subclass(kind, tuple):
        given: dict[Any, Any] = dict(zip(fields, value, strict=False))
    elif is_a(value, dict):
        given = value
    else:
        raise TypeError(f"expected an object for {kind.__name__}, got {type(value).__name__}")
    if not is_a(value, list):
        require_known(kind.__name__, (names_of(kind) or set()) | _tags_of(kind), given)
    arguments: dict[str, Any] = {}
    for name, field in fields.items():
        found = name if name in given else field.also
        if not field.init:
            continue
        if found not in given:
            if field.required:
                raise ValueError(f"object for {kind.__name__} lacks the field {name!r}")
            continue
        try:
            arguments[field.argument] = convert(
                types_.get(field.argument, types_.get(name, Any)), given[found], strict=strict
            )
        except UNREADABLE as error:
            raise ValueError(f"{error} - at `{name}` of {kind.__name__}") from error
    return kind(**arguments)
