"""Diagrams of workflows that are being built, and of those that a server has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from colonyos_gen_wire.constants import FAILED, RUNNING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import GraphNode, ProcessGraph

from colonyos_gen._conventions.colours import BY_COLOUR
from colonyos_gen.pictures._layout.diagram import Box, Diagram, Line
from colonyos_gen.pictures._look.labels import clean
from colonyos_gen.pictures._look.palette import state_name
from colonyos_gen.pictures._look.spans import seconds_between, span
from colonyos_gen.pictures._look.values import call_text

_NUMBER = re.compile(r"[-_ .]?\d+$")


def of_specs(functionspecs: Iterable[FunctionSpec], title: str) -> Diagram:
    """A diagram of nodes that have not been submitted. Dependencies on nodes that there are not are left out."""
    specs = {spec.nodename: spec for spec in functionspecs}
    return Diagram(
        title=clean(title),
        boxes={name: _draft(spec) for name, spec in specs.items()},
        lines=tuple(
            Line(parent, name)
            for name, spec in specs.items()
            for parent in dict.fromkeys(spec.conditions.dependencies)
            if parent in specs
        ),
    )


def of_graph(graph: ProcessGraph, processes: Iterable[Process], title: str) -> Diagram:
    """A diagram of a submitted workflow, as far as `graph` and those of its `processes` tell about it."""
    known = {process.processid: process for process in processes}
    nodes = {node.id: node for node in graph.nodes}
    keys = [key for key in dict.fromkeys((*graph.processids, *known, *nodes)) if key in known or key in nodes]
    lines = [Line(edge.source, edge.target, edge.animated) for edge in graph.edges]
    if not graph.edges:
        lines = [
            Line(parent, key, parent in known and known[parent].state is RUNNING)
            for key, process in known.items()
            for parent in process.parents
        ]
    boxes = {key: _submitted(key, nodes.get(key), known.get(key)) for key in keys}
    return Diagram(
        title=clean(title),
        boxes=boxes,
        lines=tuple(
            {(line.source, line.target): line for line in lines if line.source in boxes and line.target in boxes}.values()
        ),
        positions={key: (float(node.position.x), float(node.position.y)) for key, node in nodes.items()},
    )  # fmt: skip


def _draft(spec: FunctionSpec) -> Box:
    executortype = spec.conditions.executortype
    same = spec.nodename == spec.funcname or _stem(spec.nodename) == spec.funcname
    return Box(
        title=clean(spec.nodename),
        subtitle=clean(" · ".join(part for part in ("" if same else spec.funcname, executortype) if part)),
        details=_about(spec.nodename, spec),
        kind=_kind(spec.nodename, spec),
    )


def _submitted(key: str, node: GraphNode | None, process: Process | None) -> Box:
    name = process.spec.nodename if process is not None else ""
    name = name or (node.data.label if node is not None else "") or f"{key[:8]}…"
    if process is None:
        state = BY_COLOUR.get(node.style.background) if node is not None else None
        words = "" if state is None else state_name(state)
        return Box(
            title=clean(name), subtitle=words, details=(clean(name), words), state=state, kind=(_stem(name),)
        )
    return Box(
        title=clean(name),
        subtitle=clean(progress(process)),
        details=(
            *_about(name, process.spec),
            clean(f"{state_name(process.state)}: {progress(process)}"),
            *(clean(error) for error in process.errors[1:]),
            process.processid,
        ),
        state=process.state,
        # One that failed by itself, not with its workflow, is worth a box of its own.
        kind=(*_kind(name, process.spec), process.state is FAILED and bool(process.errors)),
    )


def progress(process: Process) -> str:
    """In a few words, how far a process has come."""
    attempt = f", attempt {process.retries + 1}" if process.retries else ""
    match process.state:
        case ProcessState.WAITING:
            return f"waiting for parents{attempt}" if process.waitforparents else f"waiting{attempt}"
        case ProcessState.RUNNING:
            return f"running{attempt}"
        case ProcessState.SUCCESS:
            seconds = seconds_between(process.starttime, process.endtime)
            return f"done in {span(seconds)}{attempt}" if seconds is not None else f"done{attempt}"
        case ProcessState.FAILED:
            # The server gives no reason to those that it failed because another one had.
            return next(
                iter(process.errors), "failed with the workflow" if process.processgraphid else "failed"
            )
        case _:
            return state_name(process.state)


def _about(name: str, spec: FunctionSpec) -> tuple[str, ...]:
    executortype = spec.conditions.executortype
    return (clean(name), clean(call_text(spec)), *((clean(f"on {executortype}"),) if executortype else ()))


def _kind(name: str, spec: FunctionSpec) -> tuple[object, ...]:
    return _stem(name), spec.funcname, spec.conditions.executortype


def _stem(name: str) -> str:
    return _NUMBER.sub("", name) or name
