"""A worker at work: from its registration to its last process."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from colonyos_gen_wire import Executor, Process

from colonyos_gen._call.apart import UNWIND_S, end_or_let_go
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.slots import Slots
from colonyos_gen._secrets import Secrets
from colonyos_gen.errors import DeniedError, NotFoundError
from colonyos_gen.interceptors import Interceptor
from colonyos_gen.worker._life.health import Health
from colonyos_gen.worker._life.registration import Registration
from colonyos_gen.worker._running.catalogue import Catalogue
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.hung import Hung, HungError
from colonyos_gen.worker._running.invoking import Invoker
from colonyos_gen.worker._running.reconciler import Handler, Reconciler
from colonyos_gen.worker._running.run import Equipment, Run
from colonyos_gen.worker._running.watching import Watch
from colonyos_gen.worker._taking.assignment import Assignment, Taker, keep_alive
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.ledger import Ledger
from colonyos_gen.worker._taking.lives import Lives
from colonyos_gen.worker._taking.neighbours import warn_of_neighbours
from colonyos_gen.worker._taking.recovery import Recovery
from colonyos_gen.worker._taking.stopping import StoppedError, unless_stopped
from colonyos_gen.worker._telling.attempt import Attempt, goes_back
from colonyos_gen.worker._telling.closing import Closer, Nothing

OnStop: TypeAlias = Literal["leave", "fail"]
"""What becomes of processes whose functions have not ended when the worker is to end: those that the server gives to another
worker once their deadline has passed are left to it, or they are failed as well."""
LAST_WORDS_S = 10.0
"""Seconds that there are at the end for telling the server what could not be finished."""
_REMEMBERED = 10_000

_logger = logging.getLogger("colonyos_gen.worker")


class Service(Taker):
    """What runs between the start and the end of a worker.

    Args:
        client: Client with the worker's key.
        me: The worker as an executor.
        offers: Its functions, by name.
        handlers: What handles blueprints, by kind.
        invoker: Where functions run.
        concurrency: How many processes run at the same time.
        heartbeat: Seconds after which the server is told that the worker lives, when it takes no processes.
        poll: Seconds of a long poll.
        hung_after: Seconds after which a function that was told to stop is taken for one that never will.
        on_stop: What becomes of processes whose functions have not ended when the worker is to end.
        ledger: Where it is written down what is run.
        locked: Whether all workers on this machine that have the key are known to the ledger.
        may_add: Whether the client has the key of the colony owner.
        secrets: What must not get into errors.
        interceptors: What comes around runs of processes, the outermost first.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        me: Executor,
        offers: Mapping[str, Offer],
        handlers: Mapping[str, Handler],
        invoker: Invoker,
        *,
        concurrency: int,
        heartbeat: float,
        poll: int,
        hung_after: float,
        on_stop: OnStop,
        ledger: Ledger,
        locked: bool,
        may_add: bool,
        secrets: Secrets,
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        self._client = client
        self._availability = availability
        self._me = me
        self._concurrency = concurrency
        self._poll = poll
        self._heartbeat = heartbeat
        self._on_stop = on_stop
        self._closer = Closer(client, availability, me.executorname, secrets)
        reconciler = Reconciler(
            client,
            availability,
            handlers,
            invoker,
            colonyname=me.colonyname,
            executorname=me.executorname,
            executortype=me.executortype,
        )
        catalogue = Catalogue(offers, reconciler, invoker, interceptors, me.executorname, secrets)
        self._lives = Lives(client, availability, me, ledger, locked=locked)
        self._recovery = Recovery(client, availability, me, self._lives, ledger, locked=locked)
        self._ledger = ledger
        self._registration = Registration(
            client, availability, me, catalogue.functions, self._lives, may_add=may_add
        )
        self._equipment = Equipment(
            client,
            availability,
            catalogue,
            Watch(client, me.colonyname, me.executorid, self._registration.ensure),
            self._closer,
            secrets,
            me.executorname,
            Hung(me.executorname, concurrency, hung_after, self._end_hung, invoker.slots.killed_in),
            ledger,
            Slots(concurrency),
        )
        self._assignment = Assignment(
            client,
            availability,
            self,
            self._recovery,
            colonyname=me.colonyname,
            name=me.executorname,
            poll=poll,
        )
        self._runs: dict[str, Run] = {}
        """The last run of each process that is run here."""
        self._tasks: dict[asyncio.Task[None], Run] = {}
        self._ended_at: dict[str, float] = {}
        """When (`time.monotonic`) the last attempt at a process ended here, for the latest ones."""
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._hurrying = asyncio.Event()
        self._reason = ""
        self._over = False
        """Whether nothing is told to the server any more."""
        self._broken: Exception | None = None
        """Why nothing can be run any more."""
        self._slots = invoker.slots
        self._slots.changed = self._changed.set
        self._slots.broken = self._end_broken

    def stop(self, reason: str) -> None:
        """Take no more processes, and end when those that run have ended. The second time: end at once."""
        if self._stopping.is_set():
            self._hurrying.set()
        self._reason = self._reason or reason
        self._stopping.set()
        self._changed.set()

    @property
    def health(self) -> Health:
        """How the worker is at this moment; may be asked from any thread."""
        heard_at = self._availability.heard_at
        return Health(
            slots=self._concurrency,
            busy=len(self._tasks),
            hung=self._equipment.hung.lost,
            heard_s=None if heard_at is None else time.monotonic() - heard_at,
            draining=self._stopping.is_set(),
        )

    async def serve(self, grace: float, ready: Callable[[], object] | None) -> None:
        """Register, take processes until `stop`, and let those that run end, for at most `grace` seconds.

        Raises:
            RegistrationError: The worker cannot be an executor of its colony, or is not any more.
            HungError: All slots were lost to functions that do not end.
            PoolError: No process of the pool can be started any more.
        """
        if self._slots.failed is not None:
            self._end_broken(self._slots.failed)
        try:
            await unless_stopped(self._stopping, self._begin())
        except StoppedError:
            await self._lives.leave()
            if self._broken is not None:
                raise self._broken from None
            return
        except BaseException:  # a cancellation, too, leaves no sign of this life behind
            await self._lives.leave()
            raise
        if ready is not None:
            ready()
        beating = asyncio.create_task(keep_alive(self._assignment, self._heartbeat))
        showing = asyncio.create_task(self._recovery.keep_showing())
        looking = asyncio.create_task(self._recovery.keep_looking(self._end_left))
        taking = asyncio.create_task(self._take())
        try:
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({taking, beating, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            self._reason = self._reason or "the worker cannot go on"
            self._stopping.set()
            self._changed.set()
            await self._drain(taking, grace)
        except asyncio.CancelledError:
            self.stop("the worker was cancelled")
            await self._drain(taking, 0.0)
            raise
        finally:
            self._over = True
            work = {run.work for run in self._tasks.values() if run.work is not None}
            for task in (beating, showing, looking, taking, *self._tasks):
                task.cancel()
            await self._lives.leave()
            await end_or_let_go(work, UNWIND_S, f"{self._me.executorname}: a function")
        for task in (beating, taking):
            if task.done() and not task.cancelled():
                task.result()
        if self._broken is not None:
            raise self._broken

    def _end_hung(self, text: str) -> None:
        """End at once: nothing more can be run, and the server knows how all that was run has ended."""
        self._end_broken(HungError(text))

    def _end_broken(self, error: Exception) -> None:
        """End at once, and let `serve` raise this."""
        self._broken = error
        self.stop(str(error))
        self.stop(str(error))

    # What the assignment asks for

    def start(self, process: Process, *, found: bool = False) -> None:
        processid = process.processid
        if (earlier := self._runs.get(processid)) is not None:
            earlier.lose("the server took it back, and assigned it anew")
        run = self._runs[processid] = Run(self._equipment, process, found=found)
        self._begin_task(run, run.run())

    def knows(self, processid: str, since: float) -> bool:
        run = self._runs.get(processid)
        if run is not None and not run.told.is_set():
            return True
        # What is RUNNING after the server was told of an end is another attempt.
        ended_at = self._ended_at.get(processid, 0.0) if run is None else run.told_at
        return ended_at >= since

    async def refuse(self, processid: str, reason: str) -> None:
        await self._fail(Attempt(processid, self._me.executorid), [reason])

    async def register(self) -> None:
        await self._registration.ensure()

    def _begin_task(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = run
        # Not by `finally` in a coroutine: a task that is cancelled before its first step comes to none.
        task.add_done_callback(functools.partial(self._ended, run))

    def _ended(self, run: Run, task: asyncio.Task[None]) -> None:
        """Take note that a run is over, however it ended. The one place that sees to it that the server knows."""
        del self._tasks[task]
        error = None if task.cancelled() else task.exception()
        if not run.told.is_set() and not self._over and (error is None or not run.rescued):
            self._begin_task(run, run.rescue(error))
            return
        processid = run.process.processid
        if self._runs.get(processid) is run:
            del self._runs[processid]
            self._ended_at.pop(processid, None)
            self._ended_at[processid] = run.told_at or time.monotonic()
            if len(self._ended_at) > _REMEMBERED:
                del self._ended_at[next(iter(self._ended_at))]
        self._changed.set()
        if error is not None:
            _logger.error("%s: a process could not be ended: %r", self._me.executorname, error)

    # From the start to the end

    async def _begin(self) -> None:
        await self.register()
        await warn_of_neighbours(self._client, self._me)
        try:
            await self._end_leftovers()
        except (
            DeniedError,
            NotFoundError,
        ) as error:  # a server that was started anew just now has nothing of ours
            _logger.warning(
                "%s: the server does not know this executor any more: %s", self._me.executorname, error
            )
            await self.register()

    async def _end_leftovers(self) -> None:
        """Fail what an earlier life of this worker left RUNNING, unless the server gives it to another worker in time.

        The server would go on waiting for it, as this worker is alive; and a cron would wait with it.
        """
        await self._end_left(await self._recovery.leftovers(), "it was started again")
        self._ledger.forget_dead()

    async def _end_left(self, processes: Iterable[Process], since: str = "others with its key go on") -> None:
        name = self._me.executorname
        for each in processes:
            if not self._is_left(each):
                about = {"processid": each.processid, "function": each.spec.funcname}
                text = "%s: process %s had been left unfinished and is failed"
                _logger.warning(text, name, each.processid, extra=about)
                reason = f"{name} ended while it ran this process; {since}"
                await self._fail(Attempt.of(each, found=True), [reason])

    async def _fail(self, attempt: Attempt, errors: list[str]) -> None:
        told = await self._closer.fail(attempt, errors)
        if isinstance(told, Nothing):
            text = "%s: process %s is not failed: %s"
            _logger.warning(text, self._me.executorname, attempt.processid, told.reason)

    def _is_left(self, process: Process) -> bool:
        """Whether a process that was not finished is left to the server."""
        return self._on_stop == "leave" and goes_back(process)

    async def _take(self) -> None:
        while not self._stopping.is_set():
            if self._free() > 0:
                found = await self._assignment.poll(self._stopping)
                if found and len(self._tasks) > 1:  # with one at a time, asking for more would be in vain
                    await self._assignment.take_more(self._stopping, self._free)
                await self._assignment.recover_if_unsure()
            else:
                self._changed.clear()
                await self._changed.wait()

    def _free(self) -> int:
        """How many more processes may be started at this moment."""
        return min(self._concurrency - len(self._tasks), self._slots.ready)

    async def _drain(self, taking: asyncio.Task[None], grace: float) -> None:
        """Let what runs end by itself; what does not within `grace` seconds, or when there is a hurry, is failed."""
        if self._tasks:
            count = len(self._tasks)
            _logger.info(
                "%s: ending (%s); %d running, for up to %g s",
                self._me.executorname,
                self._reason,
                count,
                grace,
            )
        # It is waited for, grace or no grace, until it is known what an assign that was under way has taken.
        all_done = asyncio.create_task(self._all_told(taking))
        hurry = asyncio.create_task(self._hurrying.wait())
        await asyncio.wait({all_done, hurry}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        if not all_done.done():
            all_done.cancel()
            await self._give_up()
            limit = self._poll + LAST_WORDS_S
            await asyncio.wait({taking, hurry}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            await self._assignment.look_if_dropped()
            await self._give_up()  # what it has taken in the meantime
        hurry.cancel()
        await self._closer.finish()

    async def _all_told(self, taking: asyncio.Task[None]) -> None:
        await asyncio.wait({taking})
        while self._tasks:
            self._changed.clear()
            await self._changed.wait()

    async def _give_up(self) -> None:
        text = f"the worker was stopped before the function had ended: {self._reason}"
        for run in list(self._tasks.values()):
            if self._is_left(run.process):
                run.lose(f"{text}; another one will get the process when its maxexectime has passed")
            else:
                run.give_up(text)
        told = [asyncio.create_task(run.told.wait()) for run in self._tasks.values()]
        if told:
            await asyncio.wait(told, timeout=LAST_WORDS_S)
            for each in told:
                each.cancel()
