"""Fields that a class does not have: a name that is misspelt is refused, and what another version may know is told once."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from colonyos_gen._conventions.likeness import nearest
from colonyos_gen._values.losses import is_a, kind_of

_DECIDING = (
    "validators",
    "field_validators",
    "root_validators",
    "model_validators",
    "field_serializers",
    "model_serializers",
    "computed_fields",
)
"""What classes of pydantic may have that makes more of fields, or of more than fields."""
_PYDANTIC = "pydantic.main"
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


def look_at_model(model: Any, given: Any, path: str = "") -> None:
    """The same for a model of pydantic and those in it, where nothing but fields decides what becomes of what was given.

    Args:
        model: What was made: a model, or what a field of one has.
        given: What it was made of.
        path: Where that is.
    """
    kind: Any = kind_of(model)
    if is_a(model, (list, tuple)) and is_a(given, list) and len(model) == len(given):
        for index, (made, each) in enumerate(zip(model, given, strict=True)):
            look_at_model(made, each, f"{path}[{index}]")
    elif is_a(given, dict) and is_a(model, dict):
        for name, made in model.items():
            if (each := given.get(str(name))) is not None:
                look_at_model(made, each, f"{path}.{name}")
    elif is_a(given, dict) and hasattr(kind, "model_fields") and _is_plain(kind):
        spelt = {each: name for name in kind.model_fields for each in _spellings(kind, name)}
        require_known(kind.__name__, spelt, given, path)
        for each, name in spelt.items():
            if each in given:
                look_at_model(model.__dict__.get(name), given[each], f"{path}.{each}")


def _spellings(kind: Any, name: str) -> list[str]:
    """What a field of a model is called in JSON."""
    field, config = kind.model_fields[name], kind.model_config
    alias = field.validation_alias
    if alias is None:
        return [name]
    by_name = config.get("populate_by_name") or config.get("validate_by_name")
    return [*([alias] if is_a(alias, str) else []), *([name] if by_name else [])]


def _is_plain(kind: Any) -> bool:
    """Whether a model takes its fields as they come, and leaves out the rest: it has nothing else that looks at them."""
    decorators = kind.__pydantic_decorators__
    fields = kind.model_fields.values()
    return (
        kind.model_config.get("extra") is None
        and not kind.__pydantic_custom_init__
        and not kind.__pydantic_root_model__
        and not any(getattr(decorators, name) for name in _DECIDING)
        and all(each.validation_alias is None or is_a(each.validation_alias, str) for each in fields)
        and not any(
            hasattr(meta, "__get_pydantic_core_schema__") for each in fields for meta in each.metadata
        )
        and not any(
            "model_validate" in each.__dict__ for each in kind.__mro__ if each.__module__ != _PYDANTIC
        )
    )


def _tell(kind: str, name: str, absent: list[str], path: str) -> None:
    if near := nearest(name, absent):
        place = f" - at `${path}`" if path else ""
        raise ValueError(f"{kind} has no field {name!r}; did you mean {near!r}?{place}")
    if (kind, name) not in _told and len(_told) < _MOST_TOLD:
        _told.add((kind, name))
        _logger.warning(
            "%s has no field %r: what was sent for it is left out, here and from now on", kind, name
        )


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
