"""Telling the server how a process ended: once, and for certain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from colonyos_gen_wire.errors import process as refusals

from colonyos_gen.client import AsyncClient
from colonyos_gen.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    RPCError,
    ServerFaultError,
    UnexpectedReplyError,
)
from colonyos_gen.reconnection import passes
from colonyos_gen.retry import pauses
from colonyos_gen.worker.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker.failure_text import plain_text

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


class Closer:
    """Closes and fails processes.

    A lost reply is no reason to give up: the call is repeated until the server has answered, whose state then decides.
    What it refuses, because it came too late, is reported to the log and not tried again.
    """

    def __init__(self, client: AsyncClient, availability: Availability, name: str) -> None:
        self._client = client
        self._availability = availability
        self._name = name

    async def close(self, processid: str, output: list[Any]) -> None:
        """Close a process as successful; fail it if the server cannot take its output."""
        try:
            await self._until_answered(lambda: self._client.close(processid, output=output))
        except (ConflictError, DeniedError, NotFoundError) as error:
            self._too_late(processid, "output", error)
        except RPCError as error:
            reason = error.message if isinstance(error, InvalidError) else str(error)
            await self.fail(processid, [plain_text(f"the output cannot be stored: {reason}")])

    async def fail(self, processid: str, errors: list[str]) -> None:
        """Close a process as failed."""
        lost = False

        async def attempt() -> None:
            nonlocal lost
            try:
                await self._client.fail(processid, errors=errors)
            except RPCError as error:
                lost = lost or is_lost_reply(error)
                raise

        try:
            await self._until_answered(attempt)
        except RPCError as error:
            if lost and error.name == refusals.FAIL_TRIED_TO_SET_FAILED_PROCESS_AS_FAILED.name:
                return  # by an earlier attempt, whose reply was lost
            self._too_late(processid, "failure", error)

    async def _until_answered(self, call: Callable[[], Awaitable[None]]) -> None:
        strange = 0
        for pause in pauses(WITHOUT_END):
            try:
                await call()
            except RPCError as error:
                if passes(error):
                    self._availability.lost(error)
                elif isinstance(error, ServerFaultError | UnexpectedReplyError) and not error.name:
                    strange += 1
                    if strange >= _STRANGE_ANSWERS:
                        raise
                else:
                    self._availability.heard()
                    raise
            else:
                self._availability.heard()
                return
            await asyncio.sleep(pause)

    def _too_late(self, processid: str, what: str, error: RPCError) -> None:
        _logger.warning(
            "%s: the %s of process %s is lost, as the server does not take it (any more): %s",
            self._name,
            what,
            processid,
            error,
        )
