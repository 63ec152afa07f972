"""How a workflow stands that has not ended: how much of it has, and why the next of its processes wait, or where they run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from colonyos_gen_wire import ProcessGraph, ProcessState
from colonyos_gen_wire.constants import FAILED, FINAL_PROCESS_STATES, RUNNING

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._waiting.node_states import has_ended, node_states, state_of
from colonyos_gen.session._standing import in_time, reasons_of, several

_SHOWN = 3
"""Processes that are asked about."""
_MOST_FAILED = 20
"""Processes that have failed which are read; of those that failed with others, most give no reason."""


async def workflow_standing(rpc: AsyncClient, graph: ProcessGraph) -> str:
    """In which state a workflow is, and which of its processes waits for what, as far as the server tells within 2 seconds.

    That takes a few calls for the first few of the processes whose turn it is; the others are counted. Raises nothing.
    """
    state = f"it is {state_of(graph).name}"
    states = node_states(graph)
    why = await in_time(rpc, lambda: _failures(rpc, states), "") if state_of(graph) is FAILED else ""
    if not states or has_ended(graph):
        return f"{state}: {why}" if why else state
    ended = {node for node, each in states.items() if each in FINAL_PROCESS_STATES}
    held = {edge.target for edge in graph.edges if edge.source not in ended}
    # What runs moves; what waits though nothing is before it may need help.
    turn = [node for node in states if node not in ended and node not in held]
    turn.sort(key=lambda node: states[node] is RUNNING)
    parts = [f"{len(ended)} of {len(states)} processes have ended"]
    if why:
        parts.append(why)
    if told := await several(rpc, turn[:_SHOWN]):
        parts.append(told)
        if len(turn) > _SHOWN:
            parts.append(f"{len(turn) - _SHOWN} more are next to them")
    if behind := len(held - ended):
        parts.append(f"{behind} {'comes' if behind == 1 else 'come'} after others")
    return f"{state}: {'; '.join(parts)}"


async def _failures(rpc: AsyncClient, states: Mapping[str, ProcessState]) -> str:
    """Which processes have failed by themselves, and why."""
    failed = [node for node, each in states.items() if each is FAILED][:_MOST_FAILED]
    processes = await asyncio.gather(*map(rpc.get_process, failed))
    reasons = [
        f"{(each.spec.nodename or each.spec.funcname)!r} FAILED: {reasons_of(each)}"
        for each in processes
        if each.errors
    ]
    more = f" and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return "; ".join(reasons[:_SHOWN]) + more
