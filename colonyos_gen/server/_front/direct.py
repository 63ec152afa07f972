"""Requests that come from this program, without a network in between.

They take part in everything that happens to the server: when it stops or dies, they break off, as connections would.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Generator

from colonyos_gen_wire.method import Via

from colonyos_gen.server._caller.hangup import HangUp
from colonyos_gen.server._caller.presence import watch_caller
from colonyos_gen.server._caller.refusal import FAULT, Refusal
from colonyos_gen.server._front.dispatch import Dispatcher
from colonyos_gen.server._front.rendering import Answer

logger: logging.Logger = logging.getLogger(__name__)

_GONE = "the server has stopped"


class Direct:
    """The way into a server for requests of this program. Its coroutines run on the event loop of the server."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop on which the server runs; None while it does not."""
        self._dispatcher = dispatcher
        self._under_way: set[asyncio.Task[object]] = set()

    @property
    def under_way(self) -> int:
        """How many requests and subscriptions are under way."""
        return len(self._under_way)

    def open(self) -> None:
        """Let requests in."""
        self.loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Let no more in, and break off those that are under way."""
        self.loop = None
        under_way, self._under_way = self._under_way, set()
        for task in under_way:
            task.cancel()

    async def answer(self, body: bytes, is_gone: Callable[[], bool]) -> Answer:
        """The answer to a request. Cancelling it is how a caller hangs up.

        Args:
            body: The envelope.
            is_gone: Whether the caller has hung up, so that nothing must be given to it.

        Raises:
            ConnectionResetError: The server stopped meanwhile.
        """
        with self._while_open():
            watch_caller(is_gone)
            return await self._dispatcher.answer(body)

    async def subscribe(self, body: bytes, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Serve a subscription until it has ended, by `send`, which waits until there is room for more.

        Raises:
            ConnectionResetError: The server stopped, or ended it together with its connection.
        """
        with self._while_open():
            try:
                call = await self._dispatcher.checked(body, Via.WEBSOCKET)
                feed = self._dispatcher.watch.subscribe(call.method, call.request, call.signer)
                await self._dispatcher.serve(call, feed, send, lambda: self.loop is None)
            except Refusal as refusal:
                await send(self._dispatcher.rendering.refusal(refusal).body)
            except ConnectionError:  # of `send`: nobody is there any more
                raise
            except HangUp as hangup:
                raise ConnectionResetError(hangup.reason) from hangup
            except Exception:  # a fault of a handler is answered, as over sockets
                logger.exception("a subscription failed")
                await send(self._dispatcher.rendering.refusal(Refusal(FAULT)).body)

    @contextlib.contextmanager
    def _while_open(self) -> Generator[None]:
        task = asyncio.current_task()
        if self.loop is None or task is None:
            raise ConnectionResetError(_GONE)
        self._under_way.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if task in self._under_way:
                raise
            raise ConnectionResetError(_GONE) from None
        else:
            if task not in self._under_way:
                raise ConnectionResetError(_GONE)
        finally:
            self._under_way.discard(task)
