"""The time of a call holds for what comes around it, too; and what is known of whether its request was sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from colonyos_gen._call.apart import TimeUpError, run_apart
from colonyos_gen.errors import ConnectionFailedError, RPCError, RPCTimeoutError
from colonyos_gen.transport import Connection

T = TypeVar("T")

_GRACE_S = 0.3
"""Seconds after the end of its time that a call, and the transport before it, get to say so; interceptors see that error."""


class Sending:
    """Whether a request may have reached the server, over all tries."""

    __slots__ = ("_cancelled", "_over", "_waiting", "begun", "trying")

    def __init__(self) -> None:
        self._over = False
        self._waiting: asyncio.Task[Any] | None = None
        self._cancelled = 0
        self.begun: bool = False
        """Whether a try before the present one may have."""
        self.trying: bool = False
        """Whether the present one may have."""

    def is_wanted_by(self, task: asyncio.Task[Any] | None) -> None:
        """Take note of who waits for the call, while that is another task than the one that sends it."""
        self._waiting = task
        self._cancelled = 0 if task is None else task.cancelling()

    def give_up(self) -> None:
        """Take note that nobody waits any more."""
        self._over = True

    def require_wanted(self, method: str) -> None:
        """Raise RPCError if nobody waits any more, or is about to: what was not sent by then never is."""
        waiting = self._waiting
        if self._over or (waiting is not None and waiting.cancelling() > self._cancelled):
            again = " again" if self.begun else ""
            raise RPCError(f"the call was given up before it was sent{again}", method=method)

    def failed(self, error: RPCError) -> None:
        """Take note of how a try ended, and let its error not say that nothing was sent if a try before it may have."""
        if self.trying and not (
            isinstance(error, ConnectionFailedError | RPCTimeoutError) and not error.sent
        ):
            self.begun = True
        self.trying = False
        if not self.begun:
            return
        if isinstance(error, ConnectionFailedError) and not error.sent:
            error.sent = True
            error.hint = ConnectionFailedError("").hint
        elif isinstance(error, RPCTimeoutError):
            error.sent = True


async def in_time(work: Callable[[], Awaitable[T]], method: str, deadline: float, sending: Sending) -> T:
    """What comes of `work`, which is cancelled soon after `deadline`, a time of `time.monotonic`, and not waited for then.

    Raises:
        RPCTimeoutError: Time was up.
    """
    limit = deadline - time.monotonic()
    sending.is_wanted_by(asyncio.current_task())
    try:
        return await run_apart(work, f"an interceptor of {method}", limit + _GRACE_S)
    except TimeUpError as error:
        late = RPCTimeoutError(
            "the time was over before an interceptor had come to its end",
            method=method,
            hint="the request may have been carried out"
            if sending.begun or sending.trying
            else "the request was not sent",
        )
        late.sent = sending.begun or sending.trying
        raise late from error
    finally:
        sending.give_up()


def had_no_turn(method: str, why: str) -> RPCTimeoutError:
    """The error of a request that was not sent in time, since others were under way."""
    late = RPCTimeoutError("the time was over before the request had its turn", method=method, hint=why)
    late.sent = False
    return late


async def send_in_time(connection: Connection, body: bytes, method: str, deadline: float) -> None:
    """Send a subscription. Raises what `Connection.send` raises, and RPCTimeoutError if it takes until `deadline`."""
    patience = asyncio.timeout(deadline - time.monotonic())
    try:
        async with patience:
            await connection.send(body)
    except TimeoutError as error:
        if not patience.expired() or isinstance(error, RPCTimeoutError):
            raise
        raise RPCTimeoutError("the subscription could not be sent in time", method=method) from error
