"""Fields that a class does not have: a name that is misspelt is refused, and what another version may know is told once."""

from __future__ import annotations

import difflib
import functools
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from colonyos_gen._values.losses import is_a

_NEARLY = 0.8
"""How alike two names are, from 0 to 1, of which one is taken for the other misspelt."""
_MOST_TOLD = 1000
"""Fields that are told of; who meets more of them is told no more."""

_logger = logging.getLogger("colonyos_gen.values")
_told: set[tuple[str, str]] = set()


def require_known(kind: str, names: Iterable[str], given: Mapping[str, Any], path: str = "") -> None:
    """Look for fields that a class does not have, and warn of them, each once.

    Raises ValueError for one that is nearly the name of another which is not given.
    """
    known = set(names)
    for each in given:
        if each not in known:
            _tell(kind, each, [name for name in known if name not in given], path)


def look(kind: Any, value: Any) -> None:
    """The same for all that `value` holds, which `msgspec.convert` has made a `kind` of."""
    if is_a(value, (dict, list)) and _has_fields(kind):
        _look(inspect.type_info(kind), value, "")


def _tell(kind: str, name: str, absent: list[str], path: str) -> None:
    folded = {_folded(each): each for each in absent}
    near = difflib.get_close_matches(_folded(name), folded, 1, _NEARLY)
    if near:
        place = f" - at `${path}`" if path else ""
        raise ValueError(f"{kind} has no field {name!r}; did you mean {folded[near[0]]!r}?{place}")
    if (kind, name) not in _told and len(_told) < _MOST_TOLD:
        _told.add((kind, name))
        _logger.warning(
            "%s has no field %r: what was sent for it is left out, here and from now on", kind, name
        )


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _look(info: inspect.Type, value: Any, path: str) -> None:
    if isinstance(info, inspect.UnionType):
        _look_at_member(info, value, path)
    elif is_a(value, dict):
        _look_at_fields(info, value, path)
    elif is_a(value, list):
        for index, (inner, each) in enumerate(_items(info, value)):
            if is_a(each, (dict, list)):
                _look(inner, each, f"{path}[{index}]")


def _look_at_fields(info: inspect.Type, value: dict[str, Any], path: str) -> None:
    if isinstance(info, inspect.StructType | inspect.DataclassType | inspect.TypedDictType):
        fields = {each.encode_name: each.type for each in info.fields}
        tag = [info.tag_field] if isinstance(info, inspect.StructType) and info.tag_field else []
        require_known(info.cls.__name__, [*fields, *tag], value, path)
    elif isinstance(info, inspect.DictType):
        fields = dict.fromkeys(value, info.value_type)
    else:
        return
    for name, inner in fields.items():
        if is_a(each := value.get(name), (dict, list)):
            _look(inner, each, f"{path}.{name}")


def _look_at_member(info: inspect.UnionType, value: Any, path: str) -> None:
    """Look at the member of a union that the value was made, if that is certain."""
    kind = inspect.DictType if is_a(value, dict) else inspect.CollectionType
    able = [each for each in info.types if isinstance(each, kind) or _takes(each, value)]
    if len(able) == 1:
        _look(able[0], value, path)


def _takes(info: inspect.Type, value: Any) -> bool:
    if is_a(value, list):
        return isinstance(info, inspect.TupleType)
    if isinstance(info, inspect.StructType):
        return info.tag_field is None or value.get(info.tag_field) == info.tag
    return isinstance(info, inspect.DataclassType | inspect.TypedDictType)


def _items(info: inspect.Type, value: list[Any]) -> Iterable[tuple[inspect.Type, Any]]:
    if isinstance(info, inspect.TupleType):
        return zip(info.item_types, value, strict=False)
    if isinstance(info, inspect.CollectionType):
        return ((info.item_type, each) for each in value)
    return ()


@functools.lru_cache(maxsize=1024)
def _holds_fields(kind: Any) -> bool:
    todo: list[inspect.Type] = [inspect.type_info(kind)]
    for each in todo:  # which grows
        if isinstance(each, inspect.StructType | inspect.DataclassType | inspect.TypedDictType):
            return True
        if isinstance(each, inspect.CollectionType):
            todo.append(each.item_type)
        elif isinstance(each, inspect.TupleType):
            todo += each.item_types
        elif isinstance(each, inspect.DictType):
            todo.append(each.value_type)
        elif isinstance(each, inspect.UnionType):
            todo += each.types
    return False


def _has_fields(kind: Any) -> bool:
    try:
        return _holds_fields(kind)
    except (TypeError, msgspec.MsgspecError, NotImplementedError):  # it cannot be hashed, or is not described
        return False
