"""Streams of events for synchronous code: what `Client` gives where `AsyncClient` gives a `Stream`."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from colonyos_gen_wire import ChannelEntry

from colonyos_gen._streams.channel import ChannelStream
from colonyos_gen._streams.subscription import Ended, Stream

T = TypeVar("T")

Runner = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine on the event loop of a client and returns its result."""


class SyncStream(Generic[T]):
    """Items that arrive over time: an iterator that waits for each, and a context manager that closes it.

        with client.process_events(process) as events:
            for process in events:
                ...

    Several threads may iterate; each item goes to one of them. Closing the stream or its client, from any thread, ends the
    iteration at once. Interrupting a wait (Ctrl-C) closes the connection; asking again makes a new one and goes on.
    """

    def __init__(self, run: Runner, stream: Stream[T], owner: object) -> None:
        self._run = run
        self._stream = stream
        self._owner = owner  # a client that nobody refers to is closed

    @property
    def ended(self) -> Ended | None:
        """Why the stream ended; None as long as it goes on."""
        return self._stream.ended

    def take(self) -> T | None:
        """The next item, or None once the stream has ended. Raises what `Stream.take` raises."""
        if self._stream.ended is not None:
            return None
        try:
            item: T | None = self._run(self._stream.take())
        except concurrent.futures.CancelledError:
            if self._stream.ended is None:
                raise
            return None
        return item

    def close(self) -> None:
        """Close the connection at once, and end the stream for whoever waits for an item."""
        if self._stream.ended is None:
            self._run(_close(self._stream))

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


class SyncChannelStream(SyncStream[ChannelEntry]):
    """The entries of one channel, each exactly once, in the order of the channel; see `ChannelStream`.

    for entry in client.subscribe_channel(processid, "out"):
        print(entry.payload_as_string(), end="")
    """

    _stream: ChannelStream

    def __init__(self, run: Runner, stream: ChannelStream, owner: object) -> None:
        super().__init__(run, stream, owner)

    @property
    def next_index(self) -> int:
        """What `afterseq` has to be in order to go on after the entry delivered last."""
        return self._stream.next_index


async def _close(stream: Stream[Any]) -> None:
    stream.close()
