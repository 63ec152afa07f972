"""The server on a thread of its own, for programs without an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from colonyos_gen.server._server import Server

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")


class ServerThread:
    """A `Server` that runs beside synchronous code.

        with ServerThread() as server:
            print(server.url)

    Takes the arguments of `Server`. The thread is a daemon: it does not keep the program alive.
    """

    def __init__(self, **options: Any) -> None:
        self.server: Server = Server(**options)
        """The server itself. Its properties may be read from any thread; for the rest there is `run`."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Base URL for clients."""
        return self.server.url

    def start(self) -> None:
        """Start the thread and the server, and return when requests are answered."""
        if self._thread is not None:
            raise RuntimeError("the server is running already")
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_serve, args=(loop,), name="colonyos-gen-server", daemon=True)
        thread.start()
        self._loop, self._thread = loop, thread
        try:
            asyncio.run_coroutine_threadsafe(self.server.start(), loop).result()
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Stop the server and its thread."""
        if self._loop is None:
            return
        try:
            asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result()
        finally:
            self._end()

    def run(self, action: Callable[[], None]) -> None:
        """Call `action` on the thread of the server, such as `lambda: clock.advance(hours=1)`, and wait for it."""

        async def act() -> None:
            action()

        self.wait_for(act())

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work`, such as `server.answer(body)`, on the thread of the server, and return its result."""
        if self._loop is None:
            work.close()
            raise RuntimeError("the server is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        # In here, as the thread that waits for the end may have a running event loop of its own.
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
