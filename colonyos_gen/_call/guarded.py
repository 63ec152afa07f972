"""A transport of somebody else's, held to what `colonyos_gen.transport` says: that it keeps the time, and what it returns."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from colonyos_gen_wire.method import Method

from colonyos_gen._arguments import is_number
from colonyos_gen._call.apart import GRACE_S, TimeUpError, run_apart
from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError, UnexpectedReplyError
from colonyos_gen.transport import Connection, Transport

CLOSE_S = 4.0
"""Seconds that a transport gets to close."""
_PING_S = 10.0
"""Seconds after which a ping is given up; what it does not move tells whether the other end is still there."""

_TRANSPORT = ("post", "connect", "close")
_CONNECTION = ("send", "receive", "ping", "drop")

_AnyMethod = Method[Any, Any]
_TransportT = TypeVar("_TransportT", bound=type[Any])
_logger = logging.getLogger("colonyos_gen")


_ours: set[type[Any]] = set()


def keeps_its_word(cls: _TransportT) -> _TransportT:
    """Let a transport of this package, though not one that is derived from it, be used without a guard."""
    _ours.add(cls)
    return cls


def needs_no_guard(transport: Transport) -> bool:
    """Whether it is one of ours."""
    return type(transport) in _ours


def guarded(transport: Transport) -> Transport:
    """`transport`, with a guard unless it needs none. Raises TypeError if it is no transport."""
    return transport if needs_no_guard(transport) else Guarded(transport)


class Guarded(Transport):
    """Passes on to another transport, gives it up when its time is over, and checks what it returns.

    Args:
        transport: That one.

    Raises:
        TypeError: It lacks something that a transport has; the message names it.
    """

    def __init__(self, transport: Transport) -> None:
        missing = [f"{name}()" for name in _TRANSPORT if not callable(getattr(transport, name, None))]
        if not isinstance(getattr(transport, "url", None), str):
            missing.append("a url that is text")
        if isinstance(transport, type):
            raise TypeError(
                f"transport is the class {transport.__name__}; it must be one that is made: {transport.__name__}(…)"
            )
        if missing:
            raise TypeError(
                f"transport is {transport!r}; it must have the methods of colonyos_gen.transport.Transport, "
                f"and lacks {', '.join(missing)}"
            )
        self._inner = transport
        self._kind = type(transport).__name__

    @property
    def url(self) -> str:
        return self._inner.url

    async def post(
        self, body: bytes, *, method: _AnyMethod, headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        async def post() -> Any:
            posting: Any = self._inner.post(body, method=method, headers=headers, timeout=timeout)
            if not inspect.isawaitable(posting):
                raise self._odd("post", posting, "something to await", method)
            return await posting

        try:
            reply = await run_apart(post, f"{self._kind}.post", timeout + GRACE_S)
        except TimeUpError as error:
            raise RPCTimeoutError(f"no reply within {timeout:g} s", method=method.name) from error
        if not isinstance(reply, tuple) or len(cast("tuple[object, ...]", reply)) != 2:
            raise self._odd("post", cast("object", reply), "a tuple of status and body", method)
        status, content = cast("tuple[object, object]", reply)
        if not isinstance(status, int) or isinstance(status, bool):
            raise self._odd("post", status, "an int as the status", method)
        if not isinstance(content, bytes):
            raise self._odd("post", content, "bytes as the body", method)
        return status, content

    async def connect(
        self, *, method: _AnyMethod, headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        async def connect() -> Any:
            connecting: Any = self._inner.connect(method=method, headers=headers, timeout=timeout)
            if not inspect.isawaitable(connecting):
                raise self._odd("connect", connecting, "something to await", method)
            return await connecting

        def drop(late: Any) -> None:
            _GuardedConnection(late, self._kind, method).drop()

        try:
            connection = await run_apart(connect, f"{self._kind}.connect", timeout + GRACE_S, drop)
        except TimeUpError as error:
            raise ConnectionFailedError(
                f"{self._kind} has made no connection within {timeout:g} s", method=method.name, sent=False
            ) from error
        guarded = _GuardedConnection(connection, self._kind, method)
        lacking = [f"{name}()" for name in _CONNECTION if not callable(getattr(connection, name, None))]
        if not is_number(getattr(connection, "heard_at", None)):
            lacking.append("heard_at as a number")
        if lacking:
            guarded.drop()
            raise self._odd("connect", connection, f"a Connection, which has {', '.join(lacking)}", method)
        return guarded

    async def close(self) -> None:
        async def close() -> None:
            closing: Any = self._inner.close()
            if inspect.isawaitable(closing):
                await closing

        try:
            await run_apart(close, f"{self._kind}.close", CLOSE_S)
        except TimeUpError:
            _logger.warning("%s.close was given up after %g s", self._kind, CLOSE_S)

    def _odd(self, name: str, value: object, expected: str, method: _AnyMethod) -> UnexpectedReplyError:
        return _odd(self._kind, name, value, expected, method)


class _GuardedConnection(Connection):
    def __init__(self, connection: Any, kind: str, method: _AnyMethod) -> None:
        self._inner = connection
        self._kind = f"{kind}: {type(connection).__name__}"
        self._method = method
        self._kept: deque[Any] = deque()
        """Frames that arrived while the wait for them was cancelled."""
        self._receiving: asyncio.Task[Any] | None = None
        """The last wait for a frame, which goes on if it does not end when it is cancelled."""

    @property
    def heard_at(self) -> float:
        heard_at: Any = self._inner.heard_at
        if not is_number(heard_at):
            raise _odd(self._kind, "heard_at", heard_at, "a number of seconds", self._method)
        return float(heard_at)

    async def send(self, body: bytes) -> None:
        await self._awaited("send", lambda: self._inner.send(body))

    async def receive(self) -> bytes:
        # Frames come in order only if there is one wait for them at a time.
        while not self._kept and self._receiving is not None and not self._receiving.done():
            await asyncio.wait({self._receiving})
        if self._kept:
            frame = self._kept.popleft()
        else:
            frame = await self._awaited("receive", self._receive, unwanted=self._kept.append)
        if not isinstance(frame, bytes):
            raise _odd(self._kind, "receive", frame, "bytes", self._method)
        return frame

    def _receive(self) -> Any:
        self._receiving = asyncio.current_task()
        return self._inner.receive()

    async def ping(self) -> None:
        with contextlib.suppress(TimeUpError):
            await self._awaited("ping", self._inner.ping, _PING_S)

    def drop(self) -> None:
        # What it is done for, as a rule an error, is more than what goes wrong here.
        try:
            drop = getattr(self._inner, "drop", None)
            if callable(drop):
                drop()
        except KeyboardInterrupt:
            raise
        except BaseException:  # a clean-up must not hide the error that it comes after
            _logger.warning("%s.drop has failed", self._kind, exc_info=True)

    async def _awaited(
        self,
        name: str,
        begin: Callable[[], Any],
        seconds: float | None = None,
        unwanted: Callable[[Any], object] | None = None,
    ) -> Any:
        async def work() -> Any:
            begun = begin()
            if not inspect.isawaitable(begun):
                raise _odd(self._kind, name, begun, "something to await", self._method)
            return await begun

        return await run_apart(work, f"{self._kind}.{name}", seconds, unwanted)


def _odd(kind: str, name: str, value: object, expected: str, method: _AnyMethod) -> UnexpectedReplyError:
    """The error for what a transport must not return. The value itself may be anything, so only its type is named."""
    return UnexpectedReplyError(
        f"{kind}.{name} gave a value of type {type(value).__name__}; expected {expected}",
        method=method.name,
        hint=f"see colonyos_gen.transport for what a {'Connection' if ':' in kind else 'Transport'} returns",
    )
