"""Telling the server how a process ended: once, and for certain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import FAILED, SUCCESS

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._secrets import SECRETS, Secrets
from colonyos_gen.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    RPCError,
    RPCTimeoutError,
    ServerFaultError,
    UnexpectedReplyError,
)
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._taking.unreadable import is_running_in
from colonyos_gen.worker._telling.attempt import CANCELLED_REASON, Attempt
from colonyos_gen.worker._telling.failure_text import plain_text

SETTLING_S = 0.3
"""Seconds after which a call whose reply was lost has had its effect."""
SETTLING_LATE_S = 3.0
"""The same after a call that timed out: a server that slow may still be at it."""
CHECK_S = 3.0
"""Seconds after a deadline at which a server that is not very busy has taken back what it takes back."""
LAST_CHECKS_S = 5.0
"""Seconds for the checks that are left when the worker ends."""
_STRANGE_ANSWERS = 5
"""How many answers that neither accept nor refuse are put up with."""

_logger = logging.getLogger("colonyos_gen.worker")


@dataclass(frozen=True, slots=True)
class Success:
    """The function returned."""

    output: list[Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """The function did not return, or nothing that could be sent."""

    errors: list[str]


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nobody to tell: the process has ended otherwise, or is somebody else's."""

    reason: str

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has cancelled it, and so wants nothing."""
        return self.reason == CANCELLED_REASON


Outcome: TypeAlias = Success | Failure | Nothing


class _LostError(Exception):
    """The attempt is over, and was not ended by us; the message says by what."""


class Closer:
    """Closes and fails processes.

    A lost reply is no reason to give up, nor one to repeat the call blindly, since a repeated close that meets the removal of
    its process ends a real server: the process is read, and the call repeated only if it is still RUNNING in our name. What
    comes too late is not tried again. Near the deadline an accepted call is checked by a read some
    seconds later, in the background, as a server that has begun to take the process back does so all the same.
    """

    def __init__(
        self, client: AsyncClient, availability: Availability, name: str, secrets: Secrets = SECRETS
    ) -> None:
        self._client = client
        self._availability = availability
        self._name = name
        self._secrets = secrets
        self._checks: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()

    async def close(self, attempt: Attempt, output: list[Any]) -> Outcome:
        """Close a process as successful; fail it if the server cannot take its output. Returns what it came to."""
        processid = attempt.processid

        def is_done(found: Process) -> bool:
            return found.state is SUCCESS

        try:
            await self._tell(attempt, lambda: self._client.close(processid, output=output), is_done)
        except (_LostError, ConflictError, DeniedError, NotFoundError) as error:
            return Nothing(await self._why_lost(attempt, error))
        except RPCError as error:
            reason = error.message if isinstance(error, InvalidError) else str(error)
            return await self.fail(attempt, [plain_text(f"the output cannot be stored: {reason}")])
        except Exception as error:  # of writing it as JSON
            text = f"the output cannot be written: {type(error).__name__}: {error}"
            return await self.fail(attempt, [plain_text(text, self._secrets)])
        self._check_later(attempt, "output", is_done)
        return Success(output)

    async def fail(self, attempt: Attempt, errors: list[str], *, look_first: bool = False) -> Outcome:
        """Close a process as failed, for reasons without the keys of the worker. Returns what it came to.

        Args:
            look_first: Whether it may have been told already, so that it is read before.
        """
        processid = attempt.processid
        errors = [self._secrets.blot(each) for each in errors]

        def is_done(found: Process) -> bool:
            return found.state is FAILED and found.errors == errors

        try:
            if not look_first or await self._is_open(attempt, is_done):
                await self._tell(attempt, lambda: self._client.fail(processid, errors=errors), is_done)
        except (_LostError, RPCError) as error:
            return Nothing(await self._why_lost(attempt, error))
        self._check_later(attempt, "failure", is_done)
        return Failure(errors)

    async def finish(self) -> None:
        """Make the checks that are left now."""
        self._ending.set()
        if self._checks:
            await asyncio.wait(self._checks, timeout=LAST_CHECKS_S)
        for each in self._checks:
            each.cancel()

    async def _tell(
        self, attempt: Attempt, call: Callable[[], Awaitable[None]], is_done: Callable[[Process], bool]
    ) -> None:
        """Make the call until it has been carried out, once.

        Raises:
            _LostError: The attempt is over otherwise.
            RPCError: The server refuses it.
        """
        strange = 0
        for pause in pauses(WITHOUT_END):
            try:
                await call()
            except RPCError as error:
                is_strange = isinstance(error, ServerFaultError | UnexpectedReplyError) and not error.name
                if passes(error):
                    self._availability.lost(error)
                elif is_strange:
                    strange += 1
                else:
                    self._availability.heard()
                    raise
                if is_strange or is_lost_reply(error):
                    settling = SETTLING_LATE_S if isinstance(error, RPCTimeoutError) else SETTLING_S
                    await asyncio.sleep(max(pause, settling))
                    if not await self._is_open(attempt, is_done):
                        return
                else:
                    await asyncio.sleep(pause)
                if strange >= _STRANGE_ANSWERS:
                    raise
            else:
                self._availability.heard()
                return

    async def _is_open(self, attempt: Attempt, is_done: Callable[[Process], bool]) -> bool:
        """Whether a process still runs in our name; if not, it has been told how it ended.

        Raises:
            _LostError: It has ended otherwise, or nobody can say how.
        """
        try:
            found = await self._availability.insist(lambda: self._client.get_process(attempt.processid))
        except UnexpectedReplyError as error:
            if (is_running := is_running_in(error.payload, attempt.executorid)) is None:
                raise _LostError(f"it is unknown what became of it: {error}") from error
            return is_running
        except RPCError as error:
            what = "it was removed" if isinstance(error, NotFoundError) else "it is unknown what became of it"
            raise _LostError(f"{what}: {error}") from error
        is_ours = found.assignedexecutorid == attempt.executorid and attempt.retries in (None, found.retries)
        if is_ours and is_done(found):
            return False
        if reason := attempt.why_over(found):
            raise _LostError(reason)
        return True

    async def _why_lost(self, attempt: Attempt, error: _LostError | RPCError) -> str:
        """Why the server does not take the end of an attempt (any more)."""
        if isinstance(error, _LostError):
            return str(error)
        try:
            why = attempt.why_over(await self._client.get_process(attempt.processid))
        except RPCError:
            why = ""
        if why == CANCELLED_REASON:
            return why
        return f"{why or 'the server does not take it'}: {error}"

    def _check_later(self, attempt: Attempt, what: str, is_done: Callable[[Process], bool]) -> None:
        if attempt.is_doubtful:
            check = asyncio.create_task(self._check(attempt, what, is_done))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)

    async def _check(self, attempt: Attempt, what: str, is_done: Callable[[Process], bool]) -> None:
        rest = max(0.0, (attempt.deadline or 0.0) - time.monotonic())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest + CHECK_S):
                await self._ending.wait()
        try:
            is_open = await self._is_open(attempt, is_done)
        except _LostError as error:
            self._too_late(attempt.processid, what, error)
        else:
            if is_open:
                self._too_late(attempt.processid, what, _LostError("what it had accepted has had no effect"))

    def _too_late(self, processid: str, what: str, error: Exception) -> None:
        _logger.warning(
            "%s: the %s of process %s is lost, as the server does not take it (any more): %s",
            self._name,
            what,
            processid,
            error,
        )
