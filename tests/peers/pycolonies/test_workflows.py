"""Workflows, and children that are added to them while they run."""

from __future__ import annotations

from lab import Lab
from model import ProcessGraph, Workflow
from pycolonies import Colonies


def diamond(lab: Lab) -> ProcessGraph:
    """`top`, then `left` and `right`, then `bottom`."""
    specs = [lab.spec(name) for name in ("top", "left", "right", "bottom")]
    specs[1].conditions.dependencies = specs[2].conditions.dependencies = ["top"]
    specs[3].conditions.dependencies = ["left", "right"]
    workflow = Workflow(colonyname=lab.colonyname, functionspecs=specs)
    return lab.client.submit_workflow(workflow, lab.user.prvkey)


def test_a_workflow_runs_in_order_and_hands_outputs_on(lab: Lab) -> None:
    graph = diamond(lab)
    assert (len(graph.processids), len(graph.rootprocessids)) == (4, 1)
    top = lab.assign()
    assert (top.spec.nodename, top.processid) == ("top", graph.rootprocessids[0])
    lab.close(top, "a")
    middle = {}
    for _ in range(2):
        process = lab.assign()
        assert process.input == ["a"]
        middle[process.spec.nodename] = process
    lab.close(middle["right"], "c")
    lab.close(middle["left"], "b")
    bottom = lab.assign()
    assert sorted(bottom.input or ()) == ["b", "c"]
    lab.close(bottom, "d")
    ended = lab.client.get_processgraph(graph.processgraphid, lab.user.prvkey)
    assert (ended.state, len(ended.nodes), len(ended.edges)) == (Colonies.SUCCESSFUL, 4, 4)
    found = lab.client.find_process("bottom", graph.processids, lab.user.prvkey)
    assert found.output == ["d"]
    assert sorted(found.parents) == sorted(process.processid for process in middle.values())


def test_a_failure_ends_the_workflow(lab: Lab) -> None:
    graph = diamond(lab)
    lab.client.fail(lab.assign().processid, ["no"], lab.executor.prvkey)
    assert lab.client.get_processgraph(graph.processgraphid, lab.user.prvkey).state == Colonies.FAILED
    for name in ("left", "right", "bottom"):
        process = lab.client.find_process(name, graph.processids, lab.user.prvkey)
        assert process.state == Colonies.FAILED


def test_a_child_of_a_running_process(lab: Lab) -> None:
    workflow = Workflow(colonyname=lab.colonyname, functionspecs=[lab.spec("map"), lab.spec("reduce")])
    workflow.functionspecs[1].conditions.dependencies = ["map"]
    graph = lab.client.submit_workflow(workflow, lab.user.prvkey)
    mapping = lab.assign()
    reducing = lab.client.find_process("reduce", graph.processids, lab.user.prvkey)
    for number in range(2):
        lab.client.add_child(
            graph.processgraphid,
            mapping.processid,
            reducing.processid,
            lab.spec("part", [number]),
            f"part-{number}",
            False,
            lab.executor.prvkey,
        )
    lab.close(mapping)
    for _ in range(2):
        part = lab.assign()
        assert part.spec.funcname == "part"
        lab.close(part, part.spec.args[0] * 10)
    reducing = lab.assign()
    assert (reducing.spec.nodename, sorted(reducing.input or ())) == ("reduce", [0, 10])
    lab.close(reducing)
    ended = lab.client.get_processgraph(graph.processgraphid, lab.user.prvkey)
    assert (ended.state, len(ended.processids)) == (Colonies.SUCCESSFUL, 4)


def test_a_child_put_in_between(lab: Lab) -> None:
    workflow = Workflow(colonyname=lab.colonyname, functionspecs=[lab.spec("first"), lab.spec("last")])
    workflow.functionspecs[1].conditions.dependencies = ["first"]
    graph = lab.client.submit_workflow(workflow, lab.user.prvkey)
    first = lab.assign()
    arguments = (graph.processgraphid, first.processid, "", lab.spec("between"), "between", True)
    lab.client.add_child(*arguments, lab.executor.prvkey)
    names = [first.spec.nodename]
    lab.close(first)
    for _ in range(2):
        process = lab.assign()
        names.append(process.spec.nodename)
        lab.close(process)
    assert names == ["first", "between", "last"]


def test_lists_and_removal(lab: Lab) -> None:
    graphs = [diamond(lab) for _ in range(3)]
    listed = lab.client.get_processgraphs(lab.colonyname, 10, lab.user.prvkey, state=Colonies.WAITING)
    assert {graph["processgraphid"] for graph in listed} == {graph.processgraphid for graph in graphs}
    lab.client.remove_processgraph(graphs[0].processgraphid, lab.user.prvkey)
    assert len(lab.client.get_processgraphs(lab.colonyname, 10, lab.user.prvkey)) == 2
    lab.client.remove_all_processgraphs(lab.colonyname, lab.owner.prvkey, state=-1)
    assert not lab.client.get_processgraphs(lab.colonyname, 10, lab.user.prvkey)
    assert not lab.client.list_processes(lab.colonyname, 10, Colonies.WAITING, lab.user.prvkey)
