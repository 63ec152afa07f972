"""Children that functions add to their workflow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from colonyos_gen import (
    SUCCESS,
    WAITING,
    ConflictError,
    Context,
    FunctionSpec,
    PrivateKey,
    Process,
    Worker,
    WorkflowSpec,
)
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until


def node(colony: LocalColony, funcname: str, nodename: str, *after: str) -> FunctionSpec:
    """A node of a workflow."""
    spec = FunctionSpec.new(funcname, EXECUTORTYPE, colony.name)
    spec.nodename = nodename
    spec.conditions.dependencies = list(after)
    return spec


def make(colony: LocalColony, key: PrivateKey | None = None) -> tuple[Worker, list[Process | Exception]]:
    """A worker with functions that add children, and what came of it."""
    worker, added = Worker(EXECUTORTYPE, prvkey=key or PrivateKey.generate()), list[Process | Exception]()

    @worker.function
    async def task(count: int, ctx: Context) -> str:
        for number in range(count):
            try:
                added.append(await ctx.add_child(node(colony, "leaf", f"child-{number}")))
            except (ConflictError, ValueError) as error:
                added.append(error)
        return "parent"

    @worker.function
    def thread(ctx: Context) -> str:
        ctx.add_child(node(colony, "leaf", "child-0"), insert=True)
        return "parent"

    @worker.function
    def leaf(inputs: list[str]) -> str:
        return "+".join(inputs)

    return worker, added


def start(colony: LocalColony, *nodes: FunctionSpec) -> str:
    """Submit a workflow; its id."""
    spec = WorkflowSpec(colonyname=colony.name, functionspecs=list(nodes))
    return colony.client.submit_workflow(spec).processgraphid


def outputs(colony: LocalColony, graphid: str) -> dict[str, object]:
    """The outputs of the nodes of a workflow that has ended."""
    until(lambda: colony.client.get_processgraph(graphid).state is SUCCESS)
    graph = colony.client.get_processgraph(graphid)
    nodes = [colony.client.get_process(each) for each in graph.processids]
    return {each.spec.nodename: each.output[0] for each in nodes}


def test_a_child_gets_the_output_of_its_parent(colonies: LocalColony) -> None:
    worker, added = make(colonies)
    graphid = start(colonies, args(node(colonies, "task", "root"), 2))
    with colonies.worker(worker):
        assert outputs(colonies, graphid) == {"root": "parent", "child-0": "parent", "child-1": "parent"}
    assert [each.state for each in added if isinstance(each, Process)] == [WAITING, WAITING]


def test_one_that_is_inserted_goes_before_the_others(colonies: LocalColony) -> None:
    worker, _ = make(colonies)
    graphid = start(colonies, node(colonies, "thread", "root"), node(colonies, "leaf", "last", "root"))
    with colonies.worker(worker):
        assert set(outputs(colonies, graphid)) == {"root", "last", "child-0"}
    processids = colonies.client.get_processgraph(graphid).processids
    nodes = {each.spec.nodename: each for each in map(colonies.client.get_process, processids)}
    assert nodes["child-0"].children == [nodes["last"].processid]


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_lost_reply_adds_no_child_twice(colonies: LocalColony, carried_out: bool) -> None:
    worker, added = make(colonies)
    graphid = start(colonies, args(node(colonies, "task", "root"), 2))
    with colonies.faults.drop("add_child", after_request=carried_out) as fault, colonies.worker(worker):
        assert set(outputs(colonies, graphid)) == {"root", "child-0", "child-1"}
    assert fault.hits == 1
    assert len(colonies.client.get_processgraph(graphid).processids) == 3
    assert [each.spec.nodename for each in added if isinstance(each, Process)] == ["child-0", "child-1"]


def cancel(colony: LocalColony, graphid: str, _key: PrivateKey) -> None:
    """Cancel the workflow."""
    colony.client.cancel_processgraph(graphid)


def close(colony: LocalColony, graphid: str, key: PrivateKey) -> None:
    """Close its first node in the name of the worker, as a second program with its key would."""
    root = colony.client.get_processgraph(graphid).rootprocessids[0]
    colony.client.close(root, prvkey=key)


@pytest.mark.hazards("child_of_closing_parent", "ends_at_once")
@pytest.mark.parametrize(
    ("end", "reason"), [(cancel, "it was cancelled"), (close, "it was closed by somebody else")]
)
def test_a_child_whose_parent_ends_meanwhile_is_told(
    colonies: LocalColony,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[LocalColony, str, PrivateKey], None],
    reason: str,
) -> None:
    monkeypatch.setattr("colonyos_gen.worker._running.watching.LOOK_S", 3600)
    worker, added = make(colonies, key := PrivateKey.generate())
    graphid = start(colonies, args(node(colonies, "task", "root"), 1))
    with (
        colonies.faults.delay("add_child", 0) as sent,
        colonies.faults.delay("get_process", 0, times=1),  # the look before
        colonies.faults.error("get_process", 503, "Service Unavailable", times=None) as away,
        colonies.worker(worker),
    ):
        until(lambda: sent.hits == 1)
        end(colonies, graphid, key)
        away.remove()
        until(lambda: bool(added))
    assert reason in str(added[0])
    assert f"cancel workflow {graphid}" in str(added[0])


def test_outside_of_workflows_there_are_no_children(colonies: LocalColony) -> None:
    worker, added = make(colonies)
    with colonies.worker(worker):
        ended(colonies, submit(colonies, "task", 1))
    assert "not part of a workflow" in str(added[0])


def args(spec: FunctionSpec, *values: object) -> FunctionSpec:
    """The node with arguments."""
    spec.args = list(values)
    return spec
