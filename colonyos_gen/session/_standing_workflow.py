"""How a workflow stands that has not ended: how much of it has, and why the next of its processes wait, or where they run."""

from __future__ import annotations

from colonyos_gen_wire import ProcessGraph
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES, RUNNING

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._waiting.node_states import has_ended, node_states, state_of
from colonyos_gen.session._standing import several

_SHOWN = 3
"""Processes that are asked about."""


async def workflow_standing(rpc: AsyncClient, graph: ProcessGraph) -> str:
    """In which state a workflow is, and which of its processes waits for what, as far as the server tells within 2 seconds.

    That takes a few calls for the first few of the processes whose turn it is; the others are counted. Raises nothing.
    """
    state = f"it is {state_of(graph).name}"
    states = node_states(graph)
    if not states or has_ended(graph):
        return state
    ended = {node for node, each in states.items() if each in FINAL_PROCESS_STATES}
    held = {edge.target for edge in graph.edges if edge.source not in ended}
    # What runs moves; what waits though nothing is before it may need help.
    turn = [node for node in states if node not in ended and node not in held]
    turn.sort(key=lambda node: states[node] is RUNNING)
    parts = [f"{len(ended)} of {len(states)} processes have ended"]
    if told := await several(rpc, turn[:_SHOWN]):
        parts.append(told)
        if len(turn) > _SHOWN:
            parts.append(f"{len(turn) - _SHOWN} more are next to them")
    if behind := len(held - ended):
        parts.append(f"{behind} {'comes' if behind == 1 else 'come'} after others")
    return f"{state}: {'; '.join(parts)}"
