"""Workflows that were submitted: what becomes of them, and of each of their processes."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
from collections.abc import Iterable
from os import PathLike
from typing import Any, Self, TypeVar, overload

from colonyos_gen_wire import Process, ProcessGraph, ProcessState
from colonyos_gen_wire.constants import FAILED

from colonyos_gen._arguments import require_seconds
from colonyos_gen._streams.stream import AsyncStream
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen._waiting import with_errors
from colonyos_gen._waiting.node_states import node_names, node_states
from colonyos_gen.errors import RPCError
from colonyos_gen.session._failures import ProcessFailed, WaitTimeout, late_of
from colonyos_gen.session._handles.process import AsyncProcessHandle
from colonyos_gen.session._handles.seen import SeenWorkflow
from colonyos_gen.session._removal.ending import Ending
from colonyos_gen.session._removal.workflow import WorkflowProcedure, how_it_ended
from colonyos_gen.session._scope import AsyncScope
from colonyos_gen.session._standing import LOOK_S
from colonyos_gen.session._standing_workflow import workflow_standing
from colonyos_gen.session._streams.bar import progress_bar
from colonyos_gen.session._streams.graph import GraphLooks, GraphStream

Result = TypeVar("Result")

_AT_ONCE = 8
_DETAILED = 32


@short_tracebacks
class AsyncWorkflowHandle(SeenWorkflow):
    """A workflow, for coroutines; `AsyncSession.submit` makes it.

        handle = await session.submit(wf)
        await handle.wait(progress=True)
        print(await handle.output("reduce"))

    Waiting for it never affects it: a wait that is cancelled or that times out leaves the workflow as it is.
    """

    def __init__(self, session: AsyncScope, graph: ProcessGraph) -> None:
        self._session = session
        self._ending = Ending()
        self._told: tuple[dict[str, ProcessState], str] | None = None
        """How it stands, and in which states its processes were then."""
        self._see(graph)

    @property
    def graph(self) -> ProcessGraph:
        """The workflow as it was last seen. Its drawing is there once it has been read or waited for."""
        return self._graph

    @property
    def standing(self) -> str:
        """In which state it was when it was last seen, and why, as far as was told then; `explain` asks anew."""
        if self._told is not None and self._told[0] == node_states(self._graph):
            return self._told[1]
        return f"it is {self.state.name}"

    @property
    def session(self) -> AsyncScope:
        """The session that the workflow was submitted in."""
        return self._session

    async def refresh(self) -> Self:
        """Read the workflow, and return this handle. Raises RPCError."""
        self._see(await self._session.rpc.get_processgraph(self.processgraphid))
        return self

    async def explain(self) -> str:
        """In which state it is, how many of its processes have ended, and which of the next ones waits for what.

        That takes a few calls, and 2 seconds each for the workflow and the reasons at most. A few of the processes are asked
        about, and the others counted. What the server does not tell in time is left out. Raises nothing.
        """
        with contextlib.suppress(RPCError):
            self._see(await self._session.rpc.get_processgraph(self.processgraphid, rpc_timeout=LOOK_S))
        return await self._explain()

    async def wait(self, timeout: float | None = None, *, progress: bool = False) -> Self:
        """Wait until the workflow has ended, in whatever way, and return this handle.

        It has ended when all of its processes have. One that fails at a process that others wait for ends as a whole. If it
        fails at one that nothing waits for, it counts as FAILED from then on, but its other branches go on and are waited
        for: `output` waits for a single one.

        Restarts of the server and broken connections are bridged until the timeout.

        Args:
            timeout: Seconds to wait; None for as long as it takes; 0 to look once.
            progress: Whether to show a progress bar, where the output is a terminal or a notebook.

        Raises:
            WaitTimeout: It did not end in time, and goes on; `cancel` stops it.
            NotFoundError: There is no such workflow, or it was removed.
        """
        bar = progress_bar("workflow") if progress else None
        if bar is None:
            async with self.graphs(timeout) as graphs:
                async for _ in graphs:
                    pass
        else:
            with bar:
                async with GraphLooks(self.graphs(timeout), self.explain) as looks:
                    async for look in looks:
                        bar.show(look)
        return self

    def graphs(self, timeout: float | None = None) -> AsyncStream[ProcessGraph]:
        """The workflow as it is, then as it changes, at last in its final state: what `wait` waits with.

        Raises (from the iteration):
            WaitTimeout: It did not end in time.
            NotFoundError: There is no such workflow, or it was removed.
        """
        require_seconds("wait", "timeout", timeout)
        late = WaitTimeout(self, timeout or 0.0)
        return GraphStream(self._session, self.processgraphid, timeout, late, self._see, self._explain)

    async def node(self, name: str) -> AsyncProcessHandle:
        """The process of a node.

        Raises:
            LookupError: There is no node of that name.
            RPCError: It cannot be read.
        """
        process = await self._session.rpc.get_process(await self._find(name))
        return AsyncProcessHandle(self._session, process)

    @overload
    async def output(self, name: str, timeout: float | None = None, *, returns: None = None) -> Any: ...

    @overload
    async def output(self, name: str, timeout: float | None = None, *, returns: type[Result]) -> Result: ...

    @overload
    async def output(self, name: str, timeout: float | None = None, *, returns: Any) -> Any: ...

    async def output(self, name: str, timeout: float | None = None, *, returns: Any = None) -> Any:
        """Wait until one node has ended, and return its output: the only element, None for no output, else the list.

        Args:
            name: Name of the node.
            timeout: Seconds to wait; None for as long as it takes.
            returns: Annotation by which it is read, such as `Report` or `list[Path]`; None for what JSON gives.

        Raises:
            ProcessFailed: It failed, or another one did that others waited for.
            ProcessCancelled: It was cancelled.
            OutputMismatch: It succeeded, and its output cannot be read by `returns`.
            TypeError: Nothing can be read by `returns`.
            WaitTimeout: It did not end in time, and goes on; `cancel` stops the workflow.
            LookupError: There is no node of that name.
        """
        node = await self.node(name)
        try:
            return await node.output(timeout, returns=returns)
        except WaitTimeout as late:
            if late.standing:
                late.standing = f"{name!r} {late.standing.removeprefix('it ')}"
            raise late_of(self, late) from None

    async def processes(self) -> dict[str, Process]:
        """All processes of the workflow by node name, each as it is now. Takes a call for each. Raises RPCError."""
        await self.refresh()
        found = await self._read(node.id for node in self._graph.nodes)
        return {process.spec.nodename: process for process in found}

    async def failures(self) -> dict[str, ProcessFailed]:
        """Which nodes failed and why, by name. It does not wait.

        Those that became FAILED only because another one failed are left out, and with them those that give no reason while
        others do.
        """
        await self.refresh()
        states = node_states(self._graph)
        failed = await self._read(node.id for node in self._graph.nodes if states[node.id] is FAILED)
        # Those that failed with another one have no errors, and on some servers an end.
        causes = [process for process in failed if process.errors] or [
            process for process in failed if process.starttime is not None and process.endtime is not None
        ]
        own = [AsyncProcessHandle(self._session, process) for process in causes or failed]
        return {handle.process.spec.nodename: await handle.failure() for handle in own}

    async def cancel(self) -> ProcessState:
        """Cancel all processes that have not ended, and tell what became of the workflow.

        It is read afterwards, and cancelled again if a process of it goes on. One that has ended is left as it is. All of it
        takes no longer than the client's `timeout`, and the last read up to 2 seconds more.

        Returns:
            The state that the workflow is in now: CANCELLED; SUCCESS or FAILED if it had ended before, or failed meanwhile;
            WAITING or RUNNING if it goes on, because the server accepted cancels in vain, or answered none in time and may
            yet carry one out. `done` tells whether all of its processes have ended.

        Raises:
            RPCError: It cannot be cancelled, or not be read.
        """
        rpc = self._session.rpc
        self._see(
            await WorkflowProcedure(rpc, self.processgraphid, rpc.timeout, ending=self._ending).cancel()
        )
        return self.state

    async def remove(self, timeout: float | None = 30.0) -> None:
        """Remove the workflow with its processes, once all of them have ended; it is cancelled if they have not.

        A real server may end, for everybody, when a workflow is removed while it is being cancelled, or while a process of
        it is assigned or closed. So it is removed as a process is (see `AsyncProcessHandle.remove`): its end settles for a
        second, or three where not all of its processes have succeeded. That counts from when this handle first saw the end,
        and is waited for whatever the timeout.

        Args:
            timeout: Seconds to wait until it has ended, and for others who cancel or remove it; 0 to cancel it and look
                once, None for as long as it takes. A request that is under way when they have passed gets up to 2 seconds
                more, the removal itself 5. A workflow that is refused may be cancelled, and is not removed later.

        Raises:
            RemovalRefused: It has not ended in time, or others were at it.
            NotFoundError: There is no such workflow, or it was removed.
            RPCError: The server refuses it, or cannot be reached. If the answer to the removal is lost, the error says so.
        """
        await WorkflowProcedure(self._session.rpc, self.processgraphid, timeout, ending=self._ending).remove()

    async def to_svg(self, path: str | PathLike[str] | None = None, *, fold: bool = True) -> str:
        """The workflow as it is now as an SVG picture, which is also written to `path` if that is given.

        Args:
            path: File to write.
            fold: Whether alike processes of a wide workflow are one box, with how many there are of each state.

        Raises:
            RPCError: The workflow cannot be read.
            OSError: The file cannot be written.
        """
        from colonyos_gen import pictures

        return pictures.save(pictures.draw_graph(*await self._depicted(), fold=fold), path)

    async def to_mermaid(self, *, fold: bool = True) -> str:
        """The workflow as it is now as a Mermaid flowchart. Raises RPCError."""
        from colonyos_gen import pictures

        return pictures.graph_to_mermaid(*await self._depicted(), fold=fold)

    def _repr_svg_(self) -> str:
        from colonyos_gen import pictures

        return pictures.draw_graph(self._graph)

    async def _depicted(self) -> tuple[ProcessGraph, list[Process]]:
        """The workflow, with its processes where these are few enough to be told about one by one."""
        await self.refresh()
        few = len(self._graph.nodes) <= _DETAILED
        return self._graph, await self._read(node.id for node in self._graph.nodes) if few else []

    def _see(self, graph: ProcessGraph) -> None:
        """Take `graph` for the latest known state."""
        self._graph = graph
        self._ending.see(how_it_ended(graph))

    async def _explain(self) -> str:
        told = await workflow_standing(self._session.rpc, self._graph)
        self._told = node_states(self._graph), told
        return told

    async def _find(self, name: str) -> str:
        if name not in node_names(self._graph):
            await self.refresh()
        names = node_names(self._graph)
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has: {', '.join(names) or 'none'}"
            raise LookupError(f"{self.description} has no node {name!r}{hint}")
        return names[name]

    async def _read(self, processids: Iterable[str]) -> list[Process]:
        limit = asyncio.Semaphore(_AT_ONCE)

        async def read(processid: str) -> Process:
            async with limit:
                rpc = self._session.rpc
                return await with_errors(await rpc.get_process(processid), lambda: rpc.get_process(processid))

        return await asyncio.gather(*map(read, processids))
