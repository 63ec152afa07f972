"""States of the processes of a workflow, as its drawing tells them: one read for all."""

from __future__ import annotations

from colonyos_gen_wire import ProcessGraph, ProcessState
from colonyos_gen_wire.constants import CANCELLED, FAILED, FINAL_PROCESS_STATES, SUCCESS, WAITING

from colonyos_gen._conventions.colours import BY_COLOUR


def node_states(graph: ProcessGraph) -> dict[str, ProcessState]:
    """State of each process, by its id; WAITING where the drawing has a colour of its own. Empty without a drawing."""
    return {node.id: BY_COLOUR.get(node.style.background, WAITING) for node in graph.nodes}


def has_ended(graph: ProcessGraph) -> bool:
    """Whether all processes of a workflow have ended, as its drawing tells, whatever it says of itself.

    A server may leave it RUNNING when its last processes end at the same moment, and calls it FAILED while others of its
    processes go on. Without a drawing it is not known to have ended, unless it has no processes.
    """
    if not graph.nodes:
        return not graph.processids and graph.state in FINAL_PROCESS_STATES
    return FINAL_PROCESS_STATES.issuperset(node_states(graph).values())


def state_of(graph: ProcessGraph) -> ProcessState:
    """State of a workflow: its own, but where all of its processes have ended and it does not say so."""
    if graph.state in FINAL_PROCESS_STATES or not has_ended(graph):
        return graph.state
    states = set(node_states(graph).values())
    return next(state for state in (FAILED, CANCELLED, SUCCESS) if state in states)


def node_names(graph: ProcessGraph) -> dict[str, str]:
    """Process ids by node name; of several nodes that have a name the first. Empty without a drawing."""
    names: dict[str, str] = {}
    for node in graph.nodes:
        names.setdefault(node.data.label, node.id)
    return names
