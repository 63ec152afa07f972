"""A process as synchronous code sees it."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeVar, overload

from colonyos_gen_wire import Log, Process, ProcessState

from colonyos_gen._streams.stream import AsyncStream
from colonyos_gen._streams.sync_stream import Stream
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._failures import ProcessFailed, WaitTimeout, late_of
from colonyos_gen.session._handles.process import AsyncProcessHandle
from colonyos_gen.session._handles.seen import SeenProcess
from colonyos_gen.session._returns import Returns
from colonyos_gen.session._scope import Scope
from colonyos_gen.session._streams.bar import progress_bar
from colonyos_gen.session._streams.progress import ProgressStream
from colonyos_gen.session._streams.text import pieces

Result = TypeVar("Result")
T = TypeVar("T")


@short_tracebacks
class ProcessHandle(SeenProcess):
    """A process; `Session.submit` makes it. The methods are those of `AsyncProcessHandle`.

        handle = session.submit("convert", 20, to="faas")
        print(handle.output())

    Waiting for it never affects it: a wait that is interrupted or that times out leaves the process as it is.
    """

    def __init__(self, session: Scope, inner: AsyncProcessHandle) -> None:
        self._session = session
        self._inner = inner

    @property
    def process(self) -> Process:
        """The process as it was last seen."""
        return self._inner.process

    @property
    def standing(self) -> str:
        """In which state it was when it was last seen, and why, as far as was told then; `explain` asks anew."""
        return self._inner.standing

    @property
    def session(self) -> Scope:
        """The session that the process was submitted in."""
        return self._session

    @property
    def asynchronous(self) -> AsyncProcessHandle:
        """The handle behind this one. Its methods are to be awaited inside of `session.rpc.run` only."""
        return self._inner

    def refresh(self) -> Self:
        """Read the process, and return this handle. Raises RPCError."""
        self._session.rpc.run(self._inner.refresh())
        return self

    def explain(self) -> str:
        """In which state it is and why, as far as the server tells (see `AsyncProcessHandle.explain`). Raises nothing."""
        return self._session.rpc.run(self._inner.explain())

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> Self:
        """Wait until the process has ended, in whatever way, and return this handle (see `AsyncProcessHandle.wait`).

        Raises:
            WaitTimeout: It did not end in time, and goes on; `cancel` stops it.
            NotFoundError: There is no such process, or it was removed.
        """
        try:
            if progress and (bar := progress_bar(self.process.spec.funcname)) is not None:
                with bar, self._stream(ProgressStream(self._inner, timeout)) as looks:
                    for look in looks:
                        bar.show(look)
            else:
                self._session.rpc.run(self._inner.wait(timeout))
        except WaitTimeout as late:
            raise late_of(self, late) from None
        return self

    @overload
    def output(self, timeout: float | None = None, *, returns: None = None) -> Any: ...

    @overload
    def output(self, timeout: float | None = None, *, returns: type[Result]) -> Result: ...

    @overload
    def output(self, timeout: float | None = None, *, returns: Any) -> Any: ...

    def output(self, timeout: float | None = None, *, returns: Any = None) -> Any:
        """Wait until the process has ended, and return its output (see `AsyncProcessHandle.output`).

        Raises:
            ProcessFailed: It failed.
            ProcessCancelled: It was cancelled.
            OutputMismatch: It succeeded, and its output cannot be read by `returns`.
            WaitTimeout: It did not end in time, and goes on; `cancel` stops it.
        """
        reading = None if returns is None else Returns(returns)
        try:
            value = self._session.rpc.run(self._inner.output(timeout))
        except WaitTimeout as late:
            raise late_of(self, late) from None
        return (
            value if reading is None else reading.read(self.process, value)
        )  # here, and not on the thread of the client

    def failure(self) -> ProcessFailed:
        """The error that tells why the process failed, with the end of its log. It does not wait."""
        return self._session.rpc.run(self._inner.failure())

    def logs(self, *, follow: bool = False) -> Stream[Log]:
        """The lines of its log from the first on, each once and in order (see `AsyncProcessHandle.logs`)."""
        return self._stream(self._inner.logs(follow=follow))

    @overload
    def stream(
        self, channelname: str, timeout: float | None = None, *, as_bytes: Literal[False] = False
    ) -> Stream[str]: ...

    @overload
    def stream(
        self, channelname: str, timeout: float | None = None, *, as_bytes: Literal[True]
    ) -> Stream[bytes]: ...

    def stream(
        self, channelname: str, timeout: float | None = None, *, as_bytes: bool = False
    ) -> Stream[str] | Stream[bytes]:
        """What the process writes to a channel (see `AsyncProcessHandle.stream`).

        for piece in handle.stream("out"):
            print(piece, end="")
        """
        error = WaitTimeout(self, timeout or 0.0)

        async def make() -> AsyncStream[str] | AsyncStream[bytes]:
            rpc = self._session.rpc.asynchronous
            return pieces(rpc, self.processid, channelname, timeout, as_bytes, error)

        stream: AsyncStream[Any] = self._session.rpc.run(make())
        return self._stream(stream)

    def cancel(self) -> ProcessState:
        """Cancel the process, and tell what became of it, WAITING and RUNNING too (see `AsyncProcessHandle.cancel`)."""
        return self._session.rpc.run(self._inner.cancel())

    def remove(self, timeout: float | None = 30.0) -> None:
        """Remove the process, once it has ended; it is cancelled if it has not (see `AsyncProcessHandle.remove`).

        `timeout` is for the end and for others who are at it; that the end settles is waited for in any case.

        Raises:
            RemovalRefused: It belongs to a workflow, or has not ended in time, or others were at it.
            NotFoundError: There is no such process, or it was removed.
            RPCError: The server refuses it, or cannot be reached.
        """
        self._session.rpc.run(self._inner.remove(timeout))

    def _stream(self, stream: AsyncStream[T]) -> Stream[T]:
        rpc = self._session.rpc
        return Stream(rpc.run, stream, rpc)
