"""Which release a server is, asked when it refuses a message that it does not know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from colonyos_gen_wire import errors
from colonyos_gen_wire.constants import RELEASES
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.requests.server import VersionMsg
from colonyos_gen_wire.types.server import Version

from colonyos_gen.errors import RPCError

_UNKNOWN = frozenset({errors.UNKNOWN_PAYLOADTYPE.name, errors.UNKNOWN_PAYLOADTYPE_OF_OLD.name})
_ASKING_S = 5.0
"""Seconds that the question may take at most, and that a refused call is held up by it."""

Ask = Callable[[Method[Any, Any], VersionMsg, float], Awaitable[Any]]
"""Sends the question, which has to be answered before a moment of the monotonic clock; raises RPCError."""


class ServerRelease:
    """What is known of the release of one server, which is asked for at most once.

    Args:
        ask: Sends the question.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._asking = asyncio.Lock()
        self._told = ""

    async def explain(self, error: RPCError, method: Method[Any, Any], deadline: float) -> None:
        """Let the error of a message that the server does not know say which releases do, and which this one is.

        Other errors stay as they are. Nothing is raised, and the refused message is not sent again.
        """
        question = METHODS.get("versionmsg")
        if error.name not in _UNKNOWN or question is None or method is question:
            return
        limit = min(deadline, time.monotonic() + _ASKING_S)
        async with self._asking:
            if not self._told:
                self._told = "which release this server is was asked and not answered"
                self._told = await self._answer(question, limit)
        since = (
            f"exists since server {method.since}"
            if method.since
            else f"is in every server from {RELEASES[0]} on"
        )
        error.hint = "; ".join(filter(None, (f"{method.msgtype} {since}, and {self._told}", error.hint)))

    async def _answer(self, question: Method[Any, Any], limit: float) -> str:
        try:
            reply = await self._ask(question, VersionMsg(), limit)
        except RPCError as error:
            return f"which release this server is could not be asked: {error}"
        version = reply.buildversion if isinstance(reply, Version) else ""
        return f"this server is {version}" if version else "this server does not say which release it is"
