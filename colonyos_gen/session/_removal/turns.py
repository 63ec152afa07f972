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

from colonyos_gen._call.network.address import server_at

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


class _Waiter:
    """One that waits for a turn. Made on its event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self.loop.create_future()
        """Done when it need not wait any longer: it has the turn, or has to line up again."""
        self.has_turn = False


class NoTurnError(Exception):
    """Those who asked before had not done with it in time."""


# A garbage collection may end a removal at any moment, with the lock held too.
_lock = threading.RLock()
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
    scope = asyncio.timeout(None if seconds == float("inf") else max(0.0, seconds))
    try:
        async with scope:
            turn = await _enter(key, wait=seconds > 0)
    except TimeoutError:
        if not scope.expired():
            raise
        raise NoTurnError from None
    try:
        yield turn
    finally:
        _pass_on(key, turn)


async def _enter(key: tuple[str, str], *, wait: bool) -> Turn:
    """The turn, once it is free. Raises NoTurnError if it is not, and must not be waited for."""
    while True:
        fresh, waiter = Turn(), _Waiter()
        with _lock:
            turn = _turns.setdefault(key, fresh)
            if not turn.taken:
                turn.taken = True
                return turn
            if not wait:
                raise NoTurnError
            turn.waiting.append(waiter)
        try:
            await waiter.over
        except BaseException:
            with _lock:
                if waiter in turn.waiting:
                    turn.waiting.remove(waiter)
            if waiter.has_turn:  # it came at the same moment
                _pass_on(key, turn)
            raise
        if waiter.has_turn:
            return turn


def _pass_on(key: tuple[str, str], turn: Turn) -> None:
    with _lock:
        while turn.waiting:
            waiter = turn.waiting.popleft()
            # Where its event loop stands still, which may be for ever, it has to line up again when that runs.
            waiter.has_turn = waiter.loop.is_running()
            try:
                waiter.loop.call_soon_threadsafe(_wake, waiter.over)
            except RuntimeError:  # the loop was closed
                waiter.has_turn = False
            if waiter.has_turn:
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
    _lock = threading.RLock()
    _turns.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():  # else its task has been cancelled, and hands the turn on
        future.set_result(None)
