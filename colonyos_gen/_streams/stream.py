"""What is read over time: a stream, which ends with a reason, and which can be closed at any moment."""

from __future__ import annotations

import asyncio
import enum
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Generic, Self, TypeVar

from colonyos_gen._call.frames import now
from colonyos_gen._tracebacks import short_tracebacks

T = TypeVar("T")


class Ended(enum.Enum):
    """Why a stream ended."""

    END = "end"
    """Nothing follows: the sender appended an entry whose `msgtype` is `end`, or all that there was has been given."""
    PROCESS = "process"
    """The process or workflow reached a final state, or was removed."""
    TIMEOUT = "timeout"
    """The time of the stream was up."""
    CLOSED = "closed"
    """The stream was closed here, or the client of a subscription was."""


class Finished(Exception):
    """Ends a stream from inside."""

    def __init__(self, reason: Ended) -> None:
        super().__init__(reason)
        self.reason = reason


@short_tracebacks
class AsyncStream(ABC, Generic[T]):
    """Items that arrive over time: an asynchronous iterator, and a context manager that closes it.

        async with client.process_events(process) as events:
            async for process in events:
                ...

    Subscriptions of a client, what a handle gives, and `as_completed` are all such streams. Leaving the `async with` block
    lets go at once of what the stream holds.

    A cancelled wait, as of `asyncio.wait_for`, loses nothing: ask for the next item again, and the stream goes on where it
    was. Several tasks may share a stream; each item goes to one of them. `Stream` is the same for synchronous code.
    """

    def __init__(self) -> None:
        self._ended: Ended | None = None
        self._entered = False
        self._lock = asyncio.Lock()
        self._scope: asyncio.Timeout | None = None

    @property
    def ended(self) -> Ended | None:
        """Why the stream ended; None as long as it goes on."""
        return self._ended

    async def take(self) -> T | None:
        """The next item, or None once the stream has ended.

        Raises:
            RPCError: What is read was refused, or could not be reached at the start.
            WaitTimeout: The time of a stream that waits for an end was up; not of subscriptions, which just end.
        """
        async with self._lock:
            if self._ended is not None:
                return None
            try:
                async with asyncio.timeout_at(self._limit()) as self._scope:
                    return await self._next()
            except Finished as finished:
                self._end(finished.reason)
            except TimeoutError:
                if self._scope is None or not self._scope.expired():
                    self._broken(None)
                    raise
                self._end(Ended.TIMEOUT)
            except BaseException as error:
                self._broken(error)
                raise
            finally:
                self._scope = None
                if self._ended is not None:
                    self._drop()
            return None

    async def close(self) -> None:
        """Let go at once of what the stream holds, and end it for whoever waits for an item.

        To be called on the event loop of the stream. Closing again does nothing.
        """
        self._end(Ended.CLOSED)
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(now())

    @abstractmethod
    async def _next(self) -> T:
        """The next item. May be cancelled at every `await`, and must then be able to start again. Raises Finished."""

    @abstractmethod
    def _drop(self) -> None:
        """Let go of what is held, such as connections and tasks, at once; it may have been done before."""

    def _broken(self, error: BaseException | None) -> None:
        """A wait for an item was cancelled, or has raised."""

    def _limit(self) -> float | None:
        """When the stream is to end by itself, on the clock of the event loop; None for never."""
        return None

    def _end(self, reason: Ended) -> None:
        if self._ended is None:
            self._ended = reason
        self._drop()

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered = False
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item = await self.take()
        if item is None:
            raise StopAsyncIteration
        return item
