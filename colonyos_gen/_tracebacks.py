"""Tracebacks that end at the line of the program which called us, not twenty frames further down in our own code.

What we raise says in its message what is wrong; where in here that was found helps nobody but us. So public methods let it
out without our frames, and without what we met on the way ("During handling of the above exception …"). Frames of the program
that lie between, as of its interceptors, stay; and so does everything of an exception that we did not mean to raise.
`COLONIES_FULL_TRACEBACKS=1` leaves all of it as it is.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from types import FunctionType, TracebackType
from typing import Any, TypeVar, cast

from colonyos_gen._callers import OURS, is_between, is_ours

T = TypeVar("T")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

FULL = "COLONIES_FULL_TRACEBACKS"
"""Variable that leaves tracebacks as they are; read whenever something is raised."""

_RAISE = dis.opmap["RAISE_VARARGS"]
_PROTOCOLS = ("__init__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__next__", "__anext__")
_MARK = "__has_short_tracebacks__"
_MEANT = "__is_meant__"
_LET_OUT = "__is_let_out__"


def short_tracebacks(cls: type[T]) -> type[T]:
    """Let the public methods of a class, those that it inherits from us too, raise without our frames."""
    for name in dir(cls):
        if name.startswith("_") and name not in _PROTOCOLS:
            continue
        found = inspect.getattr_static(cls, name)
        if isinstance(found, classmethod):
            function = cast("classmethod[Any, ..., Any]", found).__func__
            if _may_be_wrapped(function):
                setattr(cls, name, classmethod(short_traceback(function)))
        elif _may_be_wrapped(found):
            setattr(cls, name, short_traceback(found))
    return cls


def shown_as(package: str, *exceptions: type[BaseException]) -> None:
    """Let tracebacks name exceptions by a package that exports them, and not by the module in which they are written."""
    for each in exceptions:
        each.__module__ = package


def short_traceback(function: FunctionT) -> FunctionT:
    """The same function, which raises without our frames."""

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs  # which may hold keys, and the frame may be shown
            shorten(error, handled)
            raise  # adds no frame, unlike `raise error`

    def called(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            shorten(error, handled)
            raise

    wrapper = functools.wraps(function)(awaited if inspect.iscoroutinefunction(function) else called)
    setattr(wrapper, _MARK, True)
    return cast("FunctionT", wrapper)


def shorten(error: BaseException, handled: BaseException | None) -> None:
    """Take our frames out of the traceback of an exception that we meant to raise.

    Args:
        error: What is about to leave our code.
        handled: What the program handled when it called us: the context of `error` as the program sees it.
    """
    if os.environ.get(FULL, "0") not in ("", "0") or not _is_meant(error):
        return
    raised_here = _is_raised_here(error)
    error.__traceback__ = _theirs(error.__traceback__)
    if not _is_of_ours(error):  # methods that call this one see no more where it was raised
        setattr(error, _MEANT, True)
    if error.__cause__ is not None:
        _shorten_causes(error)
    if error.__cause__ is None and raised_here:
        known = handled is None or any(error is each for each in _chain(handled))
        error.__context__ = None if known else handled
        error.__suppress_context__ = known


def let_out(error: BaseException, told: str) -> None:
    """Let public methods raise this without our frames, though code of the program has raised it: a hook, say.

    Args:
        error: It.
        told: What a log is to say of it.
    """
    with contextlib.suppress(Exception):  # whatever classes of others do about attributes
        setattr(error, _LET_OUT, told)


def told_of(error: BaseException) -> str:
    """What a log is to say of an exception that was `let_out`; empty if it was not."""
    return str(getattr(error, _LET_OUT, ""))


def _may_be_wrapped(found: object) -> bool:
    return (
        isinstance(found, FunctionType)
        and found.__module__.partition(".")[0] in OURS
        and not hasattr(found, _MARK)
    )


def _is_of_ours(error: BaseException) -> bool:
    """Whether it is an exception of this package, or the program was interrupted while it waited for us."""
    if isinstance(error, KeyboardInterrupt):
        return True
    return any(each.__module__.partition(".")[0] in OURS for each in type(error).__mro__)


def _is_meant(error: BaseException) -> bool:
    """Whether we have raised it on purpose: TypeError, say, of an argument, and not by a fault of ours."""
    if _is_of_ours(error) or hasattr(error, _MEANT) or told_of(error):
        return True
    place = _innermost(error.__traceback__)
    if place is None or place.tb_lasti < 0 or not is_ours(place.tb_frame):
        return False
    return place.tb_frame.f_code.co_code[place.tb_lasti] == _RAISE


def _is_raised_here(error: BaseException) -> bool:
    """Whether it was raised in our code, and not in that of the program which we have called."""
    place = _innermost(error.__traceback__)
    return place is None or is_ours(place.tb_frame) or is_between(place.tb_frame)


def _innermost(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def _theirs(traceback: TracebackType | None) -> TracebackType | None:
    """What is left of a traceback without our frames, and those of what runs our code."""
    kept: list[TracebackType] = []
    while traceback is not None:
        if not is_ours(traceback.tb_frame) and not is_between(traceback.tb_frame):
            kept.append(traceback)
        traceback = traceback.tb_next
    found: TracebackType | None = None
    for each in reversed(kept):
        found = TracebackType(found, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return found


def _shorten_causes(error: BaseException) -> None:
    """Leave of the causes of an exception what lies in the program. Where nothing does, `error` has said it all."""
    causes = list(_shown_causes(error))
    for cause in causes:
        cause.__traceback__ = _theirs(cause.__traceback__)
    error.__cause__ = next((each for each in causes if each.__traceback__ is not None), None)


def _shown_causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _chain(error: BaseException) -> list[BaseException]:
    """An exception with its causes and contexts."""
    chain: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is not None and not any(each is known for known in chain):
            chain.append(each)
            todo += (each.__cause__, each.__context__)
    return chain
