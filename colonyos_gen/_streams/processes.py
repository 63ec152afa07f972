"""The processes of an executor type that reach a state, as a stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from datetime import datetime

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.method import AsyncCaller, Key
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg

from colonyos_gen._call.frames import now
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.retry import passes
from colonyos_gen._streams.reconnection import Link
from colonyos_gen._streams.stream import Ended, Finished
from colonyos_gen._streams.subscription import Subscription
from colonyos_gen._waiting import with_errors
from colonyos_gen.errors import DeniedError, NotFoundError, RPCError, hint_of_denial

SUBSCRIPTION_S = 30.0
"""Seconds that are asked for at a time: a listener whose client has left takes an event with it for as long as that."""
_OVERLAP_S = 1.0
"""Seconds before the end of a subscription at which the next one begins, so that nothing is missed between them."""
_LINGER_S = 20.0
"""Seconds for which a server may be late to end a subscription; one that is left before takes an event with it."""
_PING_S = 10.0
_EARLY_S = 1.5
"""How much earlier than asked for a server may end a subscription because its time is over."""
_BACKLOG = 10_000
"""Processes that are kept for a caller who does not ask for them; the oldest go first."""

_WHO = "only executors may subscribe to processes of a type: give the key of one as prvkey=… or member_key=…"
"""What to do where the signer is none, for which the server has few words."""


class ProcessStream(Subscription[Process]):
    """Processes of an executor type, each when it has reached a state.

    Each item is the process as it is stored when it is taken, so its state may be a later one. From the first wait on the
    connection is read in the background, since a server waits for subscribers who do not read. It ends when the stream is
    closed or dropped.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        pipeline: Pipeline,
        executortype: str,
        state: ProcessState,
        timeout: float | None,
        prvkey: Key | None,
        *,
        colonyname: str,
        hazardous: bool = False,
    ) -> None:
        super().__init__(caller, pipeline, prvkey, timeout)
        request = SubscribeProcessesMsg(colonyname=colonyname, executortype=executortype, state=state)
        pipeline.require_sendable(SUBSCRIBE_PROCESSES, request, prvkey, hazardous=hazardous)
        self._reading: asyncio.Task[Process | None] | None = None
        """The read of what arrived last."""
        self._reader = _Reader(lambda: Link(pipeline, SUBSCRIBE_PROCESSES, prvkey), request)

    async def _next(self) -> Process:
        if not self._looked:
            raise Finished(Ended.TIMEOUT)
        self._reader.start(None if self._deadline is None else self._deadline - now())
        while True:
            if self._reading is None:
                pushed = await self._reader.take()
                self._reading = asyncio.create_task(self._read(pushed))
            # A wait that is cancelled meanwhile loses nothing: the next one goes on with the same read.
            await asyncio.wait({self._reading})
            reading, self._reading = self._reading, None
            if (process := reading.result()) is not None:
                return process

    async def _read(self, pushed: Process) -> Process | None:
        try:
            return await with_errors(await self._stored(pushed), lambda: self._stored(pushed))
        except (NotFoundError, DeniedError):  # removed by now, or of somebody else's colony
            return None
        except RPCError as error:
            if passes(error):
                return pushed
            raise

    async def _stored(self, pushed: Process) -> Process:
        request = GetProcessMsg(processid=pushed.processid)
        return await self._caller.call(GET_PROCESS, request, prvkey=self._prvkey)

    def _drop(self) -> None:
        if self.ended is not None or not self._entered:
            self._reader.close()

    def __del__(self) -> None:
        reader: _Reader | None = self.__dict__.get("_reader")
        if reader is not None:
            reader.close_from_anywhere()


