"""Taking processes: one, and while there are more a few at a time."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

from colonyos_gen_wire import Process

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import (
    ConflictError,
    DeniedError,
    NoProcessError,
    NotFoundError,
    PausedError,
    RPCError,
    UnexpectedReplyError,
)
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._taking.recovery import Recovery
from colonyos_gen.worker._taking.stopping import StoppedError, unless_stopped
from colonyos_gen.worker._taking.unreadable import processid_in

POLL_S = 10
"""Seconds of a long poll. Wake-ups get lost, so it is short; a worker without a key of its own waits for it at its end."""
SETTLING_S = 0.3
"""Seconds after which a server that is not busy has noticed that a poll was given up."""
LAST_LOOK_S = 15.0
"""Seconds for finding out what such a poll was given."""
LOOK_AGAIN_S = 2.0
"""Seconds between two looks for what was assigned unnoticed."""
_AT_ONCE = 3
"""Requests for work under way at a time while there is some."""
PAUSED_S = 1.0
"""Seconds before a paused colony is asked again, if it answers at once."""
BLIND = "-1m"
"""CPU to offer in order to be given nothing: the server then only notes that the executor lives."""

_logger = logging.getLogger("colonyos_gen.worker")


class Taker(ABC):
    """Where processes go."""

    @abstractmethod
    def start(self, process: Process, *, found: bool = False) -> None:
        """Run a process that has been assigned; `found` if that was earlier, and nobody knows when."""

    @abstractmethod
    def knows(self, processid: str, since: float) -> bool:
        """Whether a process is being run, or was at the time `since` (of `time.monotonic`)."""

    @abstractmethod
    async def refuse(self, processid: str, reason: str) -> None:
        """Fail a process that cannot be run."""

    @abstractmethod
    async def register(self) -> None:
        """Become an approved executor again."""


class Assignment:
    """Asks the server for processes. A request is never repeated before it is known what became of it.

    Args:
        recovery: Finds processes whose assignment got lost on the way.
        poll: Seconds of a long poll.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        taker: Taker,
        recovery: Recovery,
        *,
        colonyname: str,
        name: str,
        poll: int,
    ) -> None:
        self._client = client
        self._availability = availability
        self._taker = taker
        self._recovery = recovery
        self._colonyname = colonyname
        self._name = name
        self._poll = poll
        self._pauses = pauses(WITHOUT_END)
        self._unsure_until = 0.0
        """Until when a request whose reply got lost may still be given a process; 0 if it is known what became of all."""
        self._looked_at = 0.0
        self._dropped = False
        """Whether a request was cancelled before its reply was there."""
        self._refused: deque[str] = deque(maxlen=1000)
        self.asking: bool = False
        """Whether a process is being asked for."""
        self.heard_at: float = time.monotonic()
        """When the server last took note of this executor."""

    async def poll(self, stopping: asyncio.Event) -> bool:
        """Wait for a process, for a while, and start it; whether there was one.

        When `stopping` is set meanwhile, the poll is given up, if what it may have been given can be found; otherwise it
        is left to return.
        """
        self.asking = True
        try:
            return await self._ask(self._poll, "", stopping)
        finally:
            self.asking = False

    async def take_more(self, stopping: asyncio.Event, free: Callable[[], int]) -> None:
        """Ask for what waits at this moment, with a few requests at a time, until one of them brings nothing.

        None of them waits, so all have been answered when this returns, and what runs in our name is known again.

        Args:
            free: How many more processes may be started at this moment.
        """
        asks: set[asyncio.Task[bool]] = set()
        more = self.asking = True
        try:
            while True:
                while more and not stopping.is_set() and len(asks) < min(_AT_ONCE, free() - len(asks)):
                    asks.add(asyncio.create_task(self._ask(-1, "")))
                if not asks:
                    return
                done, asks = await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
                brought = [each.result() for each in done]
                more = more and all(brought) and not self._unsure_until
        finally:
            self.asking = False
            if asks:  # cancelled: what they bring is still taken care of
                await asyncio.wait(asks)

    async def beat(self) -> None:
        """Let the server know that this executor lives, without taking anything."""
        await self._ask(-1, BLIND)

    async def _ask(self, timeout: int, availablecpu: str, stopping: asyncio.Event | None = None) -> bool:
        """Make a request for work, and start what it brings; whether it brought something.

        It is given up when `stopping` is set, if what it may have been given can be found.
        """
        asked = self._client.assign(self._colonyname, timeout, availablecpu=availablecpu)
        try:
            # Only the request may be given up: whatever it brings is to be taken care of.
            process = await (
                asked if stopping is None else unless_stopped(stopping, asked, self._recovery.is_alone)
            )
        except StoppedError:
            await self._look_after_giving_up()
        except asyncio.CancelledError:
            self._dropped = True
            raise
        except NoProcessError:
            self._answered()
        except PausedError as error:
            self._answered()
            if error.status == 503:
                await asyncio.sleep(PAUSED_S)
        except ConflictError:  # the process went to somebody else, or was cancelled, at that moment
            self._answered()
        except UnexpectedReplyError as error:
            await self._unreadable(error)
        except RPCError as error:
            await self._failed(error)
        else:
            self._answered()
            self._taker.start(process)
            return True
        return False

    def _answered(self) -> None:
        self._availability.heard()
        self.heard_at = time.monotonic()
        self._pauses = pauses(WITHOUT_END)

    async def _failed(self, error: RPCError) -> None:
        if passes(error):
            self._availability.lost(error)
            if is_lost_reply(error):
                self._lost()
            await asyncio.sleep(next(self._pauses))
        elif isinstance(error, DeniedError | NotFoundError):
            self._availability.heard()
            _logger.warning("%s: the server does not know this executor any more: %s", self._name, error)
            await self._taker.register()
            self.heard_at = time.monotonic()
        else:
            _logger.error("%s: no process can be taken: %s", self._name, error)
            await asyncio.sleep(next(self._pauses))

    async def _unreadable(self, error: UnexpectedReplyError) -> None:
        processid = processid_in(error.payload)
        if processid is None:
            _logger.error("%s: the answer to assign cannot be read: %s", self._name, error)
            self._lost()
            await asyncio.sleep(next(self._pauses))
            return
        self._answered()
        await self._refuse(processid, error)

    async def _refuse(self, processid: str, error: UnexpectedReplyError) -> None:
        _logger.error("%s: process %s cannot be read and is failed: %s", self._name, processid, error)
        self._refused.append(processid)
        await self._taker.refuse(processid, f"{self._name} cannot read this process: {error.message}")

    async def look_if_dropped(self) -> None:
        """Find what a request that was cancelled has been given, if what runs in our name must be ours."""
        if self._dropped:
            self._dropped = False
            await self._look_after_giving_up()

    async def _look_after_giving_up(self) -> None:
        """Find what a poll that was given up has been given, which is one process at most.

        A real server makes assignments one after the other. So once it has answered a later request for work, what was in
        front of it has been decided; it may only not have noticed yet that the poll was given up, which takes longer the
        busier it is.
        """
        begun, slowest = time.monotonic(), 0.0
        try:
            async with asyncio.timeout(LAST_LOOK_S):
                # Many workers may be told to stop at once, and a real server does not bear many reads at once.
                await asyncio.sleep(random.uniform(0, SETTLING_S))
                while True:
                    started = time.monotonic()
                    await self._pass_the_queue()
                    if await self._recover():
                        return
                    slowest = max(slowest, time.monotonic() - started)
                    enough = begun + SETTLING_S + 2 * slowest
                    if started >= enough:
                        return
                    await asyncio.sleep(enough - time.monotonic())
        except TimeoutError:
            _logger.warning("%s: it is unknown whether something was assigned at the end", self._name)

    async def _pass_the_queue(self) -> None:
        """Return when the server has dealt with all requests for work that it had received before."""
        try:
            process = await self._client.assign(self._colonyname, -1, availablecpu=BLIND)
        except RPCError as error:  # as a rule, that there is none
            _logger.debug("%s: nothing was assigned at the end: %s", self._name, error)
        else:
            self._taker.start(process)

    def _lost(self) -> None:
        """A reply was lost. The server may not know that, and go on with the request for as long as it was to wait."""
        self._unsure_until = time.monotonic() + self._poll + SETTLING_S
        self._looked_at = 0.0

    async def recover_if_unsure(self) -> None:
        """Look for what was assigned unnoticed: at once, now and then, and once more when nothing can come any more."""
        now = time.monotonic()
        if not self._unsure_until or now < self._looked_at + LOOK_AGAIN_S:
            return
        if now >= self._unsure_until:
            self._unsure_until = 0.0
        self._looked_at = now
        await self._recover()

    async def _recover(self) -> bool:
        """Start what runs in our name without our knowing, and tell whether there was anything."""
        unnoticed: list[Process] = []
        try:
            unnoticed = await self._recovery.unnoticed(self._knows)
        except RPCError as error:
            _logger.info("%s: it is unknown what was assigned unnoticed: %s", self._name, error)
        for each in unnoticed:
            _logger.warning("%s: process %s had been assigned unnoticed", self._name, each.processid)
            self._taker.start(each, found=True)
        return bool(unnoticed)

    def _knows(self, processid: str, since: float) -> bool:
        return processid in self._refused or self._taker.knows(processid, since)


async def keep_alive(assignment: Assignment, seconds: float) -> None:
    """Let the server hear of the executor at least every `seconds`, also while it has no need of processes."""
    while True:
        rest = assignment.heard_at + seconds - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        elif assignment.asking:
            await asyncio.sleep(seconds)
        else:
            await assignment.beat()
