"""States of the processes of a workflow, as its drawing tells them: one read for all."""

from __future__ import annotations

from colonyos_gen_wire import ProcessGraph, ProcessState
from colonyos_gen_wire.constants import (
    CANCELLED,
    COLOUR_CANCELLED,
    COLOUR_FAILED,
    COLOUR_RUNNING,
    COLOUR_SUCCESS,
    COLOUR_WAITING,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
)

COLOURS = {
    WAITING: COLOUR_WAITING,
    RUNNING: COLOUR_RUNNING,
    SUCCESS: COLOUR_SUCCESS,
    FAILED: COLOUR_FAILED,
    CANCELLED: COLOUR_CANCELLED,
}
"""In which colour the server draws a process of each state."""

_STATES = {colour: state for state, colour in COLOURS.items()}


def node_states(graph: ProcessGraph) -> dict[str, ProcessState]:
    """State of each process, by its id; WAITING where the drawing has a colour of its own. Empty without a drawing."""
    return {node.id: _STATES.get(node.style.background.lower(), WAITING) for node in graph.nodes}


def node_names(graph: ProcessGraph) -> dict[str, str]:
    """Process ids by node name; of several nodes that have a name the first. Empty without a drawing."""
    names: dict[str, str] = {}
    for node in graph.nodes:
        names.setdefault(node.data.label, node.id)
    return names
