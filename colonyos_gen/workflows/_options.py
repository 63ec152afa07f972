"""A function spec, made from what callers write."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from colonyos_gen_wire.options import OPTIONS
from colonyos_gen_wire.shape import STRING, ListOf, MapOf, Option
from colonyos_gen_wire.types.process import Conditions, FunctionSpec

from colonyos_gen._arguments import require_function_name, require_text
from colonyos_gen._conventions.likeness import nearest
from colonyos_gen._values.writing import ValueWritingError, to_plain
from colonyos_gen.errors import InvalidRequestError
from colonyos_gen.workflows._amounts import QUANTITIES, whole_number

_NEARLY = 0.84
"""How alike two names are, from 0 to 1, of which one is taken for the other misspelt."""
_OPTIONS = OPTIONS[FunctionSpec]


_MEANT = {
    **{each: name for name, option in _OPTIONS.items() for each in option.also},
    "executortype": "to",
    **{name: name for name in _OPTIONS},
}
"""The options by their names, and by others that are taken for them."""


def function_spec(
    method: str,
    funcname: str,
    args: Sequence[Any],
    conditions: Conditions,
    options_and_kwargs: Mapping[str, Any],
) -> FunctionSpec:
    """The spec of a call, however it is spelt.

    Its arguments are as they are now: changing them later changes nothing, and iterators are read once.

    Args:
        method: What is called, for errors.
        conditions: Those of the spec, which get what the options say.
        options_and_kwargs: What `OPTIONS` names is an option, and has the default of `FunctionSpec` when it is missing or
            None; all else is a keyword argument of the function.

    Raises:
        InvalidRequestError: An argument cannot be written as JSON, or a condition is not what it can be.
        TypeError: A keyword argument is given twice, or is nearly the name of an option; or an option is no list or no map
            where it must be one. What else it cannot be is told when it is sent.
    """
    require_function_name(method, funcname)
    options = {
        name: _own(method, name, option, value)
        for name, option in _OPTIONS.items()
        if (value := options_and_kwargs.get(name)) is not None
    }
    more = {name: value for name, value in options_and_kwargs.items() if name not in _OPTIONS}
    for name in more:
        require_no_misspelling(name)
    kwargs: dict[str, Any] = options.pop("kwargs", {})
    twice = sorted(set(kwargs) & set(more))
    if twice:
        raise TypeError(
            f"{funcname!r} got multiple values for {', '.join(map(repr, twice))}: in kwargs= as well"
        )
    spec = FunctionSpec(
        funcname=funcname,
        conditions=conditions,
        args=[_plain(method, each, f"spec.args[{index}]") for index, each in enumerate(args)],
        kwargs={
            name: _plain(method, each, f"spec.kwargs.{name}") for name, each in {**kwargs, **more}.items()
        },
    )
    for name, value in options.items():
        *way, last = _OPTIONS[name].path
        setattr(functools.reduce(getattr, way, spec), last, value)
    return spec


def require_no_misspelling(name: str, more_options: Iterable[str] = ()) -> None:
    """Raise TypeError for a keyword that is nearly an option: the function would get what was meant for the server.

    Args:
        name: The keyword.
        more_options: Further options, beside those of a submission.
    """
    if name in _OPTIONS:
        return
    known = {**_MEANT, **{each: each for each in more_options}}
    near = nearest(name, known, _NEARLY)
    if near is not None:
        option = known[near]
        raise TypeError(
            f"there is no option {name!r}; did you mean {option!r}? "
            f"A keyword argument of the function that is called so goes into kwargs={{{name!r}: …}}"
        )


def _plain(method: str, value: Any, path: str) -> Any:
    try:
        return to_plain(value, path)
    except ValueWritingError as error:
        text = f"the request cannot be written as JSON: {error}"
        raise InvalidRequestError(
            text, method=method, field=error.path, value=error.value, rule="made of JSON values"
        ) from error


def _own(method: str, name: str, option: Option, value: Any) -> Any:
    """The value of an option as it is sent; a list or a map of its own, where it is one."""
    if option.quantity is not None:
        return QUANTITIES[option.quantity](method, name, value)
    if option.minimum is not None or option.maximum is not None:
        return whole_number(method, name, value, option.minimum, option.maximum)
    if option.shape is STRING and len(option.path) > 1:  # what is sent is called otherwise
        require_text(method, name, value)
    if isinstance(option.shape, MapOf):
        return _own_map(name, value)
    if not isinstance(option.shape, ListOf):
        return value
    if isinstance(value, str):
        raise TypeError(f"{name} is {value!r}; it must be a list of names, such as [{value!r}]")
    given = cast("object", value)
    if isinstance(given, bytes | Mapping) or not isinstance(given, Iterable):
        raise TypeError(f"{name} is {value!r}; it must be a list of names")
    return list(value)


def _own_map(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(cast("object", value), Mapping):
        raise TypeError(f"{name} is {value!r}; it must be a dict")
    found: dict[Any, Any] = dict(value)
    for key in found:
        if not isinstance(key, str):
            raise TypeError(f"{name} has the key {key!r}; it must be a dict whose keys are str")
    return found
