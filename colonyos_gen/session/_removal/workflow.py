"""How a workflow is cancelled, and how it is removed."""

from __future__ import annotations

import asyncio
from collections import Counter

from colonyos_gen_wire import ProcessGraph
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES, SUCCESS
from colonyos_gen_wire.errors import workflow as refusals
from colonyos_gen_wire.method import Key

from colonyos_gen._call.retry import passes
from colonyos_gen._client.client import DEFAULT_TIMEOUT, AsyncClient
from colonyos_gen._waiting.node_states import has_ended, node_states
from colonyos_gen.errors import ConflictError, NotFoundError, RPCError
from colonyos_gen.session._removal.ending import Ending
from colonyos_gen.session._removal.procedure import HELD_S, SETTLED_S, Procedure, still_going_on
from colonyos_gen.session._removal.turns import Turn

_CANCELS = 3
"""How often a workflow is cancelled of which a process goes on: see the same of processes."""


class WorkflowProcedure(Procedure):
    """Cancels or removes one workflow; see `AsyncWorkflowHandle`, and `ProcessProcedure` for the arguments."""

    def __init__(
        self,
        rpc: AsyncClient,
        processgraphid: str,
        timeout: float | None = DEFAULT_TIMEOUT,
        *,
        ending: Ending | None = None,
        limit: asyncio.Semaphore | None = None,
        prvkey: Key | None = None,
    ) -> None:
        super().__init__(rpc, f"workflow {processgraphid}", timeout, limit=limit, prvkey=prvkey)
        self._id = processgraphid
        self._ending = ending or Ending()
        self._unanswered = False
        """Whether the last cancel was sent, and not answered."""

    async def cancel(self) -> ProcessGraph:
        """Cancel it unless it has ended, and read what became of it. Raises RPCError."""
        async with self.turn_to_cancel(self._id) as turn:
            graph = await self._read()
            return graph if has_ended(graph) else await self._cancelled(turn)

    async def remove(self) -> None:
        """Remove it, once all of its processes have ended and everybody has done with them.

        Raises:
            RemovalRefused: It has not ended in time.
            NotFoundError: There is no such workflow.
            RPCError: The server refuses it, or its stored data is damaged.
        """
        async with self.turn_to_remove(self._id) as turn:
            graph = await self._read()
            try:
                while not await self._removed(graph, turn):
                    graph = await self._read()
                    if self.left <= 0 and not _is_over(graph):
                        self.refuse(["it goes on again, although it had ended"])
            except NotFoundError:
                return  # somebody else was faster

    async def _removed(self, graph: ProcessGraph, turn: Turn) -> bool:
        """Make it end, and remove it; False if it was found going on after all."""
        graph = await self._ended(graph, turn)
        all_asked = set(node_states(graph).values()) <= {SUCCESS}
        needed = SETTLED_S if all_asked else HELD_S
        if (rest := self.unsettled(needed, graph.endtime, self._ending.at, turn)) > 0:
            await asyncio.sleep(rest)
            if not _is_over(await self._read()):
                return False
        try:
            await self.remove_now(
                lambda limit: self.rpc.remove_processgraph(self._id, prvkey=self.prvkey, rpc_timeout=limit),
                turn,
            )
        except ConflictError as error:
            if error.name != refusals.REMOVE_PROCESSGRAPH_CANNOT_REMOVE_A_RUNNING_PROCESSGRAPH.name:
                raise
            return False
        return True

    async def _ended(self, graph: ProcessGraph, turn: Turn) -> ProcessGraph:
        while not _is_over(graph):
            try:
                graph = await self._cancelled(turn)
            except RPCError as error:
                if not passes(error) or self.left <= 0:
                    raise
            if not _is_over(graph):
                if self.left <= 0:
                    self.refuse([_going_on(graph, self._unanswered)])
                await self.pause()
        return graph

    async def _cancelled(self, turn: Turn) -> ProcessGraph:
        """Cancel it, again if something of it goes on, and return it as it is afterwards."""
        for left in reversed(range(_CANCELS)):
            self._unanswered = not await self.send(
                lambda limit: self.rpc.cancel_processgraph(self._id, prvkey=self.prvkey, rpc_timeout=limit),
                turn,
            )
            await asyncio.sleep(self.second_look_in(assigned=True))  # one may be being assigned, or closed
            graph = await self._read()
            if _is_over(graph) or not left or self.left <= 0:
                return graph
        raise AssertionError("the last round returns")

    async def _read(self) -> ProcessGraph:
        graph = await self.read(
            lambda limit: self.rpc.get_processgraph(self._id, prvkey=self.prvkey, rpc_timeout=limit)
        )
        self._ending.see(how_it_ended(graph))
        return graph


def _is_over(graph: ProcessGraph) -> bool:
    """Whether its processes have ended and the server has taken note."""
    return has_ended(graph) and graph.state in FINAL_PROCESS_STATES


def how_it_ended(graph: ProcessGraph) -> object:
    """The states that it has ended in, its own and those of its processes; None if it goes on, as far as is known."""
    return (graph.state, node_states(graph)) if _is_over(graph) else None


def _going_on(graph: ProcessGraph, unanswered: bool) -> str:
    counts = Counter(state.name for state in node_states(graph).values() if state not in FINAL_PROCESS_STATES)
    told = ", ".join(f"{count} of its processes {state}" for state, count in sorted(counts.items()))
    return f"{still_going_on(graph.state.name, unanswered)} ({told or 'all have ended'})"
