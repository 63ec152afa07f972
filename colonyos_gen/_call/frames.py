"""One connection that serves one subscription."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Generic, TypeVar

import msgspec
from colonyos_gen_wire.method import Key, Method

from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.signers import parse
from colonyos_gen.errors import ConnectionFailedError
from colonyos_gen.transport import Connection

FrameT = TypeVar("FrameT")


def now() -> float:
    """Seconds on the clock of the running event loop."""
    return asyncio.get_running_loop().time()


class Frames(Generic[FrameT]):
    """The frames that the server sends for one request, decoded. It can be opened again after `drop`.

    While nobody waits in `receive`, the connection is left alone, and the server has to wait.

    Raises:
        MissingKeyError: The client has no key that may sign the subscription.
    """

    def __init__(self, pipeline: Pipeline, method: Method[Any, FrameT], prvkey: Key | None) -> None:
        self._pipeline = pipeline
        self._method = method
        self._signer = pipeline.keys.pick(method) if prvkey is None else parse(prvkey)
        self._connection: Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known here."""
        return self._connection is not None

    @property
    def heard_at(self) -> float:
        """When something arrived last, be it only the answer to a ping; 0 without a connection."""
        return 0.0 if self._connection is None else self._connection.heard_at

    async def open(self, request: msgspec.Struct) -> None:
        """Send `request`, over a new connection if there is none. Raises what `Pipeline.subscribe` raises."""
        self._loop = asyncio.get_running_loop()
        connection, self._connection = self._connection, None
        self._connection = await self._pipeline.subscribe(self._method, request, self._signer, connection)

    async def receive(self, until: float) -> FrameT | None:
        """The next frame; None if `until` comes first. A cancelled wait loses nothing.

        Raises:
            ConnectionFailedError: There is no connection any more.
            RPCError: The frame is an error reply, or not a reply of this method, or too large.
        """
        connection = self._connection
        if connection is None:
            raise ConnectionFailedError("there is no connection", method=self._method.name)
        if until <= now():
            until = now() + 0.001  # what has arrived already is still taken
        patience = asyncio.timeout_at(until)
        try:
            async with patience:
                body = await connection.receive()
        except TimeoutError:
            if patience.expired():
                return None
            raise
        except Exception:  # whatever broke it, nothing more can be read from this connection
            self.drop()
            raise
        return self._pipeline.frame(self._method, body, "" if self._signer is None else self._signer.id)

    async def ping(self) -> None:
        """Ask for a sign of life, which moves `heard_at`."""
        if self._connection is not None:
            await self._connection.ping()

    def drop(self) -> None:
        """End the connection at once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.drop()

    def __del__(self) -> None:
        # The last reference may vanish on any thread, and at any moment.
        connection: Connection | None = self.__dict__.get("_connection")
        if connection is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(connection.drop)
