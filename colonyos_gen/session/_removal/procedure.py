"""What the procedures that cancel and remove have in common: a time limit, reads that are repeated, lost answers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from colonyos_gen_wire.method import Key

from colonyos_gen._call.retry import passes
from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import ConnectionFailedError, NotFoundError, RPCError, RPCTimeoutError
from colonyos_gen.session._removal.arguments import require_limit
from colonyos_gen.session._removal.refusal import RemovalRefused
from colonyos_gen.session._removal.turns import NoTurnError, Turn, turn_for

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
_LEAST_S = 2.0
"""Seconds that a request may take although less time is left, so that it is not given up at once."""
TRY_LATER = "Try again later, or give it more time with timeout=."
_AT_WORK = "another part of this program is cancelling or removing it"
_LAST_WORD_S = 5.0
"""Seconds that the answer to a removal is waited for at least, once it has been sent."""


class Procedure:
    """One cancel or removal.

    Args:
        rpc: Makes the requests.
        what: What messages call the thing that is cancelled or removed.
        timeout: Seconds to wait for others: an end, or a turn; 0 to look once, None for no limit. Settling comes on top, and
            so does what is under way when they have passed.
        limit: Bounds the requests of several procedures together.
        prvkey: Key to sign with, instead of the client's own.

    Raises:
        InvalidRequestError: The timeout is no time limit.
    """

    def __init__(
        self,
        rpc: AsyncClient,
        what: str,
        timeout: float | None,
        *,
        limit: asyncio.Semaphore | None = None,
        prvkey: Key | None = None,
    ) -> None:
        require_limit("remove", timeout)
        self.rpc = rpc
        self.what = what
        self.timeout = timeout
        self.prvkey = prvkey
        self.took: float = 0.0
        """Seconds that the last read took."""
        self._limit = limit or asyncio.Semaphore(1)
        self._began = time.monotonic()
        self._deadline = None if timeout is None else self._began + timeout
        self._pause = _FIRST_PAUSE_S

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    @property
    def late(self) -> str:
        """How messages tell that the time is over; empty if it is not, or if there was none."""
        passed = time.monotonic() - self._began
        return f"{passed:.1f} s have passed" if self.timeout and self.left <= 0 else ""

    @contextlib.asynccontextmanager
    async def turn_to_remove(self, key: str) -> AsyncGenerator[Turn]:
        """The turn for what is to be removed. Raises RemovalRefused if another one has it for too long."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                turn = await stack.enter_async_context(turn_for(self.rpc.url, key, self.left))
            except NoTurnError:
                self.refuse([_AT_WORK])
            yield turn

    @contextlib.asynccontextmanager
    async def turn_to_cancel(self, key: str) -> AsyncGenerator[Turn]:
        """The turn for what is to be cancelled. Raises RPCTimeoutError if another one has it for too long."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                turn = await stack.enter_async_context(turn_for(self.rpc.url, key, self.left))
            except NoTurnError:
                late = RPCTimeoutError(f"{self.what} was not cancelled: {_AT_WORK}", hint=self.late)
                late.sent = False
                raise late from None
            yield turn

    def refuse(self, in_the_way: Sequence[str], remedy: str = TRY_LATER) -> NoReturn:
        """Raise RemovalRefused, which tells too if the time is over."""
        raise RemovalRefused(self.what, [*in_the_way, self.late] if self.late else in_the_way, remedy)

    async def pause(self) -> None:
        """Let some time pass before the next look, more from one to the next."""
        await asyncio.sleep(max(0.0, min(self._pause, self.left)))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)

    async def ask(self, request: Callable[[float], Awaitable[T]]) -> T:
        """The answer to a request, which is given the seconds that it may take: no more than others of the client."""
        async with self._limit:
            return await request(min(self.rpc.timeout, max(_LEAST_S, self.left)))

    async def read(self, request: Callable[[float], Awaitable[T]]) -> T:
        """The answer to a request that only reads; it is repeated while the server cannot be reached. Raises RPCError."""
        while True:
            try:
                async with self._limit:
                    began = time.monotonic()
                    answer = await request(min(self.rpc.timeout, max(_LEAST_S, min(self.left, _READ_S))))
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

    async def remove_now(
        self,
        request: Callable[[float], Awaitable[None]],
        turn: Turn,
        is_still_there: Callable[[bool], Awaitable[bool]] | None = None,
    ) -> None:
        """Send a request that removes something, again if its answer is lost, as long as there is time.

        Args:
            request: Makes the request, within the seconds that it is given.
            turn: The turn for the thing.
            is_still_there: Tells after a failure whether it is the same thing yet, where another one may have its name by
                now; it is given whether the request may have been carried out. Without it the request is repeated at once,
                as an id is never used again.

        Raises:
            NotFoundError: There was no such thing, before the first request already.
            RPCError: It was refused, or the server cannot be reached.
        """
        lost = failed = False
        while True:
            if failed and is_still_there is not None and not await self._checked(is_still_there, lost):
                return
            try:
                async with self._limit:
                    await request(max(_LAST_WORD_S, min(self.left, self.rpc.timeout)))
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
                failed = True
            else:
                return
            await self.pause()

    async def _checked(self, is_still_there: Callable[[bool], Awaitable[bool]], lost: bool) -> bool:
        if lost:
            await asyncio.sleep(max(SETTLED_S, _SLOW * self.took))  # it may be under way yet
        try:
            return await is_still_there(lost)
        except RPCError as error:
            if not lost:
                raise
            raise unknown_outcome(self.what, "remove", "removed", error) from error

    def unsettled(self, needed: float, ended: datetime | None, seen: float, turn: Turn) -> float:
        """Seconds that must pass yet.

        Args:
            needed: How many must lie behind the end.
            ended: When it ended by the server's clock.
            seen: Since when it is known to have ended, on the monotonic clock.
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


def unknown_outcome(what: str, method: str, done: str, error: RPCError) -> RPCTimeoutError:
    """What is raised where something was cancelled or removed, and nobody can tell what became of it."""
    return RPCTimeoutError(
        f"{what} may have been {done}; what became of it is unknown, as the server did not tell: {error}",
        method=method,
    )


def is_lost(error: RPCError) -> bool:
    """Whether a request may have been carried out although it failed."""
    return passes(error) and not (isinstance(error, ConnectionFailedError) and not error.sent)


def still_going_on(state: str, unanswered: bool) -> str:
    """How messages tell that something is in `state` after a cancel, and whether the answer to that has not come."""
    return (
        f"it is {state} still, although a cancel was sent{', which was not answered' if unanswered else ''}"
    )
