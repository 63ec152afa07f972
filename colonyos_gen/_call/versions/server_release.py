"""Which release a server is, asked when it refuses a message that it does not know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.constants import RELEASES
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.requests.server import VersionMsg
from colonyos_gen_wire.types.server import Version

from colonyos_gen._call.deadline import Sending
from colonyos_gen._call.envelope import signed, written
from colonyos_gen._call.in_flight import Lane
from colonyos_gen.errors import RPCError, name_subject

_UNKNOWN = frozenset({errors.UNKNOWN_PAYLOADTYPE.name, errors.UNKNOWN_PAYLOADTYPE_OF_OLD.name})
_ASKING_S = 5.0
"""Seconds that the question may take at most, and that a refused call is held up by it."""

Send = Callable[[Method[Any, Any], bytes, str, float, Lane | None, None, Sending], Awaitable[Any]]


class ServerRelease:
    """What is known of the release of one server, which is asked for at most once.

    Args:
        send: Sends a body once; raises RPCError.
        lane: Where the question lines up.
    """

    def __init__(self, send: Send, lane: Lane) -> None:
        self._send = send
        self._lane = lane
        self._asking = asyncio.Lock()
        self._told = ""

    async def explain(
        self, error: RPCError, method: Method[Any, Any], request: msgspec.Struct, deadline: float
    ) -> None:
        """Let an error say what was asked for, and that of an unknown message which releases know it and which this one is.

        Nothing is raised, and the refused message is not sent again.
        """
        name_subject(error, request)
        question = next((each for each in METHODS.values() if each.name == "get_version"), None)
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
            body = signed(question.msgtype, written(VersionMsg()), None)
            reply = await self._send(question, body, "", limit, self._lane, None, Sending())
        except RPCError as error:
            return f"which release this server is could not be asked: {error}"
        version = reply.buildversion if isinstance(reply, Version) else ""
        return f"this server is {version}" if version else "this server does not say which release it is"
