"""One at a time cancels or removes the same thing, of all tasks, threads and clients of this program.

A server may end when a cancel and a removal of one thing overlap, so the one waits for the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator
from typing import TypeAlias

from colonyos_gen.in_flight import server_at

_Waiter: TypeAlias = "tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]"

_REMEMBERED_S = 60.0
"""Seconds after which no server works on a request any more whose answer was lost."""
_MANY = 256


class Turn:
    """The right to cancel or remove one thing."""

    def __init__(self) -> None:
        self.unanswered_at: float | None = None
        """When a request about it was last sent, or given up, without an answer, on the monotonic clock."""
        self.taken = False
        self.waiting: deque[_Waiter] = deque()

    def unanswered(self) -> None:
        """The answer to a request is lost: the server may be working on it still."""
        self.unanswered_at = time.monotonic()

    @property
    def forgotten(self) -> bool:
        """Whether nothing is left to be remembered of it."""
        at = self.unanswered_at
        return not self.taken and (at is None or time.monotonic() - at > _REMEMBERED_S)


class NoTurnError(Exception):
    """Those who asked before had not done with it in time."""


_lock = threading.Lock()
_turns: dict[tuple[str, str], Turn] = {}


@contextlib.asynccontextmanager
async def turn_for(url: str, what: str, seconds: float) -> AsyncGenerator[Turn]:
    """The turn for one thing on one server, once those who asked before have had theirs.

    Args:
        url: An address of the server; several of one server mean the same.
        what: What is to be cancelled or removed.
        seconds: How long to wait for the others, if there are any.

    Raises:
        NoTurnError: They had not done with it in time.
    """
    key = (server_at(url), what)
    loop = asyncio.get_running_loop()
    with _lock:
        turn = _turns.setdefault(key, Turn())
        if turn.taken and seconds <= 0:
            raise NoTurnError
        waiter = (loop, loop.create_future()) if turn.taken else None
        if waiter is not None:
            turn.waiting.append(waiter)
        turn.taken = True
    if waiter is not None:
        scope = asyncio.timeout(None if seconds == float("inf") else seconds)
        try:
            async with scope:
                await waiter[1]
        except BaseException as error:
            with _lock:
                queued = waiter in turn.waiting
                if queued:
                    turn.waiting.remove(waiter)
            if not queued:  # it came at the same moment
                _pass_on(key, turn)
            if isinstance(error, TimeoutError) and scope.expired():
                raise NoTurnError from None
            raise
    try:
        yield turn
    finally:
        _pass_on(key, turn)


def _pass_on(key: tuple[str, str], turn: Turn) -> None:
    with _lock:
        while turn.waiting:
            loop, future = turn.waiting.popleft()
            with contextlib.suppress(RuntimeError):  # the loop of that one is closed
                loop.call_soon_threadsafe(_give, future)
                return
        turn.taken = False
        if turn.forgotten:
            _turns.pop(key, None)
        if len(_turns) > _MANY:
            for old in [each for each, kept in _turns.items() if kept.forgotten]:
                del _turns[old]


def _forget() -> None:
    """A child process begins with nobody at work."""
    global _lock
    _lock = threading.Lock()
    _turns.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _give(future: asyncio.Future[None]) -> None:
    if not future.done():  # else its task has been cancelled, and hands the turn on
        future.set_result(None)
