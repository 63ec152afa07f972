"""Finding those that have ended with their workflow, which no list shows at its top: some servers give them no end time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from colonyos_gen_wire import ProcessGraph

from colonyos_gen._waiting.pace import LONGEST_PAUSE_S, Cost, pause_after
from colonyos_gen._waiting.reading import Reading, all_of
from colonyos_gen._waiting.wait import Wait

_SHORTEST_PAUSE_S = 0.25
_COST_SHARE = 20
"""A pause lasts at least as many times as long as the read before it: a large workflow is much work for the server."""
_LONGEST_COSTLY_PAUSE_S = 10.0


class WorkflowMembers:
    """Reads the workflows of those who wait, one read for all members, and tells which members have ended."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._due: dict[str, float] = {}
        self._costs: dict[str, Cost] = {}

    async def ended(self, waits: Sequence[Wait]) -> list[Wait]:
        """Those of `waits` that have ended as members of workflows whose look is due."""
        now = asyncio.get_running_loop().time()
        members: dict[str, list[Wait]] = {}
        for wait in waits:
            if wait.processgraphid:
                members.setdefault(wait.processgraphid, []).append(wait)
        for gone in self._due.keys() - members.keys():
            del self._due[gone]
            self._costs.pop(gone, None)
        due = [each for each in members if self._due.setdefault(each, now + _SHORTEST_PAUSE_S) <= now]
        found = await all_of(*(self._read(each) for each in due))
        ended: list[Wait] = []
        for processgraphid, graph in zip(due, found, strict=True):
            if isinstance(graph, ProcessGraph):
                over = _ended_members(graph)
                ended += [each for each in members[processgraphid] if each.processid in over]
            self._rest(processgraphid, members[processgraphid])
        return [each for each in ended if not each.reached.done()]

    async def _read(self, processgraphid: str) -> ProcessGraph:
        began = time.perf_counter()
        graph = await self._reading.graph(processgraphid)
        self._costs.setdefault(processgraphid, Cost()).spent(time.perf_counter() - began)
        return graph

    def _rest(self, processgraphid: str, waits: Iterable[Wait]) -> None:
        now = asyncio.get_running_loop().time()
        waited = min(now - each.began for each in waits)
        costly = min(
            _LONGEST_COSTLY_PAUSE_S, self._costs.setdefault(processgraphid, Cost()).seconds * _COST_SHARE
        )
        self._due[processgraphid] = now + max(
            _SHORTEST_PAUSE_S, costly, min(LONGEST_PAUSE_S, pause_after(waited))
        )


def _ended_members(graph: ProcessGraph) -> set[str]:
    from colonyos_gen._waiting.node_states import (
        node_states,  # it belongs to a layer above, which loads this one
    )

    return {processid for processid, state in node_states(graph).items() if state.is_final}
