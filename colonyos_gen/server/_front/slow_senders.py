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
from typing import cast

from aiohttp import StreamReader, hdrs, web

from colonyos_gen.server._caller.refusal import TOO_MANY_CONNECTIONS, Refusal
from colonyos_gen.server._front.bounds.crowd import MOST_CONNECTIONS, Crowd, Member, address_of
from colonyos_gen.server._front.envelope import write_failure
from colonyos_gen.server.hazards._arrival import Arrival

REQUEST_TIMEOUT_S = 10.0
"""How long headers may take; that is also what the real server grants them."""
IDLE_TIMEOUT_S = 120.0
"""How long a connection stays open without a request; as on the real server."""
HEAD_BYTES = 64 * 1024
"""What may come before the headers of a request are complete."""
_PIECE = 8 * 1024
"""What is taken off the network at once, as it may be hundreds of requests."""
_FRAMES_PIECE = 4 * 1024
"""The same of frames, which may be of no bytes."""
_BODY_PIECE = 64 * 1024
_CHUNKS_PIECE = 16 * 1024
_FINE_PIECE = 1024
"""The same of a body that comes in chunks of a few bytes."""
_FINE = 64
"""Bytes for each end of a line, below which chunks are such."""
_LINGER_S = 1.0
"""How long a client whose connection is refused has for reading that."""
_MOST_LINGERING = 32
_PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""Seconds of silence before the first probe, between probes, and how many may go unanswered."""

_TOO_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 19\r\n"
    b"Connection: close\r\n\r\n"
    b"408 Request Timeout"
)
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 35\r\n"
    b"Connection: close\r\n\r\n"
    b"431 Request Header Fields Too Large"
)
# A gateway that answers 503 may have passed the request on; with this status whoever asks knows that nobody has.
_NO_ROOM = (
    b"HTTP/1.1 429 Too Many Requests\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\n"
    b"Retry-After: 1\r\n"
    b"Connection: close\r\n\r\n"
    b"%b"
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
        self._lingering: set[_Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def accept(self, inner: asyncio.Protocol) -> asyncio.BaseProtocol:
        """A protocol that passes everything on to `inner`, and closes the connection when a request is late."""
        return _Connection(inner, self._seconds, self._open, self._crowd, self._lingering)

    def arrival(self, request: web.Request) -> Arrival | None:
        """Through which connection `request` has come, and when what is there of it had arrived."""
        transport = request.transport
        connection = None if transport is None else self._open.get(transport)
        return None if connection is None else connection.arrival()

    def abort(self) -> None:
        """Break every connection at once, without sending what has not been sent."""
        for transport in list(self._open):
            cast("asyncio.Transport", transport).abort()

    def begin(self, request: web.Request) -> _Connection | None:
        """The headers of `request` have arrived, and it is served until what this returns is told that it is answered."""
        transport = request.transport
        connection = None if transport is None else self._open.get(transport)
        if connection is not None:
            connection.arrived(request)
        return connection


class _Connection(asyncio.BufferedProtocol):
    def __init__(
        self,
        inner: asyncio.Protocol,
        seconds: float,
        register: dict[asyncio.BaseTransport, _Connection],
        crowd: Crowd,
        lingering: set[_Connection],
    ) -> None:
        self.received_ns = time.monotonic_ns()
        """When something was received last."""
        self._inner = inner
        self._seconds = seconds
        self._register = register
        self._crowd = crowd
        self._lingering = lingering
        self._member: Member | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._serving = False
        self._arrival: Arrival | None = None
        self._head = Head()
        self._body: StreamReader | None = None
        self._length: int | None = None
        self._is_upgrade = False
        self._is_fine = True
        self._buffer = bytearray()
        self._refused = False

    def arrival(self) -> Arrival:
        """That of the request that is served, of which nothing more is to come."""
        self._arrival = Arrival(self, self.received_ns)
        return self._arrival

    def arrived(self, request: web.Request) -> None:
        """The headers of a request are complete."""
        self._serving = True
        self._body = request.content
        self._length = request.content_length
        self._is_upgrade = hdrs.UPGRADE in request.headers
        self._disarm()
        if self._member is not None:
            self._crowd.busy(self._member)

    def answered(self) -> None:
        """The reply is about to be written, and the next byte belongs to the next request."""
        self._serving = False
        self._head.begin()
        if self._member is not None:
            self._crowd.resting(self._member)
        arrival, self._arrival = self._arrival, None
        if arrival is not None:
            arrival.replied()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._register[transport] = self
        self._member = self._crowd.enter(address_of(transport), self._make_room)
        if self._member is None:
            self._refuse(self._transport)
            return
        _probe(transport)
        self._arm()
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._transport is not None:
            del self._register[self._transport]
        if self._member is not None:
            self._crowd.leave(self._member)
        self._lingering.discard(self)
        if not self._refused:
            self._inner.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> bytearray:
        del sizehint
        self._buffer = bytearray(self._piece())
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._refused:
            return
        self.received_ns = time.monotonic_ns()
        data, self._buffer = bytes(memoryview(self._buffer)[:nbytes]), bytearray()
        if not self._serving:
            if (self._body is None or self._body.is_eof()) and not self._head.is_short(data):
                self._say_last(_TOO_LONG)
                return
            if self._timer is None and not self._head.is_complete:
                self._arm()
        elif self._length is None:
            self._is_fine = data.count(b"\r\n") * _FINE > nbytes
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._refused else self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _piece(self) -> int:
        """How much may be taken in at once."""
        if self._body is None:
            return _PIECE
        if self._body.is_eof():
            return _FRAMES_PIECE if self._is_upgrade else _PIECE
        if self._length is None:
            return _FINE_PIECE if self._is_fine else _CHUNKS_PIECE
        return max(_PIECE, min(_BODY_PIECE, self._length - self._body.total_bytes))

    def _make_room(self) -> None:
        """Close the connection for another one."""
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # else it would last until the client reads
        else:
            self._transport.close()

    def _refuse(self, transport: asyncio.Transport) -> None:
        """Say that there are too many connections. What the client sends until it has read that is taken, and not read."""
        self._refused = True
        refusal = Refusal(TOO_MANY_CONNECTIONS)
        body = write_failure(refusal.status, refusal.message)
        transport.write(_NO_ROOM % (len(body), body))
        if len(self._lingering) >= _MOST_LINGERING:
            transport.close()
            return
        self._lingering.add(self)
        if transport.can_write_eof():
            transport.write_eof()
        self._timer = asyncio.get_running_loop().call_later(_LINGER_S, transport.abort)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        self._say_last(_TOO_LATE)

    def _say_last(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)
            self._transport.close()


class Head:
    """Counts what comes of the headers of a request."""

    def __init__(self) -> None:
        self._count = 0
        self._end = b""
        self.is_complete: bool = False
        """Whether all of them are there."""

    def begin(self) -> None:
        """That of the next request comes."""
        self._count, self._end, self.is_complete = 0, b"", False

    def is_short(self, data: bytes) -> bool:
        """Whether it is not too long with this part of it."""
        if self.is_complete:
            return True
        if not self._count:
            data = data.lstrip(b"\r\n")
        if b"\r\n\r\n" in self._end + data:
            self.is_complete = True
            return True
        self._count += len(data)
        self._end = data[-3:] if len(data) >= 3 else (self._end + data)[-3:]
        return self._count <= HEAD_BYTES


def _probe(transport: asyncio.BaseTransport) -> None:
    """Let the system find out if the other host is still there; where it offers that."""
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
