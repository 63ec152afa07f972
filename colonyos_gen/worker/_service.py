"""A worker at work: from its registration to its last process."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from colonyos_gen_wire import Executor, Process
from colonyos_gen_wire import Function as WireFunction

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.interceptors import Interceptor, ProcessRun, around_runs
from colonyos_gen.worker._life.registration import Registration
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.intercepting import run_intercepted
from colonyos_gen.worker._running.invoking import Invoker, Raised
from colonyos_gen.worker._running.reconciler import Handler, Reconciler
from colonyos_gen.worker._running.run import Run
from colonyos_gen.worker._running.watching import Watch
from colonyos_gen.worker._taking.assignment import Assignment, Taker, keep_alive
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.neighbours import warn_of_neighbours
from colonyos_gen.worker._taking.recovery import running_of
from colonyos_gen.worker._taking.stopping import StoppedError, unless_stopped
from colonyos_gen.worker._telling.attempt import Attempt
from colonyos_gen.worker._telling.closing import Closer

LAST_WORDS_S = 10.0
"""Seconds that there are at the end for telling the server what could not be finished."""
_REMEMBERED = 10_000

_logger = logging.getLogger("colonyos_gen.worker")


class UnknownFunctionError(Exception):
    """A process asks for a function that the worker does not have."""


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
        alone: Whether nobody else has the worker's key.
        may_add: Whether the client has the key of the colony owner.
        secrets: Texts that must not get into errors.
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
        alone: bool,
        may_add: bool,
        secrets: Iterable[str],
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        self._client = client
        self._availability = availability
        self._me = me
        self._offers = offers
        self._invoker = invoker
        self._concurrency = concurrency
        self._alone = alone
        self._poll = poll
        self._heartbeat = heartbeat
        self._secrets = tuple(secrets)
        self._around = around_runs(interceptors)
        self._closer = Closer(client, availability, me.executorname)
        self._watch = Watch(client, me.colonyname, me.executorid, self.register)
        self._registration = Registration(client, availability, me, may_add=may_add)
        self._reconciler = Reconciler(
            client,
            availability,
            handlers,
            colonyname=me.colonyname,
            executorname=me.executorname,
            executortype=me.executortype,
        )
        self._assignment = Assignment(
            client,
            availability,
            self,
            colonyname=me.colonyname,
            executorid=me.executorid,
            name=me.executorname,
            poll=poll,
            alone=alone,
        )
        self._runs: dict[str, Run] = {}
        self._tasks: dict[asyncio.Task[None], Run] = {}
        self._ended: deque[str] = deque(maxlen=_REMEMBERED)
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._hurrying = asyncio.Event()
        self._reason = ""

    def stop(self, reason: str) -> None:
        """Take no more processes, and end when those that run have ended. The second time: end at once."""
        if self._stopping.is_set():
            self._hurrying.set()
        self._reason = self._reason or reason
        self._stopping.set()
        self._changed.set()

    async def serve(self, grace: float, ready: Callable[[], object] | None) -> None:
        """Register, take processes until `stop`, and let those that run end, for at most `grace` seconds.

        Raises:
            RegistrationError: The worker cannot be an executor of its colony, or is not any more.
        """
        try:
            await unless_stopped(self._stopping, self._begin())
        except StoppedError:
            return
        if ready is not None:
            ready()
        beating = asyncio.create_task(keep_alive(self._assignment, self._heartbeat))
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
            await self._give_up()
            raise
        finally:
            for task in (beating, taking, *self._tasks):
                task.cancel()
        for task in (beating, taking):
            if task.done() and not task.cancelled():
                task.result()

    # What the assignment asks for

    def start(self, process: Process, *, found: bool = False) -> None:
        earlier = self._runs.get(process.processid)
        if earlier is not None:
            earlier.lose("the server took it back, and assigned it anew")
        run = Run(
            self._client,
            self._availability,
            self._closer,
            process,
            self._intercepted if self._around else self._work,
            timeout=self._timeout_of(process),
            secrets=self._secrets,
            name=self._me.executorname,
            watch=self._watch,
            found=found,
        )
        self._runs[process.processid] = run
        task = asyncio.create_task(self._run(run))
        self._tasks[task] = run
        task.add_done_callback(self._finished)

    def knows(self, processid: str) -> bool:
        return processid in self._runs or processid in self._ended

    async def refuse(self, processid: str, reason: str) -> None:
        await self._closer.fail(Attempt(processid, self._me.executorid), [reason])

    async def register(self) -> None:
        await self._registration.ensure(self._functions)

    # What becomes of a process

    async def _run(self, run: Run) -> None:
        processid = run.process.processid
        try:
            await run.run()
        finally:
            if self._runs.get(processid) is run:
                del self._runs[processid]
                self._ended.append(processid)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._changed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("%s: a process could not be ended: %r", self._me.executorname, error)

    def _timeout_of(self, process: Process) -> float | None:
        handler = self._handler_of(process)
        if handler is not None:
            return None if handler.reconcile is None else handler.reconcile.timeout
        offer = self._offers.get(process.spec.funcname)
        return None if offer is None else offer.timeout

    def _handler_of(self, process: Process) -> Handler | None:
        """A function of the name goes before what handles blueprints."""
        return None if process.spec.funcname in self._offers else self._reconciler.handler_of(process)

    async def _intercepted(self, context: Context, cancellation: Cancellation) -> Any:
        run = ProcessRun(context.process, self._me.executorname)
        return await run_intercepted(
            self._around, run, lambda: self._work(context, cancellation), cancellation
        )

    async def _work(self, context: Context, cancellation: Cancellation) -> Any:
        async def call(offer: Offer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return await self._invoker.call(offer, args, kwargs, cancellation)

        process, spec = context.process, context.process.spec
        handler = self._handler_of(process)
        if handler is not None:
            return await self._reconciler.run(handler, context, call)
        offer = self._offers.get(spec.funcname)
        if offer is None:
            return Raised(UnknownFunctionError(self._unknown(spec.funcname)))
        inputs = process.input if process.parents else None
        bound = offer.binder.bind(spec.args, spec.kwargs, inputs, context)
        return await call(offer, bound.args, bound.kwargs)

    def _unknown(self, name: str) -> str:
        known = ", ".join(sorted(self._offers)) or "none"
        return f"{self._me.executorname} has no function {name!r}; it has: {known}"

    async def _functions(self) -> list[WireFunction]:
        me = self._me
        own = [
            each.on_wire(me.executorname, me.executortype, me.colonyname) for each in self._offers.values()
        ]
        names = {each.funcname for each in own}
        return own + [each for each in await self._reconciler.functions() if each.funcname not in names]

    # From the start to the end

    async def _begin(self) -> None:
        await self.register()
        await warn_of_neighbours(self._client, self._me)
        if self._alone:
            await self._end_leftovers()

    async def _end_leftovers(self) -> None:
        """Fail what an earlier life of this worker left RUNNING, unless there is a deadline that will put it back.

        The server would go on waiting for it, as this worker is alive; and a cron would wait with it.
        """
        me = self._me
        for each in await running_of(self._client, self._availability, me.colonyname, me.executorid):
            if each.spec.maxexectime <= 0:
                _logger.warning(
                    "%s: process %s had been left unfinished and is failed", me.executorname, each.processid
                )
                await self._closer.fail(
                    Attempt.of(each, found=True),
                    [f"{me.executorname} ended while it ran this process; it was started again"],
                )

    async def _take(self) -> None:
        while not self._stopping.is_set():
            if len(self._tasks) < self._concurrency:
                await self._assignment.poll(
                    self._stopping, lambda: self._concurrency - len(self._tasks), lambda: len(self._tasks)
                )
            else:
                self._changed.clear()
                await self._changed.wait()

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
            await self._give_up()  # what it has taken in the meantime
        hurry.cancel()
        await self._closer.finish()

    async def _all_told(self, taking: asyncio.Task[None]) -> None:
        await asyncio.wait({taking})
        while self._tasks:
            self._changed.clear()
            await self._changed.wait()

    async def _give_up(self) -> None:
        for run in list(self._tasks.values()):
            run.give_up(f"the worker was stopped before the function had ended: {self._reason}")
        told = [asyncio.create_task(run.told.wait()) for run in self._tasks.values()]
        if told:
            await asyncio.wait(told, timeout=LAST_WORDS_S)
            for each in told:
                each.cancel()
