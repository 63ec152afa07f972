"""Interceptors, put around what they come around."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from colonyos_gen._arguments import refused
from colonyos_gen.interceptors import Interceptor, OutgoingCall, Proceed, ProcessRun

SubjectT = TypeVar("SubjectT")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TEXT = re.compile(r"[\t\x20-\x7e]*")
_OURS = re.compile(
    r"(?i:connection|content-.*|expect|host|keep-alive|sec-websocket-.*|te|trailer|transfer-encoding|upgrade)"
)


def around_calls(
    interceptors: Sequence[Interceptor],
) -> tuple[Callable[[OutgoingCall, Proceed], Awaitable[Any]], ...]:
    """What comes around calls, the outermost first. Raises TypeError for what is no interceptor."""
    _require_interceptors(interceptors)
    return tuple(
        each.around_call for each in interceptors if type(each).around_call is not Interceptor.around_call
    )


def around_runs(
    interceptors: Sequence[Interceptor],
) -> tuple[Callable[[ProcessRun, Proceed], Awaitable[Any]], ...]:
    """What comes around runs of processes, the outermost first. Raises TypeError for what is no interceptor."""
    _require_interceptors(interceptors)
    return tuple(
        each.around_run for each in interceptors if type(each).around_run is not Interceptor.around_run
    )


async def intercepted(
    around: Sequence[Callable[[SubjectT, Proceed], Awaitable[Any]]], subject: SubjectT, last: Proceed
) -> Any:
    """What comes of `last` with all of `around` around it."""
    proceed: Proceed = _Once(last)
    for each in reversed(around):
        proceed = partial(each, subject, proceed)
    return await proceed()


def sendable_headers(method: str, headers: dict[str, str]) -> dict[str, str]:
    """The headers of an interceptor, which they can no longer change. Raises InvalidRequestError if they cannot be sent."""
    if not isinstance(headers, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise refused(method, "headers", headers, "a dict of names and texts")
    headers = dict(headers)
    for name, value in headers.items():  # interceptors may be written without a type checker
        if not (isinstance(name, str) and _TOKEN.fullmatch(name)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise refused(method, "headers", name, "the name of an HTTP header")
        if _OURS.fullmatch(name):
            raise refused(method, "headers", name, "a header that is not the connection's own")
        if not (isinstance(value, str) and _TEXT.fullmatch(value)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise refused(method, f"headers[{name!r}]", value, "a str of printable ASCII characters")
    return headers


def _require_interceptors(interceptors: object) -> None:
    if not isinstance(interceptors, Iterable):  # callers may do without a type checker
        raise TypeError(f"interceptors is {interceptors!r}; it must be a list, such as [{interceptors!r}]")
    for each in cast("Iterable[object]", interceptors):
        if not isinstance(each, Interceptor):
            raise TypeError(f"interceptors contain {each!r}; each must be an Interceptor")


class _Once:
    def __init__(self, last: Proceed) -> None:
        self._last: Proceed | None = last

    def __call__(self) -> Awaitable[Any]:
        last, self._last = self._last, None
        if last is None:
            raise RuntimeError("an interceptor goes on once; a client repeats by itself what may be repeated")
        return last()
