"""What all streams of events have in common: a deadline, an end with a reason, and closing at any moment."""

from __future__ import annotations

import asyncio
import enum
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Generic, Self, TypeVar

from colonyos_gen_wire.method import AsyncCaller, Key

from colonyos_gen._call.frames import now
from colonyos_gen._call.pipeline import Pipeline

T = TypeVar("T")

FIRST_LOOK_S = 5.0
"""Seconds that the first request of a stream gets, even where the stream's timeout is shorter: 0 means 'as it is now'."""


class Ended(enum.Enum):
    """Why a stream ended."""

    END = "end"
    """The sender appended an entry of type `end`."""
    PROCESS = "process"
    """The process reached a final state, or was removed."""
    TIMEOUT = "timeout"
    """The time of the stream was up."""
    CLOSED = "closed"
    """The stream or its client was closed here."""


class Finished(Exception):
    """Ends a stream from inside."""

    def __init__(self, reason: Ended) -> None:
        super().__init__(reason)
        self.reason = reason


class Stream(ABC, Generic[T]):
    """Items that arrive over time: an asynchronous iterator, and a context manager that closes it.

        async with client.process_events(process) as events:
            async for process in events:
                ...

    Nothing runs in the background: connections are read while somebody waits for an item, and only then. Leaving the
    `async with` block closes the connection at once. Without the block, it is closed when the stream ends, when the
    waiting task is cancelled, and when the stream is dropped.

    A cancelled wait, as of `asyncio.wait_for`, loses nothing: ask for the next item again, and the stream goes on where it
    was. Several tasks may share a stream; each item goes to one of them.
    """

    def __init__(
        self, caller: AsyncCaller, pipeline: Pipeline, prvkey: Key | None, timeout: float | None
    ) -> None:
        self._caller = caller
        self._pipeline = pipeline
        self._prvkey = prvkey
        self._timeout = timeout
        self._deadline: float | None = None
        self._begun = False
        self._looked = timeout is None or timeout > 0
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
            RPCError: The server refused the subscription, or could not be reached at the start.
        """
        async with self._lock:
            if self._ended is not None:
                return None
            self._begin()
            try:
                async with asyncio.timeout_at(self._limit()) as self._scope:
                    return await self._next()
            except Finished as finished:
                self._end(finished.reason)
            except TimeoutError:
                if self._scope is None or not self._scope.expired():
                    self._drop()
                    raise
                self._end(Ended.TIMEOUT)
            except BaseException as error:
                # Inside `async with` the connection is closed later anyway, so that a wait can be resumed without a new one.
                kept = self._entered and not self._drop_when_cancelled()
                if not (kept and isinstance(error, asyncio.CancelledError)):
                    self._drop()
                raise
            finally:
                self._scope = None
                if self._ended is not None:
                    self._drop()
            return None

    def close(self) -> None:
        """Close the connection at once, and end the stream for whoever waits for an item.

        To be called on the event loop of the stream.
        """
        self._end(Ended.CLOSED)
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(now())

    @abstractmethod
    async def _next(self) -> T:
        """The next item. May be cancelled at every `await`, and must then be able to start again."""

    @abstractmethod
    def _drop(self) -> None:
        """Close the connections at once."""

    def _drop_when_cancelled(self) -> bool:
        """Whether the connection must not wait for the next item to be asked for."""
        return False

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._deadline = None if self._timeout is None else now() + max(0.0, self._timeout)

    def _limit(self) -> float | None:
        if self._looked or self._deadline is None:
            return self._deadline
        return max(self._deadline, now() + FIRST_LOOK_S)

    def _first_look_done(self) -> None:
        self._looked = True
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(self._deadline)

    def _server_timeout(self, longest: float) -> int:
        """Seconds to ask the server for: a little more than there is left here, because this end keeps the time."""
        if self._deadline is None:
            return int(longest)
        return int(max(1.0, min(longest, self._deadline - now() + 2.0)))

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
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item = await self.take()
        if item is None:
            raise StopAsyncIteration
        return item
