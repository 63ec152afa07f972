"""Calls that go wrong on purpose.

Faults happen where requests enter the server: a connection that is dropped is really closed, and an error really travels
as a reply.
"""

from __future__ import annotations

import asyncio
import difflib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import hdrs, web
from colonyos_gen_wire.constants import PUBSUB_PATH
from colonyos_gen_wire.method import ErrorSpec, Method, Via
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.server._front.envelope import write_failure
from colonyos_gen.testing._under_way import Action, Handler, UnderWay

ANY: str = "*"
"""The method name that stands for all of them."""

_SUBSCRIPTIONS = frozenset(name for name, each in METHODS.items() if each.transport is Via.WEBSOCKET)


class Fault:
    """One way in which calls go wrong, until it has happened often enough or is removed.

    It is in force from the call that made it. As a context manager it is removed at the end of the block.
    """

    def __init__(
        self,
        remove: Callable[[Fault], None],
        description: str,
        msgtypes: frozenset[str] | None,
        action: Action,
    ) -> None:
        self._remove = remove
        self._description = description
        self._msgtypes = msgtypes
        self.action: Action = action
        self.left: int | None = None
        """How often it will still happen; None for every time."""
        self.hits: int = 0
        """How often it has happened."""

    def meets(self, msgtypes: frozenset[str]) -> bool:
        """Whether a request that has one of these message types goes wrong."""
        if self.left == 0:
            return False
        return self._msgtypes is None or not self._msgtypes.isdisjoint(msgtypes)

    def remove(self) -> None:
        """Let no further call go wrong."""
        self._remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    def __repr__(self) -> str:
        left = "" if self.left is None else f", {self.left} left"
        return f"<Fault: {self._description}, {self.hits} hits{left}>"


class Faults:
    """Makes calls go wrong, by name and number.

        with colony.faults.drop("close", after_request=True) as fault:
            ...
        assert fault.hits == 1

    Methods are named as on the client, or by message type, or `"*"` for all. Where several faults fit a call, the one that
    was made first happens, alone. The three subscriptions look alike until their connection stands, so a fault for one of
    them meets all three.

    May be used from any thread.
    """

    def __init__(self, on_server: Callable[[Callable[[], None]], None], under_way: UnderWay) -> None:
        self._on_server = on_server
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._under_way = under_way
        under_way.action_for = self._action_for

    def drop(
        self, method: str | Method[Any, Any], *, after_request: bool = False, times: int | None = 1
    ) -> Fault:
        """Close the connection instead of replying.

        Args:
            method: Which calls.
            after_request: Whether the request is carried out before; the caller cannot tell.
            times: How many calls; None for every call.
        """

        async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
            if after_request:
                await handler(request)
            _cut(request)
            return web.Response()

        when = "after" if after_request else "before"
        return self._add(f"{_name(method)} dropped {when} the request is carried out", method, act, times)

    def delay(
        self,
        method: str | Method[Any, Any],
        seconds: float,
        *,
        after_request: bool = False,
        times: int | None = None,
    ) -> Fault:
        """Hold calls back.

        Args:
            method: Which calls.
            seconds: Real seconds; they pass whatever the colony's clock says.
            after_request: Whether the reply is held back, instead of the request. A caller who gives up during the
                delay prevents a request that is held back, but not one that has been carried out.
            times: How many calls; None for every call.
        """

        async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not after_request:
                await asyncio.sleep(seconds)
            response = await handler(request)
            if after_request:
                await asyncio.sleep(seconds)
            return response

        return self._add(f"{_name(method)} delayed by {seconds:g} s", method, act, times)

    def error(
        self,
        method: str | Method[Any, Any],
        error: ErrorSpec | int,
        text: str = "",
        /,
        *,
        after_request: bool = False,
        times: int | None = 1,
        **values: object,
    ) -> Fault:
        """Answer with an error.

        Args:
            method: Which calls.
            error: An error of the server, from `colonyos_gen_wire.errors`; or a status alone, for a reply that is no
                ColonyOS reply, as a proxy may send it.
            text: Body of the reply; only with a status.
            after_request: Whether the request is carried out all the same.
            times: How many calls; None for every call.
            values: What fills the placeholders in the text of an `ErrorSpec`.

        Raises:
            ValueError: A placeholder has no value.
        """
        status = error if isinstance(error, int) else error.status
        body = text.encode() if isinstance(error, int) else write_failure(status, _message(error, values))

        async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
            if after_request:
                await handler(request)
            return web.Response(status=status, body=body, content_type="text/plain", charset="utf-8")

        return self._add(f"{_name(method)} answered with {status}", method, act, times)

    def cut(self) -> None:
        """Break the connection of every call and subscription that is under way."""
        self._on_server(self._under_way.cut)

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def _add(
        self, description: str, method: str | Method[Any, Any], action: Action, times: int | None
    ) -> Fault:
        if times is not None and times < 1:
            raise ValueError(f"times is {times}; it must be 1 or more, or None for every call")
        fault = Fault(self._discard, description, _msgtypes(method), action)
        fault.left = times
        with self._lock:
            self._faults.append(fault)
        return fault

    def _discard(self, fault: Fault) -> None:
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    async def _action_for(self, request: web.Request) -> Action | None:
        if not self._faults:
            return None
        msgtypes = await _msgtypes_of(request)
        with self._lock:
            for fault in self._faults:
                if fault.meets(msgtypes):
                    fault.hits += 1
                    if fault.left is not None:
                        fault.left -= 1
                    return fault.action
        return None


class _Head(msgspec.Struct):
    payloadtype: str = ""


async def _msgtypes_of(request: web.Request) -> frozenset[str]:
    """What a request may be."""
    if request.path == PUBSUB_PATH:
        return _SUBSCRIPTIONS
    length = request.content_length
    # Reading a body that is too large would take from the server what it has to refuse.
    if request.method != hdrs.METH_POST or length is None or length > request.client_max_size:
        return frozenset()
    try:
        return frozenset((msgspec.json.decode(await request.read(), type=_Head).payloadtype,))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return frozenset()


def _msgtypes(method: str | Method[Any, Any]) -> frozenset[str] | None:
    """The message type of a method; None for all."""
    if method == ANY:
        return None
    if isinstance(method, Method):
        return frozenset((method.msgtype,))
    if method in METHODS:
        return frozenset((method,))
    by_name = {each.name: msgtype for msgtype, each in METHODS.items()}
    if method not in by_name:
        close = difflib.get_close_matches(method, by_name, n=1)
        raise ValueError(
            f"there is no method {method!r}" + (f"; did you mean {close[0]!r}?" if close else "")
        )
    return frozenset((by_name[method],))


def _name(method: str | Method[Any, Any]) -> str:
    return method.name if isinstance(method, Method) else method


def _message(error: ErrorSpec, values: dict[str, object]) -> str:
    try:
        return error.message(**values)
    except KeyError as missing:
        raise ValueError(f"the error {error.name!r} needs a value for {missing}: {error.text}") from None


def _cut(request: web.Request) -> None:
    transport = request.transport
    if transport is not None:
        transport.abort()
