"""Whatever a server may tell about a workflow, the picture of it can be read."""

from __future__ import annotations

from colonyos_gen_wire.types.workflow import GraphEdge, GraphNode, GraphNodeData, GraphPosition, GraphStyle
from hypothesis import given, settings
from hypothesis import strategies as st

from colonyos_gen import FunctionSpec, Process, ProcessGraph, ProcessState, pictures
from colonyos_gen._conventions.colours import BY_COLOUR
from tests.drawn import drawn
from tests.pictures.drawing import Drawing

_NAMES = st.sampled_from(["sim", "sim-2", "merge", "a rather long name of a task", ""])


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[ProcessGraph, list[Process]]:
    """A workflow, cycles and all, in any states, drawn by a server of any taste, with some of its processes."""
    count = draw(st.integers(1, 25))
    ids = [f"p{number}" for number in range(count)]
    pairs = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=2 * count))
    graph = ProcessGraph(
        processgraphid="f" * 64,
        processids=ids,
        nodes=[
            GraphNode(
                id=each,
                data=GraphNodeData(label=draw(_NAMES)),
                position=GraphPosition(x=draw(st.integers(-3, 3)) * 100, y=draw(st.integers(0, 4)) * 80),
                style=GraphStyle(background=draw(st.sampled_from([*BY_COLOUR, "", "#012345"]))),
            )
            for each in draw(st.permutations(ids))
        ],
        edges=[GraphEdge(id="", source=a, target=b, animated=draw(st.booleans())) for a, b in pairs],
    )
    processes = [
        Process(
            processid=each,
            spec=FunctionSpec(funcname="f", nodename=draw(_NAMES)),
            state=draw(st.sampled_from(list(ProcessState))),
            errors=draw(st.lists(st.text(max_size=40), max_size=2)),
        )
        for each in draw(st.lists(st.sampled_from(ids), unique=True))
    ]
    return graph, processes


@settings(deadline=None, max_examples=drawn(150))
@given(both=_graphs(), fold=st.booleans())
def test_pictures_of_any_graph_can_be_read(both: tuple[ProcessGraph, list[Process]], fold: bool) -> None:
    graph, processes = both
    drawing = Drawing(pictures.draw_graph(graph, processes, fold=fold))
    drawing.check()
    assert f"{len(graph.nodes)} task" in drawing.words
    if not fold:
        assert set(drawing.boxes) == {node.id for node in graph.nodes}
        assert drawing.lines == {(edge.source, edge.target) for edge in graph.edges}
    assert pictures.graph_to_mermaid(graph, processes, fold=fold).count("[") == len(drawing.boxes)
