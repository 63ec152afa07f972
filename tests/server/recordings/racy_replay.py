"""Playing a recording in which executors compete: who got which process was a matter of luck.

Each assign must be answered with one of the replies that were recorded for assigns, for whoever asked, and each of these
replies must come exactly once. So every process goes to one executor, and as many executors as in the recording get none.
Who closes a process is who has got it here. Everything else is compared as it was recorded.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import aiohttp

from .orders import JSON
from .replay import Outcome, Replay, Reply, Running

_ASSIGN = "assignprocessmsg"
_CLOSE = "closesuccessfulmsg"


class RacyReplay(Replay):
    """One recording with competing executors, played against a server."""

    def __init__(self, recording: dict[str, JSON], *arguments: Any, **options: Any) -> None:
        super().__init__(recording, *arguments, **options)
        self._open = [each for each in recording["exchanges"] if each.get("msgtype") == _ASSIGN]
        """What was recorded for assigns and has not come yet."""
        self._holders: dict[str, str] = {}
        """Which actor has got a process."""

    async def _ended_before(self, exchange: dict[str, JSON], running: list[Running]) -> list[Running]:
        if exchange["msgtype"] == _CLOSE:
            wanted = self._renamed(exchange["request_payload"]["processid"])
            while wanted not in self._holders:
                tasks = [task for _, task in running if not task.done()]
                assert tasks, f"nobody has got the process that is closed at step {exchange['step']}"
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return [pair for pair in running if pair[1].done()]

    async def _send(self, session: aiohttp.ClientSession, exchange: dict[str, JSON]) -> Reply:
        if exchange["msgtype"] == _CLOSE:
            holder = self._holders[self._renamed(exchange["request_payload"]["processid"])]
            return await super()._send(session, {**exchange, "as": holder})
        reply = await super()._send(session, exchange)
        if exchange["msgtype"] == _ASSIGN and reply.status == 200:
            self._holders[_payload_of(reply)["processid"]] = exchange["as"]
        return reply

    def _compare(self, exchange: dict[str, JSON], got: Reply) -> Outcome:
        if exchange["msgtype"] != _ASSIGN:
            return super()._compare(exchange, got)
        wanted = None if got.status != 200 else _payload_of(got)["processid"]
        for recorded in self._open:
            processid = recorded["reply"]["payload"].get("processid")
            if recorded["http_status"] == got.status and (
                wanted is None or self._renamed(processid) == wanted
            ):
                self._open.remove(recorded)
                mine = self._as_if_for(exchange["as"], recorded)
                return super()._compare({**mine, "step": exchange["step"]}, got)
        return Outcome(exchange["step"], _ASSIGN, [f"{got.status} came more often than it was recorded"])

    def _as_if_for(self, actor: str, recorded: dict[str, JSON]) -> dict[str, JSON]:
        """What would have been recorded if `actor` had been the lucky one."""
        text = json.dumps(recorded)
        expected: dict[str, JSON] = json.loads(
            text.replace(
                f'"assignedexecutorid": "{self._actors[recorded["as"]]["id"]}"',
                f'"assignedexecutorid": "{self._actors[actor]["id"]}"',
            )
        )
        return expected


def _payload_of(reply: Reply) -> dict[str, JSON]:
    payload: dict[str, JSON] = json.loads(base64.b64decode(json.loads(reply.body)["payload"]))
    return payload
