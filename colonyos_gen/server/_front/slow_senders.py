"""Connections on which a request takes too long to arrive.

A client that sends the beginning of a request, or nothing at all, holds a connection and some memory. The headers of a
request must be complete a while after the connection was made or, on one that has served requests before, after their
first byte. What the body may take is told in `bounds/reading.py`. Answers may take as long as they like.

Hosts that have vanished without a word, such as those that lost their power, are found by the probes of TCP, also in
the middle of a long poll or a subscription. A client that is merely busy answers these.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Generator
from typing import cast

from aiohttp import web

from colonyos_gen.server._front.bounds.crowd import MOST_CONNECTIONS, Crowd, Member, address_of
from colonyos_gen.server.hazards._arrival import Arrival

REQUEST_TIMEOUT_S = 10.0
"""How long headers may take; that is also what the real server grants them."""
IDLE_TIMEOUT_S = 120.0
"""How long a connection stays open without a request; as on the real server."""
_PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""Seconds of silence before the first probe, between probes, and how many may go unanswered."""

_TOO_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 19\r\n"
    b"Connection: close\r\n\r\n"
    b"408 Request Timeout"
)
_NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 24\r\n"
    b"Retry-After: 1\r\n"
    b"Connection: close\r\n\r\n"
    b"503 Too many connections"
)


class Connections:
    """The connections of a server, and which of them have a request under way.

    Args:
        seconds: How long the headers of a request may take.
        most: How many there may be, half of them from one address of another machine. When there is one more, that which has
            been without a request for longest is closed; if all have one, the new one is refused.
    """

    def __init__(self, seconds: float, most: int = MOST_CONNECTIONS) -> None:
        self._seconds = seconds
        self._crowd = Crowd(most)
        self._open: dict[asyncio.BaseTransport, _Connection] = {}

    def __len__(self) -> int:
        return len(self._open)

    def accept(self, inner: asyncio.Protocol) -> asyncio.Protocol:
        """A protocol that passes everything on to `inner`, and closes the connection when a request is late."""
        return _Connection(inner, self._seconds, self._open, self._crowd)

    def arrival(self, request: web.Request) -> Arrival | None:
        """Through which connection `request` has come, and when what is there of it had arrived."""
        transport = request.transport
        connection = None if transport is None else self._open.get(transport)
        return None if connection is None else connection.arrival()

    def abort(self) -> None:
        """Break every connection at once, without sending what has not been sent."""
        for transport in list(self._open):
            cast("asyncio.Transport", transport).abort()

    @contextlib.contextmanager
    def serving(self, request: web.Request) -> Generator[None]:
        """The headers of `request` have arrived, and within the block it is served."""
        transport = request.transport
        connection = None if transport is None else self._open.get(transport)
        if connection is not None:
            connection.arrived()
        try:
            yield
        finally:
            if connection is not None:
                connection.answered()


class _Connection(asyncio.Protocol):
    def __init__(
        self,
        inner: asyncio.Protocol,
        seconds: float,
        register: dict[asyncio.BaseTransport, _Connection],
        crowd: Crowd,
    ) -> None:
        self.received_ns = time.monotonic_ns()
        """When something was received last."""
        self._inner = inner
        self._seconds = seconds
        self._register = register
        self._crowd = crowd
        self._member: Member | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._serving = False
        self._arrival: Arrival | None = None

    def arrival(self) -> Arrival:
        """That of the request that is served, of which nothing more is to come."""
        self._arrival = Arrival(self, self.received_ns)
        return self._arrival

    def arrived(self) -> None:
        """The headers of a request are complete."""
        self._serving = True
        self._disarm()
        if self._member is not None:
            self._crowd.busy(self._member)

    def answered(self) -> None:
        """The reply is about to be written, and the next byte belongs to the next request."""
        self._serving = False
        if self._member is not None:
            self._crowd.resting(self._member)
        arrival, self._arrival = self._arrival, None
        if arrival is not None:
            arrival.replied()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._register[transport] = self
        self._member = self._crowd.enter(address_of(transport), self._transport.close)
        if self._member is None:
            self._transport.write(_NO_ROOM)
            self._transport.close()
        _probe(transport)
        self._arm()
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._transport is not None:
            del self._register[self._transport]
        if self._member is not None:
            self._crowd.leave(self._member)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.received_ns = time.monotonic_ns()
        if not self._serving and self._timer is None:
            self._arm()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_TOO_LATE)
            self._transport.close()


def _probe(transport: asyncio.BaseTransport) -> None:
    """Let the system find out if the other host is still there; where it offers that."""
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
