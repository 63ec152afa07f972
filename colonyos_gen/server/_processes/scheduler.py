"""Bringing waiting processes and waiting executors together.

An executor that finds nothing to do waits. When a process becomes available, the scheduler looks for the executor that
has waited longest among those that may take it, reserves the process for it, and wakes it; nobody else is
disturbed. Because every wake-up carries a process, none is wasted on an executor that cannot use it, and because a
reservation returns to the queue when its holder vanishes, none is lost.

A reserved process is still WAITING for everybody else: it can be cancelled, removed or expire. The holder then simply
goes on waiting. Only the holder makes it RUNNING, and only after waking up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server._clock import Clock
from colonyos_gen.server._processes.matching import Demand, Offer
from colonyos_gen.server._processes.turns import Turns
from colonyos_gen.server._processes.waiting_queue import WaitingQueue
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.tables import Table


class Waiter:
    """An executor that waits."""

    __slots__ = ("_wake_up", "finished", "offer", "reserved")

    def __init__(self, offer: Offer) -> None:
        self.offer: Offer = offer
        self.reserved: str | None = None
        self.finished: bool = False
        self._wake_up: asyncio.Future[None] | None = None

    def reserve(self, processid: str) -> None:
        """Wake up with a process."""
        self.reserved = processid
        self.stir()

    def give_up(self) -> None:
        """Wake up for the last time."""
        self.finished = True
        self.stir()

    async def wake_up(self) -> None:
        """Wait until something happens."""
        self._wake_up = asyncio.get_running_loop().create_future()
        await self._wake_up

    def stir(self) -> None:
        """Wake up to look around."""
        if self._wake_up is not None and not self._wake_up.done():
            self._wake_up.set_result(None)


class Scheduler:
    """Follows the table of processes, and hands waiting processes out."""

    def __init__(self, processes: Table[Process], clock: Clock, quirks: Quirks = STRICT) -> None:
        self.turns: Turns = Turns()
        """Whom new processes wake, if some wake-ups are lost."""
        self._clock = clock
        self._quirks = quirks
        self._processes = processes
        self._queue = WaitingQueue()
        self._waiters: dict[tuple[str, str], dict[Waiter, None]] = {}
        self._holders: dict[str, Waiter] = {}
        self._closed = False
        processes.watch(self._follow)
        processes.when_shown.append(self._line_up_again)

    @property
    def queued(self) -> int:
        """How many processes wait for an executor."""
        return len(self._queue)

    @property
    def waiters(self) -> int:
        """How many executors wait for a process."""
        return sum(map(len, self._waiters.values()))

    def offers(self) -> list[Offer]:
        """What the executors that wait for a process offer."""
        return [waiter.offer for waiters in self._waiters.values() for waiter in waiters]

    def types_waiting(self, colonyname: str) -> list[str]:
        """The types of the executors of a colony that wait for a process."""
        return [executortype for colony, executortype in self._waiters if colony == colonyname]

    async def acquire(
        self, offer: Offer, timeout: float, claim: Callable[[str], Process | None]
    ) -> Process | None:
        """Get a process that suits `offer`: the best at once, or else the first to come within `timeout` seconds.

        `claim` is called with its id and makes it RUNNING, or refuses it by returning None or raising; then it
        goes to somebody else. Between `claim` and the return of this coroutine the event loop gets no turn.
        """
        await self._processes.settled(offer.colonyname)
        if (processid := self._pop(offer)) is not None:
            return self._try(claim, processid)
        if timeout <= 0 or self._closed:
            return None
        waiter = Waiter(offer)
        place = offer.colonyname, offer.executortype
        self._waiters.setdefault(place, {})[waiter] = None
        timer = self._clock.call_later(timeout, waiter.give_up)
        try:
            while not waiter.finished:
                await self._woken(waiter)
                processid = self._reserved_for(waiter)
                if processid is None and not (waiter.finished and self._quirks.lost_wakeups):
                    # While a reservation that came to nothing kept this waiter busy, others may have lined up.
                    processid = self._pop(offer)
                if processid is not None:
                    return self._try(claim, processid)
            return None
        finally:
            timer.cancel()
            del self._waiters[place][waiter]
            if not self._waiters[place]:
                del self._waiters[place]
            # Cancelled after a process had been reserved: somebody else must have it.
            if (reserved := self._reserved_for(waiter)) is not None:
                self._line_up(reserved)

    async def _woken(self, waiter: Waiter) -> None:
        if not self._quirks.lost_wakeups:
            await waiter.wake_up()
            return
        # As on the real server, whoever was woken lines up anew, with an eye for what there is in between.
        offer = waiter.offer
        ticket = self.turns.join(offer.executortype, WAITING, offer.locationname, lambda _: waiter.stir())
        try:
            await waiter.wake_up()
        finally:
            self.turns.leave(ticket)

    def open(self) -> None:
        """Let executors wait again, after `close`."""
        self._closed = False

    def close(self) -> None:
        """Let every waiting executor give up, also those that come later."""
        self._closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.give_up()

    def dismiss(self, colonyname: str, executorname: str) -> None:
        """Let an executor that is waiting give up now."""
        for waiters in self._waiters.values():
            for waiter in waiters:
                if (waiter.offer.colonyname, waiter.offer.executorname) == (colonyname, executorname):
                    waiter.give_up()

    def _pop(self, offer: Offer) -> str | None:
        while (processid := self._queue.pop(offer)) is not None:
            if self._can_be_had(processid):
                return processid
        return None

    def _can_be_had(self, processid: str) -> bool:
        """Whether a process can be assigned; the queue may not know yet what became of many together."""
        process = self._processes.get(processid)
        return process is not None and _is_ready(process)

    def _reserved_for(self, waiter: Waiter) -> str | None:
        processid, waiter.reserved = waiter.reserved, None
        if processid is None:
            return None
        del self._holders[processid]
        return processid if self._can_be_had(processid) else None

    def _try(self, claim: Callable[[str], Process | None], processid: str) -> Process | None:
        process: Process | None = None
        try:
            process = claim(processid)
        finally:
            if process is None:
                self._line_up(processid)
        return process

    def _follow(self, old: Process | None, new: Process | None) -> None:
        if new is not None and _is_ready(new):
            if new.processid not in self._queue and new.processid not in self._holders:
                self._line_up(new.processid, new)
            return
        gone = new or old
        if gone is not None:
            self._queue.discard(gone.processid)
            if (holder := self._holders.pop(gone.processid, None)) is not None:
                holder.reserved = None

    def _line_up_again(self, processes: list[Process]) -> None:
        """Those that somebody looked for in vain while they were hidden are not in the queue any more."""
        for process in processes:
            if process.processid not in self._queue and process.processid not in self._holders:
                self._line_up(process.processid)

    def _line_up(self, processid: str, process: Process | None = None) -> None:
        """Give a process to an executor that waits for one like it, or else put it into the queue."""
        process = process or self._processes.get(processid)
        if process is None or not _is_ready(process):
            return
        demand = Demand.of(process, self._quirks)
        if demand is None:
            return
        # With turns it lies in the queue, and the events say who may look at it.
        for waiter in () if self._quirks.lost_wakeups else self._waiters_like(demand):
            if waiter.reserved is None and demand.met_by(waiter.offer):
                self._holders[processid] = waiter
                waiter.reserve(processid)
                return
        self._queue.push(processid, process.prioritytime, demand)

    def _waiters_like(self, demand: Demand) -> list[Waiter]:
        return list(self._waiters.get((demand.colonyname, demand.executortype), ()))


def _is_ready(process: Process) -> bool:
    return process.state is WAITING and not process.waitforparents
