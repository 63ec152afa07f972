"""What all subscriptions have in common: they belong to a client, and have a deadline."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from colonyos_gen_wire.method import AsyncCaller, Key

from colonyos_gen._call.frames import now
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._streams.stream import AsyncStream

T = TypeVar("T")

FIRST_LOOK_S = 5.0
"""Seconds that the first request of a stream gets, even where the stream's timeout is shorter: 0 means 'as it is now'."""
LAST_LOOK_S = 1.0
"""Seconds that a wait may take longer than asked for, to see that its end is not missed by a moment."""


class Subscription(AsyncStream[T]):
    """Items that a server pushes, or that are read instead.

    Connections are read while somebody waits for an item, and only then, unless a subclass says otherwise. Without an
    `async with` block, they are closed when the stream ends, when the waiting task is cancelled, and when the stream is
    dropped.
    """

    def __init__(
        self, caller: AsyncCaller, pipeline: Pipeline, prvkey: Key | None, timeout: float | None
    ) -> None:
        super().__init__()
        self._caller = caller
        self._pipeline = pipeline
        self._prvkey = prvkey
        self._timeout = timeout
        self._deadline: float | None = None
        self._begun = False
        self._looked = timeout is None or timeout > 0

    def _broken(self, error: BaseException | None) -> None:
        # Inside `async with` the connection is closed later anyway, so that a wait can be resumed without a new one.
        kept = self._entered and not self._drop_when_cancelled()
        if not (kept and isinstance(error, asyncio.CancelledError)):
            self._drop()

    def _drop_when_cancelled(self) -> bool:
        """Whether the connection must not wait for the next item to be asked for."""
        return False

    def _limit(self) -> float | None:
        if not self._begun:
            self._begun = True
            self._deadline = None if self._timeout is None else now() + max(0.0, self._timeout)
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
