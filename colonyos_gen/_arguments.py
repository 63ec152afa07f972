"""What callers give to methods that are written by hand, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Coroutine
from numbers import Integral, Real
from typing import Any, cast

from colonyos_gen_wire import LimitError, ProcessState
from colonyos_gen_wire.method import Method

from colonyos_gen.errors import InvalidRequestError


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


def require_whole_number(argument: str, value: object, least: int) -> None:
    """Raise TypeError unless `value` is a whole number, and ValueError if it is below `least`."""
    text = f"{argument} is {value!r}; it must be a whole number, {least} or more"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(text)
    if int(value) < least:
        raise ValueError(text)


def require_text(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is text."""
    if not isinstance(value, str):
        raise refused(method, argument, value, "a str")


def require_type_name(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is the name of an executor type, or None: nobody has an empty one."""
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise refused(method, argument, value, "the name of an executor type, or None")


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
