"""Calls that outlast a server that is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen.errors import ConnectionFailedError, RPCError, ServerFaultError, UnexpectedReplyError

T = TypeVar("T")

WITHOUT_END = 2**31

_logger = logging.getLogger("colonyos_gen.worker")


class Availability:
    """Whether the server answers. The log hears once that it does not, and once that it does again."""

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url
        self._away = False
        self.heard_at: float | None = None
        """When the server last answered a call that is told here, as `time.monotonic` has it."""

    @property
    def is_away(self) -> bool:
        """Whether the last call found nobody."""
        return self._away

    def lost(self, error: RPCError) -> None:
        """A call found nobody."""
        if not self._away:
            self._away = True
            _logger.warning("%s: the server does not answer, going on trying: %s", self._name, error)

    def heard(self) -> None:
        """A call was answered, in whatever way."""
        self.heard_at = time.monotonic()
        if self._away:
            self._away = False
            _logger.warning("%s: the server at %s answers again", self._name, self._url)

    def may_pass(self, error: RPCError) -> bool:
        """Whether a call that failed so may succeed later, without another setting.

        Before the server has first answered, its faults pass, as of one that is being started, and what speaks for a wrong
        setting, such as a page or a certificate that is not trusted, does not. Afterwards that is trouble on the way to it.
        """
        if is_misdirected(error):
            return self.heard_at is not None
        return passes(error) or (self.heard_at is None and isinstance(error, ServerFaultError))

    async def insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of `call`, made again and again while the server is away. For calls that may be repeated only.

        Raises:
            RPCError: The server answered, and refused; or something else has always answered (`is_misdirected`).
        """
        for pause in pauses(WITHOUT_END):
            try:
                result = await call()
            except RPCError as error:
                if not self.may_pass(error):
                    if not is_misdirected(error):
                        self.heard()
                    raise
                self.lost(error)
            else:
                self.heard()
                return result
            await asyncio.sleep(pause)
        raise AssertionError("there is always another attempt")


def is_misdirected(error: RPCError) -> bool:
    """Whether it takes another setting to reach the server, unless there is trouble on the way to it."""
    return isinstance(error, ConnectionFailedError | UnexpectedReplyError) and error.misdirected


def is_lost_reply(error: RPCError) -> bool:
    """Whether the call may have been carried out without our knowing."""
    if isinstance(error, ConnectionFailedError):
        return error.sent
    return isinstance(error, UnexpectedReplyError) or passes(error)
