"""Streams for synchronous code: what `Client` and its handles give where `AsyncClient` gives an `AsyncStream`."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from colonyos_gen_wire import ChannelEntry

from colonyos_gen._streams.channel import AsyncChannelStream
from colonyos_gen._streams.stream import AsyncStream, Ended
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.errors import RPCError

T = TypeVar("T")

Runner = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine on the event loop of a client and returns its result."""


@short_tracebacks
class Stream(Generic[T]):
    """Items that arrive over time: an iterator that waits for each, and a context manager that closes it.

        with client.process_events(process) as events:
            for process in events:
                ...

    Several threads may iterate; each item goes to one of them. Closing the stream, from any thread, ends the iteration at
    once, and so does closing the client of a subscription. Interrupting a wait (Ctrl-C) loses nothing: asking again goes on,
    where need be over a new connection. `AsyncStream` is the same for coroutines.
    """

    def __init__(self, run: Runner, stream: AsyncStream[T], owner: object) -> None:
        self._run = run
        self._stream = stream
        self._owner = owner  # a client that nobody refers to is closed
        self._closed = False

    @property
    def ended(self) -> Ended | None:
        """Why the stream ended; None as long as it goes on."""
        return self._stream.ended or (Ended.CLOSED if self._closed else None)

    def take(self) -> T | None:
        """The next item, or None once the stream has ended. Raises what `AsyncStream.take` raises."""
        if self.ended is not None:
            return None
        try:
            item: T | None = self._run(self._stream.take())
        except concurrent.futures.CancelledError:
            if self.ended is None:
                raise
            return None
        return item

    def close(self) -> None:
        """Let go at once of what the stream holds, and end it for whoever waits for an item."""
        if self.ended is None:
            with contextlib.suppress(RPCError):  # its client is closed, and with it everything that it holds
                self._run(self._stream.close())
            self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item = self.take()
        if item is None:
            raise StopIteration
        return item


class ChannelStream(Stream[ChannelEntry]):
    """The entries of one channel, each exactly once, in the order of the channel; see `AsyncChannelStream`.

    for entry in client.subscribe_channel(processid, "out"):
        print(entry.payload_as_string(), end="")
    """

    _stream: AsyncChannelStream

    def __init__(self, run: Runner, stream: AsyncChannelStream, owner: object) -> None:
        super().__init__(run, stream, owner)

    @property
    def next_index(self) -> int:
        """What `afterseq` has to be in order to go on after the entry delivered last."""
        return self._stream.next_index