class _Reader:
    """Reads the connection as long as it lasts, and keeps what fits.

    Each subscription has a connection to itself. Shortly before one ends, the next one begins, and both are read until then;
    where the server tells every listener of an event, both bring it, and it is kept once. For WAITING they follow one
    another: of that each listener more keeps something from an executor that waits for work.
    """

    def __init__(self, make_link: Callable[[], Link[Process]], request: SubscribeProcessesMsg) -> None:
        self._make_link = make_link
        self._link = make_link()
        self._request = request
        self._arrived: deque[Process] = deque(maxlen=_BACKLOG)
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ending: dict[asyncio.Task[None], Link[Process]] = {}
        """The reading of subscriptions that have a successor already."""
        self._told: dict[tuple[str, datetime | None, datetime | None], None] = {}
        """What arrived while there were two of them."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None
        self._over_at = 0.0
        """When the server will end the subscription."""

    def start(self, seconds: float | None) -> None:
        """Begin to read, for at most `seconds`, unless it is being read."""
        if self._task is None or (self._task.done() and self._error is None):
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._read(seconds), name="colonyos_gen.ProcessStream")

    async def take(self) -> Process:
        """What arrived first. Raises what has ended the reading."""
        while not self._arrived:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            self._stirred.clear()
            await self._stirred.wait()
        return self._arrived.popleft()

    def close(self) -> None:
        """Stop, and close the connection at once."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        for ending, link in list(self._ending.items()):
            ending.cancel()
            link.frames.drop()
        self._link.frames.drop()

    def close_from_anywhere(self) -> None:
        """The same from any thread, at any moment."""
        if self._task is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.close)

    async def _read(self, seconds: float | None) -> None:
        until = None if seconds is None else now() + seconds
        try:
            while until is None or now() < until:
                renew_at = self._renew_at(until)
                if renew_at is not None and renew_at <= now():
                    self._renew()
                    renew_at = None
                await self._step(until, renew_at)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # whatever it is, nobody may wait for a reader that has stopped
            if isinstance(error, DeniedError):
                error.hint = hint_of_denial(error.name, error.signer, _WHO)
            self._error = error
            self._stirred.set()

    def _renew_at(self, until: float | None) -> float | None:
        """When to begin the next subscription beside this one; None if there is no need."""
        if (
            not self._link.up
            or self._request.state is WAITING
            or (until is not None and until <= self._over_at)
        ):
            return None
        return self._over_at - _OVERLAP_S

    def _renew(self) -> None:
        """Leave the present connection to its end, and go on with a new one."""
        old, self._link = self._link, self._make_link()
        self._link.reached = True
        if not self._ending:
            self._told.clear()
        task = asyncio.create_task(
            self._read_out(old, self._over_at + _LINGER_S), name="colonyos_gen.ProcessStream"
        )
        self._ending[task] = old
        task.add_done_callback(self._ending.pop)

    async def _read_out(self, link: Link[Process], until: float) -> None:
        """Read a connection until the server ends it."""
        with contextlib.suppress(RPCError):  # its successor meets the same, if it lasts
            while link.up and now() < until:
                pushed = await link.receive(until)
                if pushed is not None:
                    self._keep(pushed)
        link.frames.drop()

    async def _step(self, until: float | None, renew_at: float | None) -> None:
        due = now() + _PING_S
        if renew_at is not None:
            due = min(due, renew_at)
        if not self._link.up:
            left = SUBSCRIPTION_S if until is None else until - now() + 1.0
            self._request.timeout = int(max(1.0, min(SUBSCRIPTION_S, left)))
            if await self._link.open(self._request, due):
                self._over_at = now() + self._request.timeout
            return
        pushed = await self._link.receive(due)
        if pushed is None and not self._link.up and now() > self._over_at - _EARLY_S:
            self._link.expired()
        elif pushed is None:
            await self._test()
        else:
            self._keep(pushed)

    def _keep(self, pushed: Process) -> None:
        """Keep what arrived, if it was asked for, and not brought by another connection before."""
        event = pushed.processid, pushed.starttime, pushed.endtime
        if not self._fits(pushed) or event in self._told:
            return
        if self._ending:
            self._told[event] = None
        self._arrived.append(pushed)
        self._stirred.set()

    async def _test(self) -> None:
        """Find out whether the other end is still there: nothing else tells when it has vanished without a word."""
        if self._link.up and now() - self._link.frames.heard_at > 2 * _PING_S:
            self._link.lost()
        else:
            await self._link.frames.ping()

    def _fits(self, process: Process) -> bool:
        # The server sends events of types whose name only begins with the one asked for.
        wanted, conditions = self._request, process.spec.conditions
        return (
            process.state is wanted.state
            and conditions.executortype == wanted.executortype
            and wanted.colonyname in ("", conditions.colonyname)
        )
