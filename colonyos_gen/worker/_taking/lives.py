"""Who else has the worker's key: each life of a worker shows itself in the row of its executor."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from colonyos_gen_wire import Capabilities, Executor

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.lives import NAME, lives_in, shown
from colonyos_gen.errors import RPCError
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.ledger import Ledger

GONE_S = 600.0
"""Seconds after which a life that was not shown anew is over; by then the server has given its processes to others."""
LEAVE_S = 5.0
"""Seconds for taking its own sign away at the end."""

_logger = logging.getLogger("colonyos_gen.worker")


@dataclass(slots=True)
class _Seen:
    about: str
    since: float
    """Since when (`time.monotonic`) it says that."""


class Lives:
    """The lives of workers that have one key, each of which is a word among the capabilities of the executor.

    The server keeps what was written last, so a word can get lost when two write at once. Each puts its own back as often as
    it looks.

    Args:
        me: The executor, with its own capabilities only.
        ledger: Has the word of this life, and those of lives that were killed.
        locked: Whether all workers on this machine that have the key are known to the ledger.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        me: Executor,
        ledger: Ledger,
        *,
        locked: bool,
    ) -> None:
        self._client = client
        self._availability = availability
        self._me = me
        self._ledger = ledger
        self._locked = locked
        self._about = _about()
        self._over = set(ledger.dead)
        self._seen: dict[str, _Seen] = {}
        self._others: dict[str, _Seen] = {}
        """Those that were seen at the last look, and are not over."""
        self._is_known = False
        """Whether others can see this life."""
        self._was_refused = False

    @property
    def are_others(self) -> bool:
        """Whether somebody else has the key, or may have it without our knowing."""
        return bool(self._others) or not (self._is_known or (self._locked and not self._ledger.others_live))

    def end(self, tokens: Iterable[str]) -> None:
        """Take note of lives that are over, by their words."""
        self._over.update(tokens)

    def begin(self) -> Capabilities:
        """What a new row of the executor has. Others do not put their words back at once, as they need not have noticed."""
        self._is_known = self._ledger.is_shown = True
        return self._capabilities()

    async def show_in(self, row: Executor) -> None:
        """Put this life into the row of its executor, unless it is there. Notes what else is there."""
        self._note(row)
        if row.capabilities != self._capabilities():
            await self._write()

    async def show_anew(self) -> None:
        """Show that this life goes on, and note who else lives. Raises RPCError if the server does not tell."""
        self._about = _about()
        self._note(await self._row())
        await self._write()

    async def look(self) -> None:
        """Note who else lives, and put back the sign of this life if another one wrote over it.

        Raises RPCError if the server does not tell.
        """
        row = await self._row()
        self._note(row)
        if self._is_known and self._ledger.token not in lives_in(row.capabilities.software):
            await self._write()

    async def leave(self) -> None:
        """Take the sign away, in a few seconds or not at all."""
        if not self._is_known or self._availability.is_away:
            return
        me = self._me
        try:
            async with asyncio.timeout(LEAVE_S):
                self._note(await self._client.get_executor(me.colonyname, me.executorname))
                left = self._capabilities(own=False)
                await self._client.update_executor(me.colonyname, me.executorname, left)
        except (RPCError, TimeoutError) as error:
            _logger.debug("%s: its sign stays in the row of the executor: %s", me.executorname, error)
        else:
            self._ledger.is_shown = False

    async def _row(self) -> Executor:
        me = self._me
        return await self._availability.insist(
            lambda: self._client.get_executor(me.colonyname, me.executorname)
        )

    async def _write(self) -> None:
        me, wanted = self._me, self._capabilities()
        self._ledger.is_shown = True
        try:
            await self._availability.insist(
                lambda: self._client.update_executor(me.colonyname, me.executorname, wanted)
            )
        except RPCError as error:
            if not self._was_refused:
                _logger.info("%s: others with its key cannot see that it lives: %s", me.executorname, error)
            self._is_known, self._was_refused = False, True
        else:
            self._is_known = True

    def _note(self, row: Executor) -> None:
        now = time.monotonic()
        self._others = {}
        for token, about in lives_in(row.capabilities.software).items():
            if token == self._ledger.token or token in self._over:
                continue
            seen = self._seen.get(token)
            if seen is None:
                self._tell(about)
            if seen is None or seen.about != about:
                seen = self._seen[token] = _Seen(about, now)
            if now - seen.since <= GONE_S:
                self._others[token] = seen

    def _tell(self, about: str) -> None:
        _logger.warning(
            "%s: another worker has the same key, or had it and was killed a short while ago: %s. What it runs is left to "
            "it, and what the server assigns to either of them unnoticed is left to its deadline; unless one takes over from "
            "the other, give each worker a name and a key of its own",
            self._me.executorname,
            about,
        )

    def _capabilities(self, *, own: bool = True) -> Capabilities:
        mine = self._me.capabilities
        software = [each for each in mine.software if each.name != NAME]
        software += [shown(token, seen.about) for token, seen in self._others.items()]
        if own:
            software.append(shown(self._ledger.token, self._about))
        return Capabilities(hardware=mine.hardware, software=software)


def _about() -> str:
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {socket.gethostname()}, last seen {moment}"
