"""What callers give to methods that are written by hand, checked before anything is done with it."""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, TypeVar, cast

from colonyos_gen_wire import LimitError, ProcessState
from colonyos_gen_wire.constants import LARGEST_INT32
from colonyos_gen_wire.method import Method

from colonyos_gen._conventions.likeness import nearest
from colonyos_gen.errors import InvalidRequestError

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_NEARLY = 0.7
"""How much a name must be like another to be taken for it."""


def refused(method: str, argument: str, value: object, rule: str) -> InvalidRequestError:
    """The error for an argument that is not what it must be, worded like that for a limit of the schema."""
    text = str(LimitError(argument, value, rule))
    return InvalidRequestError(text, method=method, field=argument, value=value, rule=rule)


def is_number(value: object) -> bool:
    """Whether it is a number that can be compared with others; True and False are none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, Real) and value == value  # what is no number at all is not equal to itself


def require_seconds(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is a number of seconds, or None."""
    if value is not None and not is_number(value):
        raise refused(method, argument, value, "a number of seconds, or None")


def require_timeout(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is a number of seconds from 0 on, or None."""
    require_seconds(method, argument, value)
    if isinstance(value, Real) and value < 0:
        raise refused(method, argument, value, "a number of seconds, 0 or more, or None")


def require_whole_number(argument: str, value: object, least: int, most: int = LARGEST_INT32) -> None:
    """Raise TypeError unless `value` is a whole number, and ValueError if it is below `least` or above `most`."""
    rule = f"a whole number, {least} or more"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(_unfit(argument, value, rule))
    if int(value) < least:
        raise ValueError(_unfit(argument, value, rule))
    if int(value) > most:
        raise ValueError(_unfit(argument, value, f"a whole number, {most} at most"))


def require_span(argument: str, value: object, *, positive: bool = False, below: float = math.inf) -> None:
    """Raise TypeError unless `value` is a number of seconds, and ValueError if it is too small or too large, or nan."""
    rule = f"a number of seconds, {'above 0' if positive else '0 or more'}"
    if below < math.inf:
        rule += f" and below {below:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(_unfit(argument, value, rule))
    seconds = cast("float", value)
    if not (seconds > 0 if positive else seconds >= 0) or (below < math.inf and seconds >= below):
        raise ValueError(_unfit(argument, value, rule))


def require_str(argument: str, value: object, *, may_lack: bool = True) -> None:
    """Raise TypeError unless `value` is text, or None where it may lack; ValueError if it is empty and may not lack."""
    if value is None and may_lack:
        return
    if not isinstance(value, str):
        raise TypeError(_unfit(argument, value, "a str, or None" if may_lack else "a str"))
    if not value.strip() and not may_lack:
        raise ValueError(_unfit(argument, value, "a name, and not empty"))


def require_flag(argument: str, value: object) -> None:
    """Raise TypeError unless `value` is True or False: "false", say, would count as true."""
    if not isinstance(value, bool):
        raise TypeError(_unfit(argument, value, "True or False"))


def require_path(argument: str, value: object) -> None:
    """Raise TypeError unless `value` is the path of a file, or None."""
    if value is not None and not isinstance(value, str | os.PathLike):
        raise TypeError(_unfit(argument, value, "the path of a file, or None"))


def require_choice(argument: str, value: object, choices: Sequence[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        near = _nearest(value, choices) if isinstance(value, str) else ""
        raise ValueError(_unfit(argument, value, " or ".join(map(repr, choices))) + near)


def require_options(what: str, given: Mapping[str, object], known: Iterable[str]) -> None:
    """Raise TypeError for an option that there is not, with the one that may be meant.

    Args:
        what: Whose options they are, in words.
        given: The options, by name.
        known: The names that there are.
    """
    names = list(known)
    for name, value in given.items():
        if name not in names:
            # A text may be a key.
            told = f" (given as {value!r})" if value is None or isinstance(value, bool | int | float) else ""
            raise TypeError(f"{what} has no option {name!r}{told}{_nearest(name, names)}")


def with_options(*more: str) -> Callable[[FunctionT], FunctionT]:
    """A decorator: the same function, which refuses options that it has not with the one that may be meant.

    Args:
        more: Names of options that it takes in its `**`, if it has one.
    """

    def decorate(function: FunctionT) -> FunctionT:
        parameters = inspect.signature(function).parameters.values()
        kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        known = {*more, *(each.name for each in parameters if each.kind in kinds)} - {"self"}
        what = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            try:
                if not kwargs.keys() <= known:
                    require_options(what, kwargs, sorted(known))
                return function(*args, **kwargs)
            finally:
                del args, kwargs  # which may hold keys, and the frame may be shown

        return cast("FunctionT", checked)

    return decorate


def _unfit(argument: str, value: object, rule: str) -> str:
    return f"{argument} is {value!r}; it must be {rule}"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known, _NEARLY)
    return f"; did you mean {near!r}?" if near else ""


def require_text(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is text."""
    if not isinstance(value, str):
        raise refused(method, argument, value, "a str")


def require_type_name(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is the name of an executor type, or None: nobody has an empty one."""
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise refused(method, argument, value, "the name of an executor type, or None")


def require_function_name(method: str, value: str) -> None:
    """Raise InvalidRequestError if the name of a function is empty: no worker has such a one."""
    if not value.strip():
        raise refused(method, "funcname", value, "the name of a function")


def require_process(method: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` has the id of a process."""
    if not hasattr(value, "processid"):
        raise refused(method, "process", value, "a Process, as `get_process(processid)` returns it")


def require_message(method: Method[Any, Any], request: object) -> None:
    """Raise InvalidRequestError unless `method` is a message, and `request` a request of that."""
    if not isinstance(cast("object", method), Method):
        example = "`colonyos_gen_wire.methods.process.GET_PROCESS`"
        raise refused("call", "method", method, f"a Method, such as {example}")
    if not isinstance(request, method.request):
        raise refused(method.name, "request", request, f"a {method.request.__name__}")


def require_callback(method: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` can be called, or is None."""
    if value is not None and not callable(value):
        raise refused(method, "callback", value, "a function that takes a list of entries, or None")


def require_coroutine(work: object) -> None:
    """Raise TypeError unless `work` is a coroutine."""
    if not isinstance(work, Coroutine):
        raise TypeError(
            f"work is {work!r}; it must be a coroutine, such as client.asynchronous.get_colonies()"
        )


def known_state(method: str, value: object) -> ProcessState:
    """The state of processes that `value` stands for. Raises InvalidRequestError if there is none."""
    if is_number(value) and isinstance(value, Integral):
        state = ProcessState(int(value))
        if state.is_known:
            return state
    states = ", ".join(f"{state.name} ({state.value})" for state in ProcessState)
    raise refused(method, "state", value, f"one of {states}")
