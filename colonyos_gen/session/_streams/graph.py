"""A workflow, read again and again until it ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from colonyos_gen_wire import FunctionSpec, Process, ProcessGraph, ProcessState
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES

from colonyos_gen._call.retry import passes
from colonyos_gen._client.client import DEFAULT_TIMEOUT
from colonyos_gen._streams.stream import AsyncStream, Ended, Finished
from colonyos_gen._streams.subscription import FIRST_LOOK_S, LAST_LOOK_S
from colonyos_gen._waiting.node_states import has_ended, node_states
from colonyos_gen._waiting.watchers import end_of
from colonyos_gen.errors import RPCError
from colonyos_gen.session._failures import WaitTimeout
from colonyos_gen.session._scope import AsyncScope
from colonyos_gen.session._streams.progress import Look
from colonyos_gen.session._streams.reason import Reason

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 2.0
_SHORTEST_PAUSE_S = 0.1
_SHARE = 4
"""A pause lasts at least as many times as long as the read before it: of a large workflow that is work for the server."""


class GraphStream(AsyncStream[ProcessGraph]):
    """The workflow as it is, then again after a while, and at last when all of its processes have ended.

    What it says of its own state does not count: a server may leave it RUNNING when its last processes end at the same
    moment, and calls it FAILED while others of its processes go on. It is read, more often while it changes. In between a
    wait for one of its last processes tells when it may be worth a look, which is much cheaper to read.
    """

    def __init__(
        self,
        session: AsyncScope,
        processgraphid: str,
        timeout: float | None,
        error: Exception,
        see: Callable[[ProcessGraph], None],
        explain: Callable[[], Awaitable[str]],
    ) -> None:
        super().__init__()
        self._session = session
        self._processgraphid = processgraphid
        self._timeout = timeout
        self._error = error
        self._see = see
        self._explain = explain
        self._deadline: float | None = None
        self._graph: ProcessGraph | None = None
        self._unanswered = ""
        self._begun = False
        self._over = False
        """Whether it was given in its final state."""
        self._pause = _FIRST_PAUSE_S
        self._took = 0.0
        self._states: dict[str, ProcessState] = {}
        self._leaf: asyncio.Task[Process] | None = None

    async def _next(self) -> ProcessGraph:
        if self._over:
            raise Finished(Ended.PROCESS)
        loop = asyncio.get_running_loop()
        if not self._begun:
            self._begun = True
            self._deadline = None if self._timeout is None else loop.time() + self._timeout
        elif await self._pass():
            raise await self._late()
        while (graph := await self._read()) is None:
            if await self._pass():
                raise await self._late()
        self._graph, self._unanswered = graph, ""
        self._over = has_ended(graph)
        states = node_states(graph)
        changed, self._states = states != self._states, states
        self._pause = _FIRST_PAUSE_S if changed else min(self._pause * 2, _LONGEST_PAUSE_S)
        self._see(graph)
        return graph

    def _drop(self) -> None:
        if self._leaf is not None:
            self._leaf.cancel()

    async def _late(self) -> Exception:
        if isinstance(self._error, WaitTimeout):
            self._error.unanswered = self._unanswered
            if self._timeout and not self._unanswered:
                self._error.standing = await self._explain()
        self._end(Ended.TIMEOUT)
        return self._error

    async def _read(self) -> ProcessGraph | None:
        """The workflow; None if the server cannot be reached at the moment."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        left = DEFAULT_TIMEOUT if self._deadline is None else self._deadline - began
        limit = min(DEFAULT_TIMEOUT, max(LAST_LOOK_S if self._graph else FIRST_LOOK_S, left))
        try:
            return await self._session.rpc.get_processgraph(self._processgraphid, rpc_timeout=limit)
        except RPCError as error:
            if not passes(error):
                raise
            self._unanswered = self._session.rpc.trouble or str(error)
            return None
        finally:
            self._took = loop.time() - began

    async def _pass(self) -> bool:
        """Let some time pass, until it may be worth to look; whether there was none left."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        left = None if self._deadline is None else self._deadline - now
        if left is not None and left <= 0:
            return True
        at_least = max(_SHORTEST_PAUSE_S, self._took * _SHARE)
        at_most = max(at_least, self._pause)
        if left is not None:  # so that the last look is at the deadline
            at_least, at_most = min(at_least, left), min(at_most, left)
        self._watch_leaf()
        if self._leaf is None:
            await asyncio.sleep(at_most)
        else:
            await asyncio.wait({self._leaf}, timeout=at_most)
            await asyncio.sleep(max(0.0, now + at_least - loop.time()))
        return False

    def _watch_leaf(self) -> None:
        if self._leaf is not None and not self._leaf.done():
            return
        self._leaf = None  # one that cannot be watched is a matter of the next read
        leaf = self._next_leaf()
        if leaf is not None:
            process = Process(processid=leaf, spec=FunctionSpec(funcname=""))
            self._leaf = end_of(self._session.rpc, process)

    def _next_leaf(self) -> str | None:
        """The lowest process in the drawing that nothing waits for and that has not ended."""
        if self._graph is None:
            return None
        parents = {edge.source for edge in self._graph.edges}
        leaves = [
            node
            for node in self._graph.nodes
            if node.id not in parents and self._states[node.id] not in FINAL_PROCESS_STATES
        ]
        return max(leaves, key=lambda node: node.position.y).id if leaves else None


class GraphLooks(AsyncStream[Look]):
    """How far a workflow is, each time that it has been read; while nothing moves, why, asked for every 10 seconds."""

    def __init__(self, graphs: AsyncStream[ProcessGraph], explain: Callable[[], Awaitable[str]]) -> None:
        super().__init__()
        self._graphs = graphs
        self._reason = Reason(explain)

    async def close(self) -> None:
        await super().close()
        await self._graphs.close()

    async def _next(self) -> Look:
        try:
            graph = await self._graphs.take()
        except WaitTimeout:
            self._end(Ended.TIMEOUT)
            raise
        if graph is None:
            raise Finished(self._graphs.ended or Ended.PROCESS)
        look = look_at(graph)
        reason = "" if has_ended(graph) else self._reason.of(look)
        # The bar counts what has ended by itself.
        return look._replace(reason=reason.partition("have ended; ")[2])

    def _drop(self) -> None:
        self._reason.close()


def look_at(graph: ProcessGraph) -> Look:
    """How far a workflow is: how many of its processes have ended, and how many are in which state."""
    counts = Counter(node_states(graph).values())
    ended = sum(count for state, count in counts.items() if state in FINAL_PROCESS_STATES)
    told = ", ".join(f"{counts[state]} {state.name}" for state in sorted(counts, reverse=True))
    total = len(graph.nodes) or None
    return Look(ended, total, graph.state.name, f"{ended}/{total or '?'}: {told}" if told else "")
