"""Whoever waits in vain is told in which state the process is, and why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from colonyos_gen_wire import Conditions, Executor

from colonyos_gen import FunctionSpec, WaitTimeout, Worker, as_completed, gather, workflow
from colonyos_gen.errors import NoProcessError
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
        "; it asks for cpu 2000m, which executors that say what they have must have free"
    )
    assert told(colonies, executortype="math", storage="10Mi").endswith(
        "must have free; most servers give what asks for storage to nobody"
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


def line(colony: LocalColony, **to: str) -> Any:
    """A workflow, submitted: tasks of which each comes after the one before, with the executor type of each."""
    flow, before = workflow("w"), None
    for name, executortype in to.items():
        before = flow.task("f", name=name, to=executortype, after=[] if before is None else [before])
    return colony.session.submit(flow)


def test_a_workflow_tells_which_of_its_processes_waits_for_what(colonies: LocalColony) -> None:
    math = colonies.add_executor("math")
    handle = line(colonies, first="math", second="mth", third="math")
    math.client.close(math.client.assign(colonies.name, 10).processid)
    with pytest.raises(WaitTimeout) as caught:
        handle.wait(0.3)
    expected = (
        "it is RUNNING: 1 of 3 processes have ended; "
        "'second' is WAITING: the colony has no executor of type 'mth' (nearest: 'math'); 1 comes after others"
    )
    assert caught.value.standing == expected
    assert expected in str(caught.value)
    assert handle.explain() == expected
    assert repr(handle).endswith(f" 3 processes {expected.removeprefix('it is ')}>")


def test_an_output_of_a_workflow_tells_of_its_process(colonies: LocalColony) -> None:
    handle = line(colonies, first="mth")
    with pytest.raises(WaitTimeout) as caught:
        handle.output("first", 0.2)
    assert caught.value.standing == (
        "'first' is WAITING: the colony has no executor of type 'mth' (there are: none)"
    )


def test_of_a_wide_workflow_a_few_processes_are_told_and_the_others_counted(colonies: LocalColony) -> None:
    colonies.add_executor("math")
    flow = workflow("w", to="gpu")
    flow.task("sum", after=[flow.task("part", name=f"p{n}") for n in range(50)])
    handle = colonies.session.submit(flow)
    asked = colonies.faults.delay("get_process", 0)
    told = handle.explain()
    assert told.startswith("it is WAITING: 0 of 51 processes have ended; 'p")
    assert told.endswith(
        " are WAITING: the colony has no executor of type 'gpu' (there are: 'math'); 47 more are next to them; "
        "1 comes after others"
    )
    assert asked.hits == 3


def test_what_runs_in_a_workflow(colonies: LocalColony) -> None:
    math = colonies.add_executor("math")
    handle = line(colonies, first="math")
    math.client.assign(colonies.name, 10)
    assert handle.explain().startswith(
        f"it is RUNNING: 0 of 1 processes have ended; 'first' is RUNNING on {math.name} for "
    )


@pytest.mark.parametrize("how", ["gather", "as_completed"])
def test_of_several_the_first_is_told_and_the_others_counted(colonies: LocalColony, how: str) -> None:
    colonies.add_executor("math")
    handles = [colonies.submit("f", n, to="mth") for n in range(3)]
    with pytest.raises(WaitTimeout) as caught:
        gather(handles, timeout=0.3) if how == "gather" else list(as_completed(handles, timeout=0.3))
    assert caught.value.handle is handles[0]
    assert caught.value.standing == (
        "it is WAITING: the colony has no executor of type 'mth' (nearest: 'math'); "
        "2 of the other 2 have not ended either"
    )


def test_a_handle_shows_what_was_told_and_asks_nobody(colonies: LocalColony) -> None:
    handle = colonies.submit("f", to="mth")
    assert repr(handle) == f"<ProcessHandle 'f' {handle.processid[:8]}… WAITING>"
    told = handle.explain()
    assert told == "it is WAITING: the colony has no executor of type 'mth' (there are: none)"
    with colonies.outage():
        assert handle.standing == told
        assert repr(handle) == f"<ProcessHandle 'f' {handle.processid[:8]}… {told.removeprefix('it is ')}>"
    handle.cancel()
    assert handle.standing == handle.explain() == "it is CANCELLED"


def test_without_a_server_only_what_was_seen_is_told(colonies: LocalColony) -> None:
    handle, flow = colonies.submit("f", to="mth"), line(colonies, first="mth")
    with colonies.outage():
        assert handle.explain() == "it is WAITING"
        assert flow.explain() == "it is WAITING"


def test_three_are_busy(colonies: LocalColony) -> None:
    for _ in range(3):
        executor = colonies.add_executor("math")
        colonies.submit("f", to="math")
        executor.client.assign(colonies.name, 10)
    assert told(colonies, executortype="math") == (
        "it is WAITING: 3 of type 'math' are there, and 3 busy with 3 processes"
    )


def test_nothing_was_heard_of_those_that_are_there() -> None:
    with LocalColony(stale_after=100_000) as colony:
        silent, other = colony.add_executor("math"), colony.add_executor("other")
        for executor in (silent, other):
            colony.submit("f", to="math" if executor is silent else "other")
            executor.client.assign(colony.name, 10)
        colony.advance(minutes=15)
        colony.submit("f", to="other")
        other.client.assign(colony.name, 10)  # by which the time of the server is known
        assert told(colony, executortype="math") == (
            f"it is WAITING: none of type 'math' has been heard from for 15 minutes: {silent.name} (APPROVED)"
        )


def test_coroutines_are_told_the_same(colonies: LocalColony) -> None:
    async def main() -> None:
        session = colonies.asession
        handles = [await session.submit("f", to="mth") for _ in range(3)]
        flow = workflow("w", to="mth")
        flow.task("g", name="first")
        submitted = await session.submit(flow)
        why = "the colony has no executor of type 'mth' (there are: none)"
        with pytest.raises(WaitTimeout) as caught:
            await gather(handles, timeout=0.2)
        assert caught.value.standing == f"it is WAITING: {why}; 2 of the other 2 have not ended either"
        with pytest.raises(WaitTimeout) as caught:
            await submitted.wait(0.2)
        expected = f"it is WAITING: 0 of 1 processes have ended; 'first' is WAITING: {why}"
        assert caught.value.standing == submitted.standing == expected

    asyncio.run(main())


def test_what_is_asked_for_while_many_wait_is_bounded(colonies: LocalColony) -> None:
    """Of waits that end in vain at the same time, not each asks for its reason."""
    handles = [colonies.submit("f", to="mth") for _ in range(20)]
    asked = colonies.faults.delay("get_executors", 0.5)

    async def main() -> list[BaseException | None]:
        mine = [await colonies.asession.process(each.processid) for each in handles]
        ends: list[BaseException | None] = await asyncio.gather(
            *(each.output(0.3) for each in mine), return_exceptions=True
        )
        return ends

    errors = asyncio.run(main())
    assert all(isinstance(each, WaitTimeout) for each in errors)
    assert 1 <= asked.hits < len(errors)


def test_those_that_have_ended_are_told_by_their_silence(colonies: LocalColony) -> None:
    """A server takes them for gone after ten minutes only."""
    first, second = colonies.add_executor("math"), colonies.add_executor("math")
    for each in (first, second):
        with pytest.raises(NoProcessError):
            each.client.assign(colonies.name, -1)
    assert told(colonies, executortype="math") == "it is WAITING: 2 of type 'math' are there, and 0 busy"
    colonies.advance(seconds=70)
    other = colonies.add_executor("other")  # by which the time of the server is seen
    with pytest.raises(NoProcessError):
        other.client.assign(colonies.name, -1)
    text = told(colonies, executortype="math")
    assert text.startswith(
        "it is WAITING: 2 of type 'math' are there, and 0 busy; none of those that are idle has been"
    )
    assert f" 7{text.partition(' for 7')[2][0]} s, so may have ended: " in text
    assert first.name in text
    assert second.name in text
    second.client.assign(colonies.name, -1)
    text = told(colonies, executortype="math")
    assert "and 1 busy with 1 process; the idle one has not been heard from for 7" in text
    assert second.name not in text
    colonies.add_executor("math")
    assert "; 1 of 2 that are idle has not been heard from for 7" in told(colonies, executortype="math")


def test_one_that_failed_tells_its_attempts_and_reasons(colonies: LocalColony) -> None:
    worker = Worker("math", name="m")

    @worker.function
    def add() -> None:
        raise ValueError("no numbers \x1b[31m")

    lost = colonies.add_executor("math")
    handle = colonies.submit("add", to="math", maxexectime=60, maxretries=1)
    lost.client.assign(colonies.name, 10)
    colonies.advance(minutes=2)
    with colonies.worker(worker):
        handle.wait(60)
    expected = r"it is FAILED after 2 attempts, on m: ValueError: no numbers \x1b[31m"
    assert handle.explain() == expected
    assert handle.standing == expected
    assert handle.explain() == expected


def test_one_that_was_never_begun_tells_that(colonies: LocalColony) -> None:
    handle = colonies.submit("add", to="math", maxwaittime=10)
    colonies.advance(minutes=1)
    handle.wait(60)
    told = handle.explain()
    assert told.startswith("it is FAILED without an attempt: ")
    assert handle.failure().errors[0] in told


def test_a_workflow_that_failed_tells_of_which_process_and_why(colonies: LocalColony) -> None:
    math = colonies.add_executor("math")
    handle = line(colonies, first="math", second="math")
    math.client.fail(math.client.assign(colonies.name, 10).processid, errors=["no numbers"])
    handle.wait(60)
    assert handle.explain() == "it is FAILED: 'first' FAILED: no numbers"
