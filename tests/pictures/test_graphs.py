"""Pictures of workflows on a server."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from colonyos_gen_wire.types.workflow import GraphEdge, GraphNode, GraphNodeData, GraphPosition, GraphStyle

from colonyos_gen import NoProcessError, Process, ProcessGraph, Workflow, WorkflowSpec, pictures, workflow
from colonyos_gen.testing import LocalColony, LocalExecutor
from tests.pictures.drawing import Drawing


def _diamond() -> Workflow:
    with workflow("diamond", to="hpc") as wf:
        split = wf.task("split")
        wf.task("join", after=[wf.task("left", after=split), wf.task("right", after=split)])
    return wf


def _sweep(width: int) -> Workflow:
    with workflow("sweep", to="hpc") as wf:
        prep = wf.task("prep")
        wf.task("reduce", after=[wf.task("sim", i, after=prep) for i in range(width)])
    return wf


def _work(executor: LocalExecutor, count: int, fails: Callable[[Process], bool] = lambda _: False) -> None:
    for _ in range(count):
        try:
            process = executor.client.assign(executor.colonyname, timeout=-1)
        except NoProcessError:
            return
        if fails(process):
            executor.client.fail(process.processid, errors=["ValueError: negative pressure", "at line 3"])
        else:
            executor.client.close(process.processid, output=[1])


def _read(colonies: LocalColony, graph: ProcessGraph) -> tuple[ProcessGraph, list[Process]]:
    graph = colonies.client.get_processgraph(graph.processgraphid)
    return graph, [colonies.client.get_process(processid) for processid in graph.processids]


def _keys(processes: list[Process]) -> dict[str, str]:
    return {process.spec.nodename: process.processid for process in processes}


def test_each_box_says_how_far_its_process_is(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_diamond().spec(colonies.name))
    executor = colonies.add_executor("hpc")
    _work(executor, 2)
    executor.client.assign(colonies.name, timeout=-1)
    graph, processes = _read(colonies, graph)
    drawing = Drawing(pictures.draw_graph(graph, processes))
    drawing.check()
    texts = {name: drawing.texts[key] for name, key in _keys(processes).items()}
    assert texts["split"][1].startswith("done in ")
    assert texts["right"] == ["right", "running"]
    assert texts["join"] == ["join", "waiting for parents"]
    assert drawing.words == "diamond: 4 tasks: 1 waiting, 1 running, 2 success"
    assert len(drawing.lines) == 4
    mermaid = pictures.graph_to_mermaid(graph, processes)
    assert mermaid.count("-->") == 3
    assert mermaid.count("-.->") == 1
    assert "class n0,n1 success" in mermaid


def test_the_boxes_stand_where_the_server_says(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_diamond().spec(colonies.name))
    graph, processes = _read(colonies, graph)
    key = _keys(processes)
    boxes = Drawing(pictures.draw_graph(graph, processes)).boxes
    assert boxes[key["left"]].right < boxes[key["right"]].left
    for node in graph.nodes:  # the other way round, and out of the middle
        node.position.x = -node.position.x * 3
    drawing = Drawing(pictures.draw_graph(graph, processes))
    drawing.check()
    assert drawing.boxes[key["right"]].right < drawing.boxes[key["left"]].left


@pytest.mark.parametrize("bad", ["upward", "over each other", "through a box", "missing"])
def test_positions_that_cannot_be_read_are_not_used(colonies: LocalColony, bad: str) -> None:
    graph = colonies.client.submit_workflow(_diamond().spec(colonies.name))
    graph, processes = _read(colonies, graph)
    ours = Drawing(pictures.draw_graph(msgspec.structs.replace(graph, nodes=[], edges=[]), processes)).boxes
    for node in graph.nodes:
        match bad, node.data.label:
            case "upward", _:
                node.position.y = -node.position.y
            case "over each other", _:
                node.position.x = 0
            case "through a box", "left":
                node.position.y += 20
            case _:
                pass
    if bad == "missing":
        graph.nodes.pop()
    drawing = Drawing(pictures.draw_graph(graph, processes))
    drawing.check()
    assert drawing.boxes == ours


def test_crossings_that_need_not_be_are_undone(colonies: LocalColony) -> None:
    wf = workflow("crossed", to="hpc")
    a, b = wf.task("a"), wf.task("b")
    wf.task("d", after=b)
    wf.task("c", after=a)
    graph, processes = _read(colonies, colonies.client.submit_workflow(wf.spec(colonies.name)))
    for node in graph.nodes:
        node.position.x = {"a": 0, "b": 200, "c": 200, "d": 0}[node.data.label]
    boxes = Drawing(pictures.draw_graph(graph, processes)).boxes
    key = _keys(processes)
    assert boxes[key["a"]].left == boxes[key["c"]].left
    assert boxes[key["b"]].left == boxes[key["d"]].left


def test_one_call_is_enough_for_the_states(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_sweep(500).spec(colonies.name))
    _work(colonies.add_executor("hpc"), 101)
    graph = colonies.client.get_processgraph(graph.processgraphid)
    drawing = Drawing(pictures.draw_graph(graph, title="mine"))
    drawing.check()
    assert drawing.words == "mine: 502 tasks: 401 waiting, 101 success"
    shown = list(drawing.texts.values())
    assert ["sim \u00d7 500", "400", "100"] in shown
    assert ["prep", "success"] in shown
    assert Drawing(pictures.draw_graph(graph)).words.startswith(f"workflow {graph.processgraphid[:8]}: ")
    assert '["sim \u00d7 500<br>400 waiting, 100 success"]' in pictures.graph_to_mermaid(graph)


def test_the_culprit_stands_out(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_sweep(30).spec(colonies.name))
    _work(colonies.add_executor("hpc"), 40, lambda process: process.spec.args == [7])
    graph, processes = _read(colonies, graph)
    drawing = Drawing(pictures.draw_graph(graph, processes))
    drawing.check()
    key = _keys(processes)
    assert drawing.texts[key["sim-8"]][0] == "sim-8"
    assert drawing.texts[key["sim-8"]][1].startswith("ValueError: negative")
    assert "failed: ValueError: negative pressure\nat line 3" in drawing.tooltips[key["sim-8"]]
    assert drawing.texts[key["reduce"]] == ["reduce", "failed with the workflow"]
    assert drawing.texts[key["sim"]][0] == "sim \u00d7 29"


def test_a_cancelled_workflow(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_diamond().spec(colonies.name))
    colonies.client.cancel_processgraph(graph.processgraphid)
    drawing = Drawing(pictures.draw_graph(*_read(colonies, graph)))
    assert drawing.words == "diamond: 4 tasks: 4 cancelled"


def test_cycles_that_the_server_took_are_drawn(colonies: LocalColony) -> None:
    nodes = _diamond().spec(colonies.name).functionspecs
    nodes[0].conditions.dependencies = ["join"]
    nodes[2].conditions.dependencies.append(nodes[2].nodename)
    graph = colonies.client.submit_workflow(WorkflowSpec(colonyname=colonies.name, functionspecs=nodes))
    graph, processes = _read(colonies, graph)
    assert not graph.rootprocessids
    drawing = Drawing(pictures.draw_graph(graph, processes))
    drawing.check()
    key = _keys(processes)
    assert (key["join"], key["split"]) in drawing.lines
    assert (key["right"], key["right"]) in drawing.lines


def test_the_reply_to_a_submission_and_lists_have_no_drawing(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_diamond().spec(colonies.name))
    assert Drawing(pictures.draw_graph(graph)).boxes == {}
    processes = [colonies.client.get_process(processid) for processid in graph.processids]
    drawing = Drawing(pictures.draw_graph(graph, processes))
    drawing.check()
    assert len(drawing.lines) == 4


def test_states_and_colours_of_a_newer_server() -> None:
    graph = ProcessGraph(
        processgraphid="f" * 64,
        nodes=[
            GraphNode(id="a", data=GraphNodeData(label="one"), style=GraphStyle(background="#123456")),
            GraphNode(id="b", data=GraphNodeData(label="two"), position=GraphPosition(x=0, y=80)),
        ],
        edges=[GraphEdge(id="a-b", source="a", target="b"), GraphEdge(id="a-c", source="a", target="c")],
    )
    drawing = Drawing(pictures.draw_graph(graph))
    drawing.check()
    assert drawing.lines == {("a", "b")}
    odd = msgspec.convert({"processid": "a", "spec": {"funcname": "f"}, "state": 9}, Process)
    assert Drawing(pictures.draw_graph(graph, [odd])).texts["a"] == ["one", "unknown 9"]
