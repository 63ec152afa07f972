"""The states that processes go through, as streams."""

from __future__ import annotations

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.method import AsyncCaller, Key
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS, SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg, SubscribeProcessMsg

from colonyos_gen.errors import DeniedError, NotFoundError, RPCError
from colonyos_gen.reconnection import Link, Rhythm, passes
from colonyos_gen.stream import FIRST_LOOK_S, Ended, Finished, Stream
from colonyos_gen.subscribing import Opener, checked, now

FINAL = frozenset({ProcessState.SUCCESS, ProcessState.FAILED, ProcessState.CANCELLED})
"""States that a process never leaves."""

_LIKELY_NEXT = {ProcessState.WAITING: ProcessState.RUNNING, ProcessState.RUNNING: ProcessState.SUCCESS}

_LONGEST_SUBSCRIPTION_S = 3600.0
_PING_S = 20.0
_READ_S = 10.0


class ProcessStream(Stream[Process]):
    """One process: as it is at first, and then after each change of its state that is seen, until a final state.

    Each item is the process as the server has it stored. It is watched in two ways at once: over a subscription, for the
    state that is likely to come next (or that is `wanted`), and by reading it now and then, at least every 2 seconds,
    because the server does not tell of every change. A state that lasts shorter than that may go unseen.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        opener: Opener,
        processid: str,
        timeout: float | None,
        prvkey: Key | None,
        *,
        wanted: ProcessState | None = None,
    ) -> None:
        super().__init__(caller, opener, prvkey, timeout)
        self._looked = False
        self.was_wanted: bool = False
        """Whether the server has said that the process reached the wanted state, even if it has left it since."""
        self._wanted = wanted
        self._last: Process | None = None
        self._request = SubscribeProcessMsg(processid=processid)
        self._read_request = GetProcessMsg(processid=processid)
        checked(SUBSCRIBE_PROCESS, self._request)
        self._link = Link(opener, SUBSCRIBE_PROCESS, prvkey)
        self._rhythm = Rhythm()

    async def _next(self) -> Process:
        if self._last is None:
            process = await self._caller.call(
                GET_PROCESS,
                self._read_request,
                prvkey=self._prvkey,
                rpc_timeout=min(self._opener.timeout, max(self._timeout or 0.0, FIRST_LOOK_S)),
            )
            self._first_look_done()
        elif self._last.state in FINAL:
            raise Finished(Ended.PROCESS)
        else:
            process = await self._changed(self._last.state)
        if self._wanted is None:
            self._link.frames.drop()  # the next state takes a subscription of its own
        self._last = process
        self._rhythm.restart()
        return process

    async def _changed(self, state: ProcessState) -> Process:
        subscribed_to = _LIKELY_NEXT[state] if self._wanted is None else self._wanted
        while True:
            pushed = await self._pushed(subscribed_to)
            process = await self._read()
            if process is None:
                continue
            if pushed and self._wanted is not None:
                self.was_wanted = True
                return process
            if process.state is not state:
                return process

    async def _pushed(self, state: ProcessState) -> bool:
        """Wait until the server reports `state`; False when it is time to read the process instead."""
        link, until = self._link, self._rhythm.due
        while now() < until:
            if not link.up:
                request = SubscribeProcessMsg(
                    processid=self._request.processid,
                    state=state,
                    timeout=self._server_timeout(_LONGEST_SUBSCRIPTION_S),
                )
                await link.open(request, until)
            else:
                process = await link.receive(until)
                if process is not None and process.state is state:
                    return True
        return False

    async def _read(self) -> Process | None:
        """The process as it is stored, because what is pushed may be older; None if the server cannot be reached."""
        self._rhythm.slow_down()
        try:
            return await self._caller.call(
                GET_PROCESS,
                self._read_request,
                prvkey=self._prvkey,
                rpc_timeout=min(self._opener.timeout, _READ_S),
            )
        except RPCError as error:
            if not passes(error):
                raise
            return None

    def _drop(self) -> None:
        self._link.frames.drop()


class ProcessFeed(Stream[Process]):
    """Processes of an executor type, each when it has reached a state.

    Each item is the process as it is stored when the event comes in, so its state may be a later one.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        opener: Opener,
        executortype: str,
        state: ProcessState,
        timeout: float | None,
        prvkey: Key | None,
        *,
        colonyname: str,
    ) -> None:
        super().__init__(caller, opener, prvkey, timeout)
        self._request = SubscribeProcessesMsg(colonyname=colonyname, executortype=executortype, state=state)
        checked(SUBSCRIBE_PROCESSES, self._request)
        self._link = Link(opener, SUBSCRIBE_PROCESSES, prvkey)

    async def _next(self) -> Process:
        link = self._link
        if not self._looked:
            raise Finished(Ended.TIMEOUT)
        while True:
            due = now() + _PING_S
            if not link.up:
                self._request.timeout = self._server_timeout(_LONGEST_SUBSCRIPTION_S)
                await link.open(self._request, due)
                continue
            pushed = await link.receive(due)
            if pushed is None:
                await self._test()
            elif self._fits(pushed):
                process = await self._read(pushed)
                if process is not None:
                    return process

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

    async def _read(self, pushed: Process) -> Process | None:
        try:
            return await self._caller.call(
                GET_PROCESS, GetProcessMsg(processid=pushed.processid), prvkey=self._prvkey
            )
        except (
            NotFoundError,
            DeniedError,
        ):  # removed by now, or of a colony that the signer does not belong to
            return None
        except RPCError as error:
            if passes(error):
                return pushed
            raise

    def _drop(self) -> None:
        self._link.frames.drop()
