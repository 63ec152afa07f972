"""How requests get to a server and replies back: what a client needs of a transport, whatever that is made of.

`AsyncClient(transport=…)` and `Client(transport=…)` take anything that has the methods of `Transport`. Without it, a client
makes an `AiohttpTransport` for its url; `colonyos_gen.testing.InProcessTransport` leads to a server in the same process.

A transport carries bytes: requests come checked, signed and encoded, and replies are opened by the client. What may be tried
again, turns and time-outs of calls are the client's business, too.

A client trusts no transport that it was given: what is not done in time is cancelled soon after, and fails as if the
transport had said so, also if it goes on regardless: nobody waits for it any more then, and the log says so. What it
returns is checked. Anything else than what is written here raises `UnexpectedReplyError`, which names the class of the
transport, the type of what it gave, and what is expected; the request may have been carried out then. A `transport=` that
lacks one of the methods is refused with `TypeError` when the client is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from colonyos_gen_wire.method import Method

if TYPE_CHECKING:
    from colonyos_gen._call.aiohttp_transport import AiohttpTransport

__all__ = ["MAX_REPLY_BYTES", "AiohttpTransport", "Connection", "Method", "Transport"]

MAX_REPLY_BYTES = 256 * 1024 * 1024
"""Default for the largest reply body that is read."""


class Connection(Protocol):
    """One subscription at a time, and the frames that the server sends for it."""

    @property
    def heard_at(self) -> float:
        """When something arrived last, be it only the answer to a ping, on the clock of the event loop."""
        ...

    async def send(self, body: bytes) -> None:
        """Send the envelope of a subscription.

        Raises:
            ConnectionFailedError: The connection has ended.
        """
        ...

    async def receive(self) -> bytes:
        """Wait for the next frame. A wait that is cancelled loses none.

        While nobody waits, the server should not be able to send without end.

        Raises:
            ConnectionFailedError: The connection has ended.
            UnexpectedReplyError: What arrived is no frame, or too large.
        """
        ...

    async def ping(self) -> None:
        """Ask for a sign of life, which moves `heard_at`. Does nothing on a connection that has ended."""
        ...

    def drop(self) -> None:
        """End the connection at once, without waiting for anything. May be called again.

        What it raises is logged, and hides no other error.
        """
        ...


class Transport(Protocol):
    """Takes requests to one server. All of it is called on the event loop of one client.

    Raise `ConnectionFailedError` with `sent=False` only where the request cannot have arrived: it is sent again then,
    whatever it does. Other exceptions than those that are listed reach the caller as they are.
    """

    @property
    def url(self) -> str:
        """Address of the server. Clients whose transports have the same one share what they may have under way there."""
        ...

    async def post(
        self, body: bytes, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        """Send a request, and return status and body of the reply. Cancelling it gives the request up.

        Args:
            body: The envelope.
            method: The message in it.
            headers: What interceptors have added; None for nothing. A transport without headers ignores them.
            timeout: Seconds for everything: connecting, sending, and receiving the whole reply.

        Raises:
            ConnectionFailedError: The server could not be reached, or the connection broke.
            RPCTimeoutError: Time was up.
            UnexpectedReplyError: What came back is no reply, or too large. A client raises it, too, unless it gets a tuple of
                an int and bytes.
        """
        ...

    async def connect(
        self, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        """A connection for subscriptions, made within `timeout` seconds.

        Raises:
            ConnectionFailedError: There is none; with a `status` if there is a server that refuses it.
            UnexpectedReplyError: Something else than a server answered, such as with a redirect. A client raises it, too,
                unless it gets something with all that `Connection` has.
        """
        ...

    async def close(self) -> None:
        """End every connection. Requests under way fail with `ConnectionFailedError`.

        A client that is closed closes its transport, which may then be given to the next one. It waits for that for 4 s.
        """
        ...


def __getattr__(name: str) -> Any:
    if name != "AiohttpTransport":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Loads the HTTP library, which is not felt before it is asked for.
    globals()[name] = value = import_module("colonyos_gen._call.aiohttp_transport").AiohttpTransport
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
