"""Work that is too long for one turn of the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import TypeVar, cast

logger: logging.Logger = logging.getLogger(__name__)

T = TypeVar("T")

PIECE = 500
"""Rows that are looked at in one turn."""
_PAUSE_S = 0.002
_MOST_WAITS = 2


async def in_pieces(rows: Sequence[T] | Iterator[T], size: int = PIECE) -> AsyncGenerator[list[T]]:
    """The rows, some at a time; between them, the event loop gets its turn."""
    rest = iter(rows)
    while piece := list(islice(rest, size)):
        yield piece
        await asyncio.sleep(0)


def at_once(steps: Generator[None, None, T]) -> T:
    """Take all steps, and return what comes out."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(T, end.value)


async def step_by_step(steps: Generator[None, None, T], before: Callable[[], object]) -> T:
    """Take all steps, and return what comes out; between them, the event loop gets its turn.

    `before` is called before every step but the first, and can end it all by raising.
    """
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(T, end.value)
        await asyncio.sleep(0)
        before()


class Pieces:
    """Works off what is given to it one after the other, a step in each turn of the event loop; without one, at once.

    A step that raises ends its work, and the log says so.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._work: deque[Iterator[object]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waits = 0
        self._next: asyncio.Handle | None = None

    def __len__(self) -> int:
        return len(self._work)

    def add(self, steps: Iterator[object]) -> None:
        """Work through `steps`, after everything that was added before."""
        self._work.append(steps)
        self.go_on()

    def go_on(self) -> None:
        """Go on, after `pause` too."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            while self._work:
                self._step()
            return
        if self._work and (self._next is None or self._loop is not loop):
            self._loop, self._next = loop, loop.call_soon(self._turn)

    def pause(self) -> None:
        """Do nothing until `go_on`."""
        if self._next is not None:
            self._next.cancel()
        self._next = None

    def _turn(self) -> None:
        assert self._loop is not None
        self._next = None
        # What is being written must not pile up; but where something always is, this goes on all the same.
        if self._is_busy() and self._waits < _MOST_WAITS:
            self._waits += 1
            self._next = self._loop.call_later(_PAUSE_S, self._turn)
            return
        self._waits = 0
        self._step()
        self.go_on()

    def _step(self) -> None:
        try:
            next(self._work[0])
        except StopIteration:
            self._work.popleft()
        except Exception:
            logger.exception("work in pieces has failed")
            self._work.popleft()
