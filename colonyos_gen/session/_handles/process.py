"""Processes that were submitted: what becomes of them, and what they say on the way."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Literal, Self, TypeVar, overload

from colonyos_gen_wire import Log, Process, ProcessState
from colonyos_gen_wire.constants import CANCELLED, FAILED

from colonyos_gen._arguments import require_seconds
from colonyos_gen._call.retry import passes
from colonyos_gen._conventions.slots import own_slot
from colonyos_gen._streams.stream import AsyncStream
from colonyos_gen._streams.subscription import FIRST_LOOK_S, LAST_LOOK_S
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen._waiting import with_errors
from colonyos_gen._waiting.watchers import watcher_of
from colonyos_gen.errors import RPCError
from colonyos_gen.session._failures import ProcessCancelled, ProcessFailed, WaitTimeout
from colonyos_gen.session._handles.seen import SeenProcess
from colonyos_gen.session._own_slot import kept
from colonyos_gen.session._removal.ending import Ending
from colonyos_gen.session._removal.process import ProcessProcedure
from colonyos_gen.session._returns import Returns
from colonyos_gen.session._scope import AsyncScope
from colonyos_gen.session._standing import LOOK_S, standing
from colonyos_gen.session._streams.bar import progress_bar
from colonyos_gen.session._streams.log import LogStream
from colonyos_gen.session._streams.progress import ProgressStream
from colonyos_gen.session._streams.text import pieces

Result = TypeVar("Result")

_LOG_TAIL = 20


@short_tracebacks
class AsyncProcessHandle(SeenProcess):
    """A process, for coroutines; `AsyncSession.submit` makes it.

        handle = await session.submit("convert", 20, to="faas")
        print(await handle.output())

    Waiting for it never affects it: a wait that is cancelled or that times out leaves the process as it is.
    """

    def __init__(
        self, session: AsyncScope, process: Process, doubt: asyncio.Task[None] | None = None
    ) -> None:
        self._session = session
        self._doubt = doubt  # if it raises, so does a wait
        self._process = process
        self._ending = Ending()
        self._told: tuple[ProcessState, str] | None = None
        """How it stands, and in which state that was."""
        self._note_end()

    @property
    def process(self) -> Process:
        """The process as it was last seen."""
        return self._process

    @property
    def standing(self) -> str:
        """In which state it was when it was last seen, and why, as far as was told then; `explain` asks anew."""
        state = self.state
        return self._told[1] if self._told is not None and self._told[0] is state else f"it is {state.name}"

    @property
    def session(self) -> AsyncScope:
        """The session that the process was submitted in."""
        return self._session

    async def refresh(self) -> Self:
        """Read the process, unless it is known to have ended, and return this handle. Raises RPCError."""
        if not self.done:
            self._see(await self._session.rpc.get_process(self.processid))
        return self

    async def explain(self) -> str:
        """In which state it is and why: it waits for an executor of a type that the colony does not have, say.

        Of one that has failed: how many attempts there were, on which executor the last one, and the reasons.

        That takes a few calls, and 2 seconds each for the process and the reason at most; where many ask over one client, one
        of them learns the reason. What the server does not tell in time is left out. Raises nothing.
        """
        with contextlib.suppress(RPCError):
            if not self.done:
                self._see(await self._session.rpc.get_process(self.processid, rpc_timeout=LOOK_S))
        return await self._explain()

    async def wait(self, timeout: float | None = None, *, progress: bool = False) -> Self:
        """Wait until the process has ended, in whatever way, and return this handle.

        The process is read until then: its end is seen at most a twentieth of the time later that was waited for, and
        within 2 seconds however long that was. Where many are waited for over one client, lists of what has ended answer
        for all of them. Restarts of the server and broken connections are bridged until the timeout.

        Args:
            timeout: Seconds to wait; None for as long as it takes; 0 to look once.
            progress: Whether to show a progress bar, where the output is a terminal or a notebook.

        Raises:
            WaitTimeout: It did not end in time, and goes on; `cancel` stops it.
            NotFoundError: There is no such process, or it was removed.
            RuntimeError: A function of a worker would wait for itself: for what only this worker can do, all of whose slots
                have functions that wait.
        """
        require_seconds("wait", "timeout", timeout)
        if progress and (bar := progress_bar(self.process.spec.funcname)) is not None:
            with bar:
                async with ProgressStream(self, timeout) as looks:
                    async for look in looks:
                        bar.show(look)
            return self
        if not self.done:
            if (slot := own_slot.get()) is None or timeout == 0:
                await self._wait(timeout)
            else:
                async with kept(self._session.rpc, slot, self._process):
                    await self._wait(timeout)
        return self

    @overload
    async def output(self, timeout: float | None = None, *, returns: None = None) -> Any: ...

    @overload
    async def output(self, timeout: float | None = None, *, returns: type[Result]) -> Result: ...

    @overload
    async def output(self, timeout: float | None = None, *, returns: Any) -> Any: ...

    async def output(self, timeout: float | None = None, *, returns: Any = None) -> Any:
        """Wait until the process has ended, and return its output: the only element, None for no output, else the list.

        Args:
            timeout: Seconds to wait; None for as long as it takes.
            returns: Annotation by which it is read, such as `Report` or `list[Path]`; None for what JSON gives.

        Raises:
            ProcessFailed: It failed.
            ProcessCancelled: It was cancelled.
            OutputMismatch: It succeeded, and its output cannot be read by `returns`.
            TypeError: Nothing can be read by `returns`.
            WaitTimeout: It did not end in time, and goes on; `cancel` stops it.
            NotFoundError: There is no such process, or it was removed.
        """
        reading = None if returns is None else Returns(returns)
        await self.wait(timeout)
        process = self._process
        if process.state is FAILED:
            raise await self.failure()
        if process.state is CANCELLED:
            raise ProcessCancelled(process)
        value = value_of(process)
        return value if reading is None else reading.read(process, value)

    async def failure(self) -> ProcessFailed:
        """The error that tells why the process failed, with the end of its log. It does not wait."""
        rpc = self._session.rpc
        try:
            self._process = await with_errors(self._process, lambda: rpc.get_process(self.processid))
            logs = await self.last_logs(_LOG_TAIL)
        except RPCError:  # that it failed is the news
            logs = []
        return ProcessFailed(self._process, self._process.errors, logs)

    async def last_logs(self, count: int) -> list[Log]:
        """The last `count` lines of its log, at most 500, oldest first. Raises RPCError."""
        rpc, colonyname = self._session.rpc, self._session.colonyname
        return await rpc.get_logs(colonyname, self.processid, count=count, latest=True)

    def logs(self, *, follow: bool = False) -> AsyncStream[Log]:
        """The lines of its log from the first on, each once and in order: `async for log in handle.logs(): …`

        Args:
            follow: Whether to go on until the process has ended, bridging restarts of the server.

        Raises (from the iteration):
            RPCError: The log cannot be read.
        """
        return LogStream(self._session.rpc, self._session.colonyname, self._process, follow=follow)

    @overload
    def stream(
        self, channelname: str, timeout: float | None = None, *, as_bytes: Literal[False] = False
    ) -> AsyncStream[str]: ...

    @overload
    def stream(
        self, channelname: str, timeout: float | None = None, *, as_bytes: Literal[True]
    ) -> AsyncStream[bytes]: ...

    def stream(
        self, channelname: str, timeout: float | None = None, *, as_bytes: bool = False
    ) -> AsyncStream[str] | AsyncStream[bytes]:
        """What the process writes to a channel, until it says that nothing follows, or ends.

            async for piece in handle.stream("out"):
                print(piece, end="")

        Start to read before the process ends, since the server throws its channels away then; a worker waits for a reader
        who has begun. Those who stop in between use `async with`, so that the worker need not wait for them.

        Args:
            channelname: Name of the channel, one of those that the process was submitted with.
            timeout: Seconds from the first wait on, for all of it; None for no limit.
            as_bytes: Whether to give bytes instead of text.

        Raises (from the iteration):
            WaitTimeout: There was no end in time. The process goes on.
            NotFoundError: The process had ended before, or it has no such channel; the message says which, and what it has.
            DeniedError: The process was submitted by somebody else.
        """
        return pieces(
            self._session.rpc,
            self.processid,
            channelname,
            timeout,
            as_bytes,
            WaitTimeout(self, timeout or 0.0),
        )

    async def cancel(self) -> ProcessState:
        """Cancel the process, and tell what became of it. Its executor learns of the cancel when it next asks.

        It is read afterwards, and cancelled again if it goes on: a process that is being assigned may miss a cancel that the
        server has accepted. A cancel whose answer is lost is told from what is read, too. All of it takes no longer than the
        client's `timeout`, and the last read up to 2 seconds more.

        Returns:
            The state that the process is in now: CANCELLED; SUCCESS or FAILED if it had ended before; WAITING or RUNNING if
            it goes on, because the server accepted cancels in vain, or answered none in time and may yet carry one out.

        Raises:
            ConflictError: It belongs to a workflow, which is cancelled as a whole.
            RPCError: It cannot be cancelled, or not be read afterwards.
        """
        rpc = self._session.rpc
        self._see(await ProcessProcedure(rpc, self._process, rpc.timeout, ending=self._ending).cancel())
        return self._process.state

    async def remove(self, timeout: float | None = 30.0) -> None:
        """Remove the process with its log, once it has ended; it is cancelled if it has not.

        A real server may end, for everybody, when a process is removed while it is being cancelled or closed. So everything
        waits for the answer to what came before, and the end settles before the removal: a second, or three where its
        executor was not asked, since that may try to close it yet; more on a server that is slow to answer. That counts from
        when this handle first saw the end, and is waited for whatever the timeout. Within this program one at a time
        cancels or removes it.

        Args:
            timeout: Seconds to wait until it has ended, and for others who cancel or remove it; 0 to cancel it and look
                once, None for as long as it takes. A request that is under way when they have passed gets up to 2 seconds
                more, the removal itself 5. A process that is refused may be cancelled, and is not removed later.

        Raises:
            RemovalRefused: It belongs to a workflow, or has not ended in time, or others were at it.
            NotFoundError: There is no such process, or it was removed.
            RPCError: The server refuses it, or cannot be reached. If the answer to the removal is lost, the error says so.
        """
        await ProcessProcedure(self._session.rpc, self._process, timeout, ending=self._ending).remove()

    async def _wait(self, timeout: float | None) -> None:
        scope = asyncio.timeout(timeout)
        try:
            async with scope:
                await self._see_end()
        except TimeoutError:
            if not scope.expired() or timeout is None:
                raise
        else:
            return
        if not self.done:
            await self._look_last(timeout)

    async def _see_end(self) -> None:
        end, doubt = watcher_of(self._session.rpc).final(self._process), self._doubt
        if doubt is None or doubt.get_loop() is not asyncio.get_running_loop():
            self._see(await end)
            return
        waiting = asyncio.ensure_future(end)
        try:
            await asyncio.wait({waiting, doubt}, return_when=asyncio.FIRST_COMPLETED)
            if doubt.done():
                self._doubt = None
                if not doubt.cancelled():
                    doubt.result()
            self._see(await waiting)
        finally:
            waiting.cancel()

    async def _look_last(self, timeout: float) -> None:
        limit = LAST_LOOK_S if timeout > 0 else FIRST_LOOK_S
        unanswered = ""
        try:
            self._see(await self._session.rpc.get_process(self.processid, rpc_timeout=limit))
        except RPCError as error:
            if not passes(error):
                raise
            unanswered = self._session.rpc.trouble or str(error)
        if not self.done:
            told = ""
            if not unanswered:
                told = await self._explain() if timeout else f"it is {self.state.name}"
            raise WaitTimeout(self, timeout, unanswered, told)

    async def _explain(self) -> str:
        told = await standing(self._session.rpc, self._process)
        if told != f"it is {self.state.name}":
            self._told = self.state, told
        return told

    def _see(self, process: Process) -> None:
        if not self.done:  # an answer may come late
            self._process = process
            self._note_end()

    def _note_end(self) -> None:
        if self.done:
            self._ending.see(self._process.state)


def value_of(process: Process) -> Any:
    """The output of a process, as a function call would return it."""
    match process.output:
        case []:
            return None
        case [value]:
            return value
        case values:
            return values
