"""The states that a process goes through, as a stream."""

from __future__ import annotations

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES
from colonyos_gen_wire.method import AsyncCaller, Key
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessMsg

from colonyos_gen._call.frames import now
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.retry import passes
from colonyos_gen._streams.reconnection import Link, Rhythm
from colonyos_gen._streams.stream import Ended, Finished
from colonyos_gen._streams.subscription import FIRST_LOOK_S, Subscription
from colonyos_gen._waiting import Watcher, with_errors
from colonyos_gen.errors import RPCError

_LIKELY_NEXT = {ProcessState.WAITING: ProcessState.RUNNING, ProcessState.RUNNING: ProcessState.SUCCESS}
_LONGEST_SUBSCRIPTION_S = 3600.0
_READ_S = 10.0


class StateStream(Subscription[Process]):
    """One process: as it is at first, and then after each change of its state that is seen, until a final state.

    Each item is the process as the server has it stored. It is read again and again, soon after a change and then at most a
    twentieth of the time later that has passed since, but at least every 2 seconds. A state that lasts shorter than that
    may go unseen.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        pipeline: Pipeline,
        watcher: Watcher,
        processid: str,
        timeout: float | None,
        prvkey: Key | None,
        *,
        wanted: ProcessState | None = None,
    ) -> None:
        super().__init__(caller, pipeline, prvkey, timeout)
        self.was_wanted: bool = False
        """Whether the process was in the wanted state, even if it has left it since."""
        self._watcher = watcher
        self._wanted = wanted
        self._last: Process | None = None
        self._request = GetProcessMsg(processid=processid)
        pipeline.require_sendable(SUBSCRIBE_PROCESS, SubscribeProcessMsg(processid=processid), prvkey)

    async def _next(self) -> Process:
        if self._last is None:
            process = await with_errors(await self._look(), self._look)
            self._first_look_done()
        elif self._last.state in FINAL_PROCESS_STATES:
            raise Finished(Ended.PROCESS)
        else:
            process = await self._changed(self._last)
        self._last = process
        self._taken()
        return process

    async def _look(self) -> Process:
        return await self._caller.call(
            GET_PROCESS,
            self._request,
            prvkey=self._prvkey,
            rpc_timeout=min(self._pipeline.timeout, max(self._timeout or 0.0, FIRST_LOOK_S)),
        )

    async def _changed(self, last: Process) -> Process:
        if self._wanted is None:
            return await self._watcher.changed(last)
        return await self._watcher.reaches(last, self._wanted)

    def _taken(self) -> None:
        """A process is about to be delivered."""

    def _drop(self) -> None:
        pass


class PushedStateStream(StateStream):
    """The same over a subscription, which may take the server down; see the hazards of `subscribeprocessmsg`.

    The server is asked for the state that is likely to come next, or for the wanted one. What it pushes is only a reason to
    read the process, which is read now and then anyway, because the server does not tell of every change.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        pipeline: Pipeline,
        watcher: Watcher,
        processid: str,
        timeout: float | None,
        prvkey: Key | None,
        *,
        wanted: ProcessState | None = None,
    ) -> None:
        super().__init__(caller, pipeline, watcher, processid, timeout, prvkey, wanted=wanted)
        self._link = Link(pipeline, SUBSCRIBE_PROCESS, prvkey)
        self._rhythm = Rhythm()

    async def _changed(self, last: Process) -> Process:
        subscribed_to = _LIKELY_NEXT[last.state] if self._wanted is None else self._wanted
        while True:
            pushed = await self._pushed(subscribed_to)
            process = await self._read()
            if process is None:
                continue
            if pushed and self._wanted is not None:
                self.was_wanted = True
                return process
            if process.state is not last.state:
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
                self._request,
                prvkey=self._prvkey,
                rpc_timeout=min(self._pipeline.timeout, _READ_S),
            )
        except RPCError as error:
            if not passes(error):
                raise
            return None

    def _taken(self) -> None:
        if self._wanted is None:
            self._link.frames.drop()  # the next state takes a subscription of its own
        self._rhythm.restart()

    def _drop(self) -> None:
        self._link.frames.drop()

    def _drop_when_cancelled(self) -> bool:
        return True  # a frame that nobody reads holds the whole server up
