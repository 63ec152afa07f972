"""A workflow as synchronous code sees it."""

from __future__ import annotations

from os import PathLike
from typing import Any, Self, TypeVar, overload

from colonyos_gen_wire import Process, ProcessGraph, ProcessState

from colonyos_gen._streams.sync_stream import Stream
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._failures import ProcessFailed, WaitTimeout, late_of
from colonyos_gen.session._handles.seen import SeenWorkflow
from colonyos_gen.session._handles.sync_process import ProcessHandle
from colonyos_gen.session._handles.workflow import AsyncWorkflowHandle
from colonyos_gen.session._scope import Scope
from colonyos_gen.session._streams.bar import progress_bar
from colonyos_gen.session._streams.graph import GraphLooks

Result = TypeVar("Result")


@short_tracebacks
class WorkflowHandle(SeenWorkflow):
    """A workflow; `Session.submit` makes it. The methods are those of `AsyncWorkflowHandle`.

        handle = session.submit(wf)
        print(handle.wait(progress=True).output("reduce"))

    Waiting for it never affects it: a wait that is interrupted or that times out leaves the workflow as it is.
    """

    def __init__(self, session: Scope, inner: AsyncWorkflowHandle) -> None:
        self._session = session
        self._inner = inner

    @property
    def graph(self) -> ProcessGraph:
        """The workflow as it was last seen. Its drawing is there once it has been read or waited for."""
        return self._inner.graph

    @property
    def standing(self) -> str:
        """In which state it was when it was last seen, and why, as far as was told then; `explain` asks anew."""
        return self._inner.standing

    @property
    def session(self) -> Scope:
        """The session that the workflow was submitted in."""
        return self._session

    @property
    def asynchronous(self) -> AsyncWorkflowHandle:
        """The handle behind this one. Its methods are to be awaited inside of `session.rpc.run` only."""
        return self._inner

    def refresh(self) -> Self:
        """Read the workflow, and return this handle. Raises RPCError."""
        self._session.rpc.run(self._inner.refresh())
        return self

    def explain(self) -> str:
        """In which state it is and why, as far as the server tells (see `AsyncWorkflowHandle.explain`). Raises nothing."""
        return self._session.rpc.run(self._inner.explain())

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> Self:
        """Wait until the workflow has ended, in whatever way, and return this handle (see `AsyncWorkflowHandle.wait`).

        Raises:
            WaitTimeout: It did not end in time, and goes on; `cancel` stops it.
            NotFoundError: There is no such workflow, or it was removed.
        """
        try:
            if progress and (bar := progress_bar("workflow")) is not None:
                rpc, inner = self._session.rpc, self._inner
                with bar, Stream(rpc.run, GraphLooks(inner.graphs(timeout), inner.explain), rpc) as looks:
                    for look in looks:
                        bar.show(look)
            else:
                self._session.rpc.run(self._inner.wait(timeout))
        except WaitTimeout as late:
            raise late_of(self, late) from None
        return self

    def node(self, name: str) -> ProcessHandle:
        """The process of a node (see `AsyncWorkflowHandle.node`)."""
        return ProcessHandle(self._session, self._session.rpc.run(self._inner.node(name)))

    @overload
    def output(self, name: str, timeout: float | None = None, *, returns: None = None) -> Any: ...

    @overload
    def output(self, name: str, timeout: float | None = None, *, returns: type[Result]) -> Result: ...

    @overload
    def output(self, name: str, timeout: float | None = None, *, returns: Any) -> Any: ...

    def output(self, name: str, timeout: float | None = None, *, returns: Any = None) -> Any:
        """Wait until one node has ended, and return its output (see `AsyncWorkflowHandle.output`).

        Raises:
            ProcessFailed: It failed, or another one did that others waited for.
            ProcessCancelled: It was cancelled.
            OutputMismatch: It succeeded, and its output cannot be read by `returns`.
            WaitTimeout: It did not end in time, and goes on; `cancel` stops the workflow.
            LookupError: There is no node of that name.
        """
        try:
            return self._session.rpc.run(self._inner.output(name, timeout, returns=returns))
        except WaitTimeout as late:
            raise late_of(self, late) from None

    def processes(self) -> dict[str, Process]:
        """All processes of the workflow by node name, each as it is now (see `AsyncWorkflowHandle.processes`)."""
        return self._session.rpc.run(self._inner.processes())

    def failures(self) -> dict[str, ProcessFailed]:
        """Which nodes failed and why, by name (see `AsyncWorkflowHandle.failures`)."""
        return self._session.rpc.run(self._inner.failures())

    def to_svg(self, path: str | PathLike[str] | None = None, *, fold: bool = True) -> str:
        """The workflow as it is now as an SVG picture, also written to `path` (see `AsyncWorkflowHandle.to_svg`)."""
        return self._session.rpc.run(self._inner.to_svg(path, fold=fold))

    def to_mermaid(self, *, fold: bool = True) -> str:
        """The workflow as it is now as a Mermaid flowchart. Raises RPCError."""
        return self._session.rpc.run(self._inner.to_mermaid(fold=fold))

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def cancel(self) -> ProcessState:
        """Cancel all processes that have not ended, and tell what became of it, WAITING and RUNNING too.

        See `AsyncWorkflowHandle.cancel`.
        """
        return self._session.rpc.run(self._inner.cancel())

    def remove(self, timeout: float | None = 30.0) -> None:
        """Remove the workflow, once all of its processes have ended (see `AsyncWorkflowHandle.remove`).

        `timeout` is for the end and for others who are at it; that the end settles is waited for in any case.

        Raises:
            RemovalRefused: It has not ended in time, or others were at it.
            NotFoundError: There is no such workflow, or it was removed.
            RPCError: The server refuses it, or cannot be reached.
        """
        self._session.rpc.run(self._inner.remove(timeout))
