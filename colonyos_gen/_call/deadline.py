"""The time of a call holds for what comes around it, too; and what is known of whether its request was sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from colonyos_gen._call.apart import TimeUpError, run_apart
from colonyos_gen.errors import ConnectionFailedError, RPCError, RPCTimeoutError
from colonyos_gen.transport import Connection

T = TypeVar("T")

_GRACE_S = 0.1
"""Seconds after the end of its time that a call gets to say so itself; interceptors see its error then."""


class Sending:
    """Whether a request may have reached the server, over all tries."""

    __slots__ = ("begun", "trying")

    def __init__(self) -> None:
        self.begun: bool = False
        """Whether a try before the present one may have."""
        self.trying: bool = False
        """Whether the present one may have."""

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
