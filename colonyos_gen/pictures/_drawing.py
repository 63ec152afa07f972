"""Workflows as pictures: from the specification, or from what a server says, to SVG or Mermaid."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import ProcessGraph, WorkflowSpec

from colonyos_gen.pictures._layout.folding import folded
from colonyos_gen.pictures._mermaid import as_mermaid
from colonyos_gen.pictures._subjects import of_graph, of_specs
from colonyos_gen.pictures._svg import as_svg


def draw_workflow(
    spec: WorkflowSpec | Iterable[FunctionSpec], *, title: str = "workflow", fold: bool = True
) -> str:
    """A workflow that has not been submitted, as SVG.

    Args:
        spec: The workflow, or its nodes.
        title: What is written above it.
        fold: Whether alike nodes of a layer with more than 8 become one box, with their number.
    """
    diagram = of_specs(_nodes(spec), title)
    return as_svg(folded(diagram) if fold else diagram)


def draw_graph(
    graph: ProcessGraph, processes: Iterable[Process] = (), *, title: str = "", fold: bool = True
) -> str:
    """A workflow on a server, as SVG, with the state of each process.

    The boxes stand where the server says, unless that is hard to read: more than 8 in a row, lines that lead up or through
    boxes, or more crossings than need be.

    Args:
        graph: The workflow, best from `get_processgraph`, which has states and positions of all processes.
        processes: Those of its processes that are at hand. They add what was called, times and errors.
        title: What is written above it; empty for the label that the processes have, or the beginning of its id.
        fold: Whether alike processes of a layer with more than 8 become one box, with how many there are of each state.
            Those that failed by themselves stay apart.
    """
    processes = list(processes)
    diagram = of_graph(graph, processes, title or _title(graph, processes))
    return as_svg(folded(diagram) if fold else diagram)


def workflow_to_mermaid(spec: WorkflowSpec | Iterable[FunctionSpec], *, fold: bool = True) -> str:
    """A workflow that has not been submitted, as a Mermaid flowchart. See `draw_workflow`."""
    diagram = of_specs(_nodes(spec), "")
    return as_mermaid(folded(diagram) if fold else diagram)


def graph_to_mermaid(graph: ProcessGraph, processes: Iterable[Process] = (), *, fold: bool = True) -> str:
    """A workflow on a server as a Mermaid flowchart, with the state of each process. See `draw_graph`."""
    diagram = of_graph(graph, processes, "")
    return as_mermaid(folded(diagram) if fold else diagram)


def save(picture: str, path: str | PathLike[str] | None) -> str:
    """Write `picture` to `path`, if that is given, and return it. Raises OSError."""
    if path is not None:
        Path(path).write_text(picture, encoding="utf-8")
    return picture


def _nodes(spec: WorkflowSpec | Iterable[FunctionSpec]) -> Iterable[FunctionSpec]:
    return spec.functionspecs if isinstance(spec, WorkflowSpec) else spec


def _title(graph: ProcessGraph, processes: Iterable[Process]) -> str:
    labels = {process.spec.label for process in processes}
    return (labels.pop() if len(labels) == 1 else "") or f"workflow {graph.processgraphid[:8]}"
