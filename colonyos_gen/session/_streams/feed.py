"""Items that a handle produces over time, for coroutines and for synchronous code."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Generic, Self, TypeVar

from colonyos_gen._client.sync_client import Client
from colonyos_gen.errors import RPCError

T = TypeVar("T")


class AsyncFeed(ABC, Generic[T]):
    """Items that arrive over time: an asynchronous iterator, and a context manager that closes it.

    A cancelled wait loses nothing: ask for the next item again.
    """

    @abstractmethod
    async def take(self) -> T | None:
        """The next item, or None once there is no more."""

    @abstractmethod
    async def close(self) -> None:
        """End the feed, and let go of what it holds."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item = await self.take()
        if item is None:
            raise StopAsyncIteration
        return item


class Feed(Generic[T]):
    """Items that arrive over time: an iterator that waits for each, and a context manager that closes it.

    Interrupting a wait (Ctrl-C) loses nothing: ask for the next item again.
    """

    def __init__(self, client: Client, feed: AsyncFeed[T]) -> None:
        self._client = client
        self._feed = feed

    def take(self) -> T | None:
        """The next item, or None once there is no more."""
        return self._client.run(self._feed.take())

    def close(self) -> None:
        """End the feed, and let go of what it holds."""
        with contextlib.suppress(RPCError):  # its client is closed, and with it everything that it holds
            self._client.run(self._feed.close())

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
