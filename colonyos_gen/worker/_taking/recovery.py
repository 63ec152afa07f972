"""Processes that are RUNNING in our name without our knowing, and which of them are ours."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from colonyos_gen_wire import Executor, Process
from colonyos_gen_wire.constants import RUNNING

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import RPCError
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.ledger import Ledger
from colonyos_gen.worker._taking.lives import Lives

RENEW_S = 120.0
"""Seconds between two times that a worker shows that it lives, to others with its key."""
_EARLY_S = (4.0, 16.0)
"""The same for the first times, about: of workers that start at the same moment one writes over the sign of the other."""
_LOOK_S = 5.0
"""Seconds between two looks for others on this machine that were killed."""
_LOOK_BACK_S = 10 * 365 * 86400
"""How long ago a process may have been submitted, in seconds."""

_MOST_IDS = 5
"""Ids in a line of the log."""

_AttemptKey: TypeAlias = tuple[str, int, datetime | None]

_logger = logging.getLogger("colonyos_gen.worker")


async def running_of(
    client: AsyncClient, availability: Availability, colonyname: str, executorid: str
) -> list[Process]:
    """The processes that the server has assigned to an executor and that have not ended.

    Raises RPCError if the server refuses to tell.
    """
    return await availability.insist(lambda: ask_running(client, colonyname, executorid))


async def ask_running(client: AsyncClient, colonyname: str, executorid: str) -> list[Process]:
    """The same, asked for once. Raises RPCError if the server refuses to tell, or is away."""
    found = await client.get_process_history(colonyname, _LOOK_BACK_S, RUNNING, executorid=executorid)
    return [each for each in found if each.assignedexecutorid == executorid]


class Recovery:
    """Tells what is ours of what is RUNNING in our name: what a life that was killed has left, and what was lost on its way.

    The first is written down in the ledger. The second can be anybody's who has the key, so it is ours only while nobody
    else has it. What is not ours is set aside, and never taken for ours later.

    Args:
        locked: Whether all workers on this machine that have the key are known to the ledger.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        me: Executor,
        lives: Lives,
        ledger: Ledger,
        *,
        locked: bool,
    ) -> None:
        self._client = client
        self._availability = availability
        self._me = me
        self._lives = lives
        self._ledger = ledger
        self._locked = locked
        self._alone = False
        self._aside: set[_AttemptKey] = set()

    async def leftovers(self) -> list[Process]:
        """What earlier lives of this worker have left RUNNING. Asked once the executor is registered, before it takes any.

        Raises RPCError if the server refuses to tell.
        """
        found = await self._running()
        await self._lives.look()  # afterwards, as whoever runs one of them is seen by then
        self._alone = not self._lives.are_others
        is_only = self._alone and self._locked and not self._ledger.others_live
        left = [each for each in found if self._ledger.was_left(each) or is_only]
        self._set_aside(left)
        ours = {each.processid for each in left}
        self._leave([each for each in found if each.processid not in ours])
        return left

    async def keep_showing(self) -> None:
        """Show that this worker lives, now and then, and see who else does."""
        early = (min(each * random.uniform(0.5, 1), RENEW_S) for each in _EARLY_S)
        for pause in itertools.chain(early, itertools.repeat(RENEW_S)):
            await asyncio.sleep(pause)
            try:
                await self._lives.show_anew()
                if self._lives.are_others:
                    self._alone = False
                elif not self._alone:
                    self._set_aside(await self._running())  # what somebody else has left that had the key
                    self._alone = True
            except RPCError as error:
                _logger.info("%s: it is unknown who else has its key: %s", self._me.executorname, error)

    async def keep_looking(self, end: Callable[[list[Process]], Awaitable[None]]) -> None:
        """Call `end` with what others have left RUNNING that had the key, on this machine, whenever such a one was killed."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self._ledger.look_for_dead()
            if not self._ledger.dead:
                continue
            try:
                left = [each for each in await self._running() if self._ledger.was_left(each)]
            except RPCError as error:
                _logger.info("%s: it is unknown what was left RUNNING: %s", self._me.executorname, error)
                continue
            self._lives.end(self._ledger.dead)
            self._set_aside(left)
            await end(left)
            self._ledger.forget_dead()

    async def is_alone(self) -> bool:
        """Whether what is assigned in our name from now on is ours, or was."""
        try:
            return await self._look()
        except RPCError:
            return False

    async def unnoticed(self, knows: Callable[[str, float], bool]) -> list[Process]:
        """What was assigned to us without our knowing.

        Raises RPCError if the server does not tell.

        Args:
            knows: Whether a process is being run, or was at a time (of `time.monotonic`).
        """
        asked = time.monotonic()
        found = [
            each
            for each in await self._running()
            if _key(each) not in self._aside and not knows(each.processid, asked)
        ]
        # Whoever runs one of them has been there before it was assigned, and so is seen now.
        if not found or await self._look():
            return found
        self._leave(found)
        return []

    async def _look(self) -> bool:
        if self._alone:
            await self._lives.look()
            self._alone = not self._lives.are_others
        return self._alone

    async def _running(self) -> list[Process]:
        me = self._me
        return await running_of(self._client, self._availability, me.colonyname, me.executorid)

    def _set_aside(self, processes: Sequence[Process]) -> None:
        self._aside.update(_key(each) for each in processes)

    def _leave(self, processes: Sequence[Process]) -> None:
        """Leave what may be another worker's, and say so."""
        self._set_aside(processes)
        if not processes:
            return
        endless = [each.processid for each in processes if each.spec.maxexectime <= 0]
        _logger.warning(
            "%s: %d RUNNING in its name may be another worker's, and are left to it, or to their deadline%s",
            self._me.executorname,
            len(processes),
            f"; without one, so to be cancelled if nobody runs them: {_listed(endless)}" if endless else "",
        )


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_MOST_IDS]) + (f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else "")


def _key(process: Process) -> _AttemptKey:
    return process.processid, process.retries, process.starttime
