"""Workflows: waiting for them, their nodes, and which of them failed and why."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import (
    CANCELLED,
    FAILED,
    SUCCESS,
    AsyncWorkflowHandle,
    Client,
    NotFoundError,
    Process,
    ProcessCancelled,
    ProcessFailed,
    ProcessHandle,
    WaitTimeout,
    Workflow,
    WorkflowError,
    WorkflowHandle,
    WorkflowSpec,
    as_completed,
    workflow,
)
from colonyos_gen.testing import Fault, LocalColony

from .scene import executing


def diamond() -> Workflow:
    with workflow("diamond", to="math") as wf:
        top = wf.task("add", 1, name="top")
        sides = [wf.task("add", n, name=f"side-{n}", after=top) for n in (1, 2)]
        wf.task("add", 10, name="bottom", after=sides)
    return wf


def add(_client: Client, process: Process) -> Any:
    if "fail" in process.spec.kwargs:
        raise ValueError(process.spec.kwargs["fail"])
    return [sum([*process.spec.args, *process.input])]


def test_a_workflow_and_its_outputs(colonies: LocalColony) -> None:
    with executing(colonies, work=add):
        handle = colonies.submit(diamond())
        assert isinstance(handle, WorkflowHandle)
        assert handle.wait(60) is handle
        assert handle.output("bottom") == 15
    assert handle.state is SUCCESS
    processes = handle.processes()
    assert {name: process.output for name, process in processes.items()} == {
        "top": [1],
        "side-1": [2],
        "side-2": [3],
        "bottom": [15],
    }
    assert handle.failures() == {}
    assert repr(handle) == f"<WorkflowHandle {handle.processgraphid[:8]}… 4 processes SUCCESS>"


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    async def main() -> object:
        handle = await colonies.asession.submit(diamond())
        await handle.wait(60)
        assert (await handle.node("top")).state is SUCCESS
        return await handle.output("bottom", timeout=60)

    with executing(colonies, work=add):
        assert asyncio.run(main()) == 15


def test_pictures_show_how_far_it_is(colonies: LocalColony, tmp_path: Path) -> None:
    handle = colonies.submit(diamond())
    executor = colonies.add_executor("math")
    executor.client.close(executor.client.assign(colonies.name, 10).processid)
    executor.client.assign(colonies.name, 10)
    svg = handle.to_svg(tmp_path / "dag.svg")
    assert (tmp_path / "dag.svg").read_text(encoding="utf-8") == svg
    assert svg == handle._repr_svg_()  # pyright: ignore[reportPrivateUsage]
    for part in ("diamond", "side-1", "running", "waiting for parents"):
        assert part in svg
    assert handle.to_mermaid().startswith("flowchart")

    async def main() -> None:
        inner = await colonies.asession.workflow(handle.processgraphid)
        assert await inner.to_svg() == handle.to_svg()
        assert await inner.to_mermaid() == handle.to_mermaid()
        assert "side-1" in inner._repr_svg_()  # pyright: ignore[reportPrivateUsage]

    asyncio.run(main())


def test_an_output_is_there_before_the_workflow_ends(colonies: LocalColony) -> None:
    handle = colonies.submit(diamond())
    executor = colonies.add_executor("math")
    executor.client.close(executor.client.assign(colonies.name, 10).processid, output=["early"])
    assert handle.output("top", timeout=60) == "early"
    with pytest.raises(WaitTimeout) as caught:
        handle.output("bottom", timeout=0.2)
    assert caught.value.handle is handle
    with pytest.raises(LookupError, match=r"has no node 'botom'; did you mean 'bottom'\?"):
        handle.output("botom")
    with pytest.raises(LookupError, match="it has: top, side-1, side-2, bottom"):
        handle.output("x")


def test_specs_may_leave_the_colony_out(colonies: LocalColony) -> None:
    spec = diamond().spec("")
    handle = colonies.submit(WorkflowSpec(colonyname="", functionspecs=spec.functionspecs))
    assert handle.graph.colonyname == colonies.name
    with pytest.raises(WorkflowError):
        colonies.submit(WorkflowSpec(colonyname="", functionspecs=[]))
    with pytest.raises(TypeError, match="leave to= out"):
        colonies.session.submit(diamond(), to="math")  # type: ignore[call-overload]  # pyright: ignore


def test_which_node_failed_and_why(colonies: LocalColony) -> None:
    wf = workflow("sweep", to="math")
    top = wf.task("add", 1, name="top")
    wf.task("add", name="bad", after=top, kwargs={"fail": "no such unit"})
    wf.task("add", 2, name="last", after=["bad", "top"])
    with executing(colonies, work=add):
        handle = colonies.submit(wf).wait(60)
    assert handle.state is FAILED
    failures = handle.failures()
    assert {name: failure.errors for name, failure in failures.items()} == {"bad": ["no such unit"]}
    with pytest.raises(
        ProcessFailed, match=r"'add' \(node 'last'\).* failed: another process of its workflow failed"
    ):
        handle.output("last")


def test_a_leaf_that_fails(colonies: LocalColony) -> None:
    wf = workflow("leaves", to="math")
    wf.task("add", name="bad", kwargs={"fail": "no"})
    wf.task("add", 1, name="good")
    with executing(colonies, work=add):
        handle = colonies.submit(wf)
        assert handle.wait(60).state is FAILED
        assert handle.output("good", timeout=60) == 1
    assert list(handle.failures()) == ["bad"]


@pytest.mark.parametrize("end", ["cancel", "deadline", "remove"])
def test_ends_that_nobody_signals(colonies: LocalColony, end: str) -> None:
    wf = workflow("slow", to="nobody")
    wf.task("work", maxwaittime=60)
    handle = colonies.submit(wf)

    def act() -> None:
        match end:
            case "cancel":
                handle.cancel()
            case "deadline":
                colonies.advance(minutes=2)
            case _:
                colonies.client.remove_processgraph(handle.processgraphid)

    timer = threading.Timer(0.5, act)
    timer.start()
    if end == "remove":
        with pytest.raises(NotFoundError):
            handle.wait(60)
    else:
        assert handle.wait(60).state is (CANCELLED if end == "cancel" else FAILED)
    timer.join()
    if end == "cancel":
        with pytest.raises(ProcessCancelled):
            handle.output("work", timeout=60)


def test_a_restart_while_it_is_waited_for(colonies: LocalColony) -> None:
    async def main() -> AsyncWorkflowHandle:
        handle = await colonies.asession.submit(diamond())
        task = asyncio.create_task(handle.wait(60))
        for _ in range(2):
            await asyncio.sleep(0.2)
            await asyncio.to_thread(colonies.restart)
        assert not task.done()
        with executing(colonies, work=add):
            return await task

    assert asyncio.run(main()).state is SUCCESS


def test_the_end_of_the_time(colonies: LocalColony) -> None:
    handle = colonies.submit(diamond())
    for timeout in (0, 0.3):
        with pytest.raises(
            WaitTimeout, match=f"workflow {handle.processgraphid} did not end within"
        ) as caught:
            handle.wait(timeout)
        assert caught.value.handle is handle
    assert colonies.session.workflow(handle.processgraphid).state.name == "WAITING"
    with colonies.outage(), pytest.raises(WaitTimeout):
        handle.wait(0.5)


def test_workflows_and_processes_as_they_end(colonies: LocalColony) -> None:
    with executing(colonies, work=add):
        handles: list[WorkflowHandle | ProcessHandle] = [
            colonies.submit(diamond()),
            colonies.submit("add", 1, to="math"),
        ]
        assert set(as_completed(handles, timeout=60)) == set(handles)


@pytest.fixture
def counted(colonies: LocalColony) -> dict[str, Fault]:
    names = ("get_process", "get_processes", "get_processgraph", "subscribe_process")
    return {name: colonies.faults.delay(name, 0) for name in names}


def test_500_nodes(colonies: LocalColony, counted: dict[str, Fault]) -> None:
    wf = workflow("sweep", to="math")
    prep = wf.task("add", 0, name="prep")
    runs = [wf.task("add", i, name=f"run-{i}", after=prep) for i in range(500)]
    wf.task("add", name="reduce", after=runs)
    with executing(colonies, work=add, threads=2):
        handle = colonies.submit(wf)
        assert handle.wait(110).output("reduce") == sum(range(500))
    assert counted["get_processgraph"].hits < 150
    assert sum(fault.hits for fault in counted.values()) < 300


def test_500_nodes_that_do_nothing_cost_little(colonies: LocalColony, counted: dict[str, Fault]) -> None:
    wf = workflow("sweep", to="nobody")
    for _ in range(500):
        wf.task("add")
    with pytest.raises(WaitTimeout):
        colonies.submit(wf).wait(6)
    assert sum(fault.hits for fault in counted.values()) < 150
