"""The transport to an embedded server in the same process, without sockets."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any, TypeAlias

from colonyos_gen_wire.method import Method

from colonyos_gen._call.guarded import keeps_its_word
from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError
from colonyos_gen.server import Server, ServerThread
from colonyos_gen.server._front.direct import Direct
from colonyos_gen.server._front.rendering import Answer
from colonyos_gen.transport import Connection, Transport

_Work: TypeAlias = "asyncio.Task[Answer] | asyncio.Future[Answer]"


@keeps_its_word
class InProcessTransport(Transport):
    """Hands requests to a server of this process, on whatever event loop or thread that runs.

        with ServerThread() as server, Client(transport=InProcessTransport(server), server_key=…) as client:
            ...

    Requests and replies are the same bytes as over sockets, and the server checks them as it checks others; what comes before
    that is left out: HTTP with its headers, the faults of `LocalColony`, the limits of body size and time, and the quirks of
    connections. A request breaks off when the server stops or dies, and is refused while it does not run. Turns are taken as
    at any server, together with what comes to the same one through sockets, as a program that would freeze a real server
    is not to be tested without noticing.

    Args:
        server: The server, which has been started.

    Raises:
        RuntimeError: The server does not run.
    """

    def __init__(self, server: Server | ServerThread) -> None:
        self._server = server.server if isinstance(server, ServerThread) else server
        if self._server.direct.loop is None:
            raise RuntimeError("the server does not run; start it before its transport is made")
        self._url = self._server.url
        self._under_way: set[_Work] = set()
        self._given_up: set[_Work] = set()
        """What is broken off since the client is closed."""
        self._connections: weakref.WeakSet[_InProcessConnection] = weakref.WeakSet()

    @property
    def url(self) -> str:
        return self._url

    async def post(
        self, body: bytes, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        del headers
        work = self._ask(body, self._loop(method))
        self._under_way.add(work)
        try:
            async with asyncio.timeout(timeout):
                answer = await work
        except TimeoutError as error:
            raise RPCTimeoutError(f"no reply within {timeout:g} s", method=method.name) from error
        except ConnectionResetError as error:
            raise ConnectionFailedError(f"{self._url}: {error}", method=method.name) from error
        except asyncio.CancelledError:
            if work in self._given_up:
                raise ConnectionFailedError("the client was closed", method=method.name) from None
            raise
        finally:
            self._under_way.discard(work)
            self._given_up.discard(work)
        return answer.status, answer.body

    async def connect(
        self, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        del headers, timeout
        connection = _InProcessConnection(self._server, self._loop(method), method.name)
        self._connections.add(connection)
        return connection

    async def close(self) -> None:
        for work in list(self._under_way):
            self._given_up.add(work)
            work.cancel()
        for connection in list(self._connections):
            connection.drop()

    def _ask(self, body: bytes, loop: asyncio.AbstractEventLoop) -> _Work:
        """What becomes of the request; cancelling it gives the request up."""
        direct = self._server.direct
        if loop is asyncio.get_running_loop():
            task = loop.create_task(direct.answer(body, lambda: task.cancelling() > 0))
            return task
        return _Errand(direct, body, loop).answer

    def _loop(self, method: Method[Any, Any]) -> asyncio.AbstractEventLoop:
        loop = self._server.direct.loop
        if loop is None:
            raise ConnectionFailedError(
                f"{self._url}: the server does not run", method=method.name, sent=False
            )
        return loop


class _Errand:
    """A request that is carried out on the event loop of a server, for a client on another one."""

    def __init__(self, direct: Direct, body: bytes, there: asyncio.AbstractEventLoop) -> None:
        self._here = asyncio.get_running_loop()
        self._there = there
        self._direct = direct
        self._body = body
        self._carried_out: asyncio.Task[Answer] | None = None
        """Belongs to the event loop of the server."""
        self.answer: asyncio.Future[Answer] = self._here.create_future()
        """Belongs to the event loop of the client."""
        self.answer.add_done_callback(self._note_end)
        there.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        """On the event loop of the server."""
        if not self.answer.cancelled():
            self._carried_out = self._there.create_task(
                self._direct.answer(self._body, self.answer.cancelled)
            )
            self._carried_out.add_done_callback(self._bring)

    def _bring(self, carried_out: asyncio.Task[Answer]) -> None:
        """On the event loop of the server."""
        with contextlib.suppress(RuntimeError):  # the loop of the client was closed
            self._here.call_soon_threadsafe(self._arrived, carried_out)

    def _arrived(self, carried_out: asyncio.Task[Answer]) -> None:
        if self.answer.done():
            if not carried_out.cancelled():
                carried_out.exception()  # which nobody is there for
        elif carried_out.cancelled():
            self.answer.cancel()
        elif (error := carried_out.exception()) is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(carried_out.result())

    def _note_end(self, answer: asyncio.Future[Answer]) -> None:
        if answer.cancelled():
            with contextlib.suppress(RuntimeError):  # the loop of the server was closed
                self._there.call_soon_threadsafe(self._give_up)

    def _give_up(self) -> None:
        """On the event loop of the server."""
        if self._carried_out is not None:
            self._carried_out.cancel()


class _InProcessConnection(Connection):
    """One frame is made ahead of those that were received; then the server waits."""

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop, method: str) -> None:
        self._server = server
        self._there = loop
        self._here = asyncio.get_running_loop()
        self._method = method
        self._frames: deque[bytes] = deque()
        self._stirred = asyncio.Event()
        self._ended = ""
        self._room = asyncio.Semaphore(1)
        """Belongs to the event loop of the server."""
        self._serving: concurrent.futures.Future[None] | None = None
        self._heard_at = self._here.time()

    @property
    def heard_at(self) -> float:
        return self._heard_at

    async def send(self, body: bytes) -> None:
        if self._ended:
            raise ConnectionFailedError(self._ended, method=self._method, sent=False)
        serving = asyncio.run_coroutine_threadsafe(
            self._server.direct.subscribe(body, self._deliver), self._there
        )
        self._serving = serving
        serving.add_done_callback(self._note_end)

    async def receive(self) -> bytes:
        while not self._frames:
            if self._ended:
                raise ConnectionFailedError(self._ended, method=self._method)
            self._stirred.clear()
            await self._stirred.wait()
        with contextlib.suppress(RuntimeError):  # the loop of the server was closed
            self._there.call_soon_threadsafe(self._room.release)
        return self._frames.popleft()

    async def ping(self) -> None:
        if not self._ended and self._server.direct.loop is not None:
            self._heard_at = self._here.time()

    def drop(self) -> None:
        self._ended = self._ended or "the connection was dropped"
        self._frames.clear()
        self._stirred.set()
        if self._serving is not None:
            self._serving.cancel()

    async def _deliver(self, frame: bytes) -> None:
        """On the event loop of the server."""
        await self._room.acquire()
        try:
            self._here.call_soon_threadsafe(self._arrived, frame)
        except RuntimeError:  # the loop of the client was closed
            raise ConnectionResetError("the client has gone") from None

    def _arrived(self, frame: bytes) -> None:
        self._heard_at = self._here.time()
        if not self._ended:
            self._frames.append(frame)
        self._stirred.set()

    def _note_end(self, serving: concurrent.futures.Future[None]) -> None:
        """On whatever thread: a subscription that has just ended leaves its connection open for the next one."""
        error = None if serving.cancelled() else serving.exception()
        if error is not None:
            with contextlib.suppress(RuntimeError):  # the loop of the client was closed
                self._here.call_soon_threadsafe(self._end, str(error))

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason or "the server ended the connection"
        self._stirred.set()
