"""Noticing that processes are not ours any more."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Generator

from colonyos_gen_wire import Process

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import DeniedError, NotFoundError, RPCError, RPCTimeoutError, UnexpectedReplyError
from colonyos_gen.worker._life.registration import RegistrationError
from colonyos_gen.worker._taking.recovery import ask_running
from colonyos_gen.worker._telling.attempt import Attempt

LOOK_S = 2.0
"""Seconds between two looks. The server does not tell the executor of a process that it was cancelled or taken back."""
CLOSE_LOOK_S = 0.25
"""The same while something is streamed: a real server takes what is appended after a cancel, and never frees it."""
LONGEST_LOOK_S = 30.0
"""The same where a look takes the server long."""
_SHARE = 0.05
"""Part of the time that may be spent with looking."""

_logger = logging.getLogger("colonyos_gen.worker")


class Watch:
    """Looks after all attempts of a worker together: one request for all of them, at a pace that the server can bear.

    Args:
        register: Registers the executor again. Called when the server does not know it any more, which as a rule means that
            it has given its processes to others.
    """

    def __init__(
        self, client: AsyncClient, colonyname: str, executorid: str, register: Callable[[], Awaitable[None]]
    ) -> None:
        self._client = client
        self._colonyname = colonyname
        self._executorid = executorid
        self._register = register
        self._watched: dict[Attempt, Callable[[str], object]] = {}
        self._streaming: dict[Attempt, Callable[[], bool]] = {}
        self._looking: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def over(
        self, attempt: Attempt, lose: Callable[[str], object], is_streaming: Callable[[], bool]
    ) -> Generator[None]:
        """Within the block `lose` is called, once, with a reason if the server ends the process or gives it away.

        That is noticed sooner while it `is_streaming`. It goes on while the server is away. The block must not be left open
        while the process is being closed.
        """
        self._watched[attempt] = lose
        self._streaming[attempt] = is_streaming
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._watched.pop(attempt, None)
            self._streaming.pop(attempt, None)
            if not self._watched:
                self._rest()

    def _rest(self) -> None:
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()

    async def _look(self) -> None:
        due, sooner = time.monotonic() + LOOK_S, 0.0
        while self._watched:
            await asyncio.sleep(min(CLOSE_LOOK_S, max(0.0, due - time.monotonic())))
            started = time.monotonic()
            if started < (sooner if any(each() for each in self._streaming.values()) else due):
                continue
            longest = LOOK_S
            try:
                await self._look_once(list(self._watched))
            except DeniedError:
                await self._register_anew()
            except RPCTimeoutError as error:
                _logger.debug("the processes that run here cannot be looked at: %s", error)
                longest = LONGEST_LOOK_S
            except RPCError as error:
                _logger.debug("the processes that run here cannot be looked at: %s", error)
            now = time.monotonic()
            cost = min((now - started) / _SHARE, LONGEST_LOOK_S)
            due = now + max(longest, cost)
            sooner = due if longest > LOOK_S else now + max(CLOSE_LOOK_S, cost)

    async def _look_once(self, attempts: list[Attempt]) -> None:
        if len(attempts) > 1:
            # One that was assigned after the list was asked for is not among these attempts.
            running = await self._running()
            attempts = [
                each
                for each in attempts
                if (found := running.get(each.processid)) is None or each.why_over(found)
            ]
        for each in attempts:  # the list says that, not why
            if each in self._watched and (reason := await self.why_over_now(each)):
                self._lose(each, reason)

    async def _running(self) -> dict[str, Process]:
        try:
            found = await ask_running(self._client, self._colonyname, self._executorid)
        except UnexpectedReplyError:  # one of them cannot be read, which the others are not to suffer from
            return {}
        return {each.processid: each for each in found}

    async def why_over_now(self, attempt: Attempt) -> str:
        """Why an attempt is over at the server; empty if it is not. Raises RPCError."""
        try:
            return attempt.why_over(await self._client.get_process(attempt.processid))
        except NotFoundError as error:
            return (
                "it was removed" if error.status == 404 else ""
            )  # a colony that is unknown has another status

    def _lose(self, attempt: Attempt, reason: str) -> None:
        lose = self._watched.pop(attempt, None)
        if lose is not None:
            lose(reason)

    async def _register_anew(self) -> None:
        try:
            await self._register()
        except (RegistrationError, RPCError) as error:
            for each in list(self._watched):
                self._lose(each, f"this executor is not one any more: {error}")
