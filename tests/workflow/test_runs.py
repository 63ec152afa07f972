"""Built workflows on a server, with executors that work by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen import FAILED, SUCCESS, NoProcessError, Process, Workflow, workflow
from colonyos_gen.testing import LocalColony, LocalExecutor


def _run(executor: LocalExecutor, function: Callable[[Process], Any]) -> int:
    """Let `executor` work until there is nothing to do, and return how much it did."""
    count = 0
    while True:
        try:
            process = executor.client.assign(executor.colonyname, timeout=-1)
        except NoProcessError:
            return count
        executor.client.close(process.processid, output=[function(process)])
        count += 1


def _sweep(width: int) -> Workflow:
    with workflow("sweep", to="hpc") as wf:
        prep = wf.task("prep")
        runs = [wf.task("sim", i, after=prep) for i in range(width)]
        wf.task("reduce", after=runs)
    return wf


def _compute(process: Process) -> Any:
    match process.spec.funcname:
        case "prep":
            return 1000
        case "sim":
            return process.input[0] + process.spec.args[0]
        case _:
            return process.input


def test_outputs_are_passed_on_in_the_order_of_after(colonies: LocalColony) -> None:
    graph = colonies.client.submit_workflow(_sweep(5).spec(colonies.name))
    assert _run(colonies.add_executor("hpc"), _compute) == 7
    reduced = colonies.client.get_process(graph.processids[-1])
    assert reduced.output == [[1000, 1001, 1002, 1003, 1004]]
    assert colonies.client.get_processgraph(graph.processgraphid).state is SUCCESS


def test_five_hundred_at_once(colonies: LocalColony) -> None:
    spec = _sweep(500).spec(colonies.name)
    graph = colonies.client.submit_workflow(spec)
    assert _run(colonies.add_executor("hpc"), _compute) == 502
    assert colonies.client.get_process(graph.processids[-1]).output == [[*range(1000, 1500)]]


def test_executor_types_are_inherited_by_real_processes(colonies: LocalColony) -> None:
    wf = workflow("two types")
    wf.task("score", after=wf.task("train", after=wf.task("load", to="disk"), to="gpu"))
    graph = colonies.client.submit_workflow(wf.spec(colonies.name))
    disk, gpu = colonies.add_executor("disk"), colonies.add_executor("gpu")
    assert (_run(gpu, _compute), _run(disk, _compute), _run(gpu, _compute)) == (0, 1, 2)
    assert colonies.client.get_processgraph(graph.processgraphid).state is SUCCESS


def test_a_task_past_its_time_fails_the_workflow(colonies: LocalColony) -> None:
    wf = workflow("late", to="hpc")
    wf.task("after", after=wf.task("slow", maxexectime=10, maxretries=0))
    graph = colonies.client.submit_workflow(wf.spec(colonies.name))
    colonies.add_executor("hpc").client.assign(colonies.name, timeout=-1)
    colonies.advance(minutes=1)
    assert colonies.client.get_processgraph(graph.processgraphid).state is FAILED


@pytest.mark.parametrize("count", [1, 40])
def test_tasks_in_loops_of_loops(colonies: LocalColony, count: int) -> None:
    with workflow("epochs", to="hpc") as wf:
        model = wf.task("init")
        for epoch in range(3):
            shards = [wf.task("shard", epoch, i, after=model) for i in range(count)]
            model = wf.task("merge", after=shards, name=f"merge-{epoch}")
    colonies.client.submit_workflow(wf.spec(colonies.name))
    assert _run(colonies.add_executor("hpc"), lambda process: len(process.input)) == 1 + 3 * (count + 1)
