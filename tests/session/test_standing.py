"""Whoever waits in vain is told in which state the process is, and why."""

from __future__ import annotations

from typing import Any

import pytest
from colonyos_gen_wire import Conditions, Executor

from colonyos_gen import FunctionSpec, WaitTimeout, Worker, workflow
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import until


def told(colony: LocalColony, spec: FunctionSpec | None = None, **conditions: Any) -> str:
    """What a wait says that was too short, of a process with these conditions."""
    if spec is None:
        spec = FunctionSpec(funcname="add", conditions=Conditions(colonyname=colony.name, **conditions))
    handle = colony.session.submit(spec)
    with pytest.raises(WaitTimeout) as caught:
        handle.wait(0.05)
    assert caught.value.standing in str(caught.value)
    return caught.value.standing


def test_nobody_of_that_type(colonies: LocalColony) -> None:
    assert told(colonies, executortype="mth") == (
        "it is WAITING: the colony has no executor of type 'mth' (there are: none)"
    )
    colonies.add_executor("math")
    assert told(colonies, executortype="mth") == (
        "it is WAITING: the colony has no executor of type 'mth' (nearest: 'math')"
    )
    assert told(colonies, executortype="gpu") == (
        "it is WAITING: the colony has no executor of type 'gpu' (there are: 'math')"
    )


def test_those_that_were_there_have_gone(colonies: LocalColony) -> None:
    worker = Worker("math")
    with colonies.worker(worker):
        pass
    colonies.advance(minutes=12)
    assert told(colonies, executortype="math").endswith(", those that were there have gone")


def test_nobody_is_approved(colonies: LocalColony) -> None:
    executor = Executor.new("late", colonies.add_executor("other").key.id[::-1], "math", colonies.name)
    colonies.client.add_executor(executor)
    assert told(colonies, executortype="math") == (
        "it is WAITING: no executor of type 'math' is approved: late (PENDING)"
    )


def test_conditions_that_nobody_fulfils(colonies: LocalColony) -> None:
    name = colonies.add_executor("math").name
    assert told(colonies, executortype="math", executornames=["x"]) == (
        f"it is WAITING: none of the executors that it is for is there: x (of that type: {name} (APPROVED))"
    )
    assert told(colonies, executortype="math", locationname="moon") == (
        "it is WAITING: no executor of type 'math' is at location 'moon' (they are at: none)"
    )
    assert told(colonies, executortype="math", nodes=128).startswith("it is WAITING: it asks for more nodes")
    assert told(colonies, executortype="math", cpu="2000m").endswith(
        "; it asks for cpu 2000m, which a worker must have free"
    )


def test_a_paused_colony(colonies: LocalColony) -> None:
    colonies.add_executor("math")
    colonies.client.pause_assignments(colonies.name)
    assert told(colonies, executortype="math") == "it is WAITING: assignments are paused in colony 'dev'"


def test_all_are_busy(colonies: LocalColony) -> None:
    worker = Worker("math", name="m")

    @worker.function
    async def add(ctx: Any) -> None:
        await ctx.wait_cancelled()

    with colonies.worker(worker):
        handle = colonies.submit("add", to="math")
        until(lambda: handle.refresh().state.name == "RUNNING")
        assert told(colonies, executortype="math") == (
            "it is WAITING: 1 of type 'math' is there, and 1 busy with 1 process"
        )
        with pytest.raises(WaitTimeout) as caught:
            handle.wait(0.05)
        assert caught.value.standing.startswith("it is RUNNING on m for ")
        handle.cancel()


def test_parents_that_have_not_ended(colonies: LocalColony) -> None:
    flow = workflow("w", to="math")
    first = flow.task("first")
    flow.task("second", after=first)
    submitted = colonies.session.submit(flow)
    handle = submitted.node("second")
    with pytest.raises(WaitTimeout) as caught:
        handle.wait(0.05)
    assert caught.value.standing == "it is WAITING: it comes after first (WAITING)"
