"""What the procedures that cancel and remove have in common: a time limit, reads that are repeated, lost answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from colonyos_gen_wire.method import Key

from colonyos_gen.client import DEFAULT_TIMEOUT, AsyncClient
from colonyos_gen.errors import ConnectionFailedError, NotFoundError, RPCError, RPCTimeoutError
from colonyos_gen.reconnection import passes
from colonyos_gen.session.removal.turns import Turn

T = TypeVar("T")

SETTLED_S = 1.0
"""Seconds that must pass between the end of something and its removal.

That something has ended can be read before the server has done with the request that ended it, and a server that finds it
removed then may end as a whole. It takes milliseconds as a rule, and longer on a server that is slow to answer.
"""
HELD_S = 3.0
"""The same where a worker was not asked: of what was cancelled, or ran into a deadline, it learns within 2 seconds."""
EVER_S = 10 * 365 * 24 * 3600
"""Seconds of a history that leaves nothing out."""
_SLOW = 10
"""A pause is at least as many times as long as the last read took: that tells how busy the server is."""
CLOCKS_S = 10.0
"""Seconds by which the clocks of server and client may differ: what ended longer ago has settled."""
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
_READ_S = 10.0
_LAST_WORD_S = 5.0
"""Seconds that the answer to a removal is waited for at least, once it has been sent."""


class Procedure:
    """One cancel or removal.

    Args:
        rpc: Makes the requests.
        timeout: Seconds for all of it; None for no limit.
        limit: Bounds the requests of several procedures together.
        prvkey: Key to sign with, instead of the client's own.
    """

    def __init__(
        self,
        rpc: AsyncClient,
        timeout: float | None,
        *,
        limit: asyncio.Semaphore | None = None,
        prvkey: Key | None = None,
    ) -> None:
        self.rpc = rpc
        self.timeout = timeout
        self.prvkey = prvkey
        self.took: float = 0.0
        """Seconds that the last read took."""
        self._limit = limit or asyncio.Semaphore(1)
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._pause = _FIRST_PAUSE_S

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    @property
    def late(self) -> str:
        """How messages tell that the time is over; empty if there was none."""
        return f"{self.timeout:g} s have passed" if self.timeout else ""

    async def pause(self) -> None:
        """Let some time pass before the next look, more from one to the next."""
        await asyncio.sleep(max(0.0, min(self._pause, self.left)))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)

    async def ask(self, request: Callable[[float], Awaitable[T]]) -> T:
        """The answer to a request, which is given the seconds that it may take."""
        async with self._limit:
            return await request(max(_LAST_WORD_S, min(self.left, DEFAULT_TIMEOUT)))

    async def read(self, request: Callable[[float], Awaitable[T]]) -> T:
        """The answer to a request that only reads; it is repeated while the server cannot be reached. Raises RPCError."""
        while True:
            try:
                async with self._limit:
                    began = time.monotonic()
                    answer = await request(max(1.0, min(self.left, _READ_S)))
                    self.took = time.monotonic() - began
                    return answer
            except RPCError as error:
                if not passes(error) or self.left <= 0:
                    raise
            await self.pause()

    async def send(self, request: Callable[[float], Awaitable[None]], turn: Turn) -> bool:
        """Send a request that must not overlap with others; whether it was answered. Raises RPCError if it was refused."""
        try:
            await self.ask(request)
        except asyncio.CancelledError:
            turn.unanswered()
            raise
        except RPCError as error:
            if not is_lost(error):
                raise
            turn.unanswered()
            return False
        return True

    async def remove_now(self, request: Callable[[float], Awaitable[None]], turn: Turn) -> None:
        """Send a request that removes something, again if its answer is lost, as long as there is time.

        Raises:
            NotFoundError: There was no such thing, before the first request already.
            RPCError: It was refused, or the server cannot be reached.
        """
        lost = False
        while True:
            try:
                await self.ask(request)
            except asyncio.CancelledError:
                turn.unanswered()
                raise
            except NotFoundError:
                if lost:
                    return
                raise
            except RPCError as error:
                if is_lost(error):
                    lost = True
                    turn.unanswered()
                if not passes(error) or self.left <= 0:
                    raise
            else:
                return
            await self.pause()

    def unsettled(self, needed: float, ended: datetime | None, seen: float, turn: Turn) -> float:
        """Seconds that must pass yet.

        Args:
            needed: How many must lie behind the end.
            ended: When it ended by the server's clock.
            seen: When it was first seen to have ended, on the monotonic clock.
            turn: Knows of requests whose answer was lost.
        """
        needed = max(needed, _SLOW * self.took)
        now = time.monotonic()
        rest = seen + needed - now
        if ended is not None and (datetime.now(UTC) - ended).total_seconds() > needed + CLOCKS_S:
            rest = 0.0
        if turn.unanswered_at is not None:
            rest = max(rest, turn.unanswered_at + needed - now)
        return rest

    def second_look_in(self, *, assigned: bool = False) -> float:
        """Seconds after which an assignment that was under way is over after a cancel, or the close of an assigned one."""
        return max(0.25, 10 * self.took) if assigned else max(0.05, 4 * self.took)


def unknown_outcome(what: str, method: str, error: RPCError) -> RPCTimeoutError:
    """What is raised where something was cancelled, and nobody can tell what became of it."""
    return RPCTimeoutError(
        f"{what} may have been cancelled; what became of it is unknown, as the server did not tell: {error}",
        method=method,
    )


def is_lost(error: RPCError) -> bool:
    """Whether a request may have been carried out although it failed."""
    return passes(error) and not (isinstance(error, ConnectionFailedError) and not error.sent)
