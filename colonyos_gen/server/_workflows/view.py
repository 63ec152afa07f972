"""Workflows as readers get them: with their processes in order, and as a drawing.

Both follow from a walk through the processes, each once: down from the roots, children before siblings. Processes that no
root leads to, those of a cycle, come last, or not at all where only those `rooted` are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from colonyos_gen_wire.constants import RUNNING
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.workflow import (
    GraphEdge,
    GraphNode,
    GraphNodeData,
    GraphPosition,
    GraphStyle,
    ProcessGraph,
)
from msgspec.structs import replace

_BOX_WIDTH = 150
_GAP = 50
_LEVEL_HEIGHT = 80


class Step(NamedTuple):
    """A process on the walk, and how many steps below its root it was met."""

    process: Process
    depth: int


def outlined(graph: ProcessGraph, members: Sequence[Process], *, rooted: bool = False) -> ProcessGraph:
    """`graph` with the ids of its roots and of all its processes."""
    return replace(
        graph,
        rootprocessids=[member.processid for member in members if not member.parents],
        processids=[step.process.processid for step in _walk(members, rooted=rooted)],
    )


def drawn(graph: ProcessGraph, members: Sequence[Process], *, rooted: bool = False) -> ProcessGraph:
    """`graph` with the ids of its processes, and with a drawing of it."""
    steps = list(_walk(members, rooted=rooted))
    return replace(outlined(graph, members, rooted=rooted), nodes=_nodes(steps), edges=_edges(steps))


def rooted_of(members: Sequence[Process]) -> list[Process]:
    """Those of `members` that a root leads to."""
    return [step.process for step in _walk(members, rooted=True)]


def _walk(members: Sequence[Process], *, rooted: bool) -> Iterator[Step]:
    processes = {member.processid: member for member in members}
    roots = [member for member in members if not member.parents]
    met: set[str] = set()
    for start in roots if rooted else (*roots, *members):
        # A stack, since a chain can be longer than calls may be nested.
        ahead = [Step(start, 0)]
        while ahead:
            step = ahead.pop()
            if step.process.processid not in met:
                met.add(step.process.processid)
                yield step
                ahead += [Step(processes[child], step.depth + 1) for child in reversed(step.process.children)]


def _nodes(steps: Sequence[Step]) -> list[GraphNode]:
    levels: dict[int, list[Process]] = {}
    for step in steps:
        levels.setdefault(step.depth, []).append(step.process)
    middle = max(map(_width, levels.values()), default=0) // 2
    return [
        _node(process, middle - _width(level) // 2 + place * (_BOX_WIDTH + _GAP), depth * _LEVEL_HEIGHT)
        for depth, level in levels.items()
        for place, process in enumerate(level)
    ]


def _width(level: Sequence[Process]) -> int:
    return len(level) * (_BOX_WIDTH + _GAP) - _GAP


def _node(process: Process, x: int, y: int) -> GraphNode:
    return GraphNode(
        id=process.processid,
        data=GraphNodeData(label=process.spec.nodename),
        position=GraphPosition(x=x, y=y),
        type=_role(process),
        style=GraphStyle(background=process.state.colour),
    )


def _role(process: Process) -> str:
    if not process.parents:
        return "input"
    return "" if process.children else "output"


def _edges(steps: Sequence[Step]) -> list[GraphEdge]:
    return [
        GraphEdge(
            id=f"{process.processid}-{child}",
            source=process.processid,
            target=child,
            animated=process.state is RUNNING,
        )
        for process, _ in steps
        for child in process.children
    ]
