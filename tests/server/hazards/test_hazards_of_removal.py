"""Removal of what others work with is noticed; removal of what is over is not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from colonyos_gen_wire.constants import CANCELLED, SUCCESS, WAITING
from colonyos_gen_wire.methods import channel, process, workflow
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.requests.channel import ChannelAppendMsg
from colonyos_gen_wire.requests.process import GetProcessMsg, SubmitFunctionSpecMsg
from colonyos_gen_wire.requests.workflow import (
    RemoveAllProcessGraphsMsg,
    RemoveProcessGraphMsg,
    SubmitWorkflowSpecMsg,
)
from colonyos_gen_wire.types.workflow import WorkflowSpec

from colonyos_gen.server import ManualClock
from colonyos_gen.server.hazards import LOOK_S
from tests.server.kit import workflow_lab
from tests.server.kit.lab import COLONY, Lab, Refused, spec
from tests.server.kit.stored import node

from .hazard_lab import (
    at_once,
    cancel,
    close,
    noticed,
    play,
    polling,
    remove,
    remove_all,
    remove_colony,
    settled,
)

pytestmark = pytest.mark.hazards
START = datetime(2026, 1, 1, tzinfo=UTC)
EVERY_STATE = -1


def test_a_colony_in_which_somebody_waits_for_work() -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        async with polling(here, executor):
            await here.call(*remove_colony(here))
        assert noticed(here) == {"colony_removed_while_worked_in": 1}
        [seen] = here.server.hazards.seen
        assert [part.msgtype for part in seen.parts] == ["removecolonymsg", "assignprocessmsg"]
        assert [part.who for part in seen.parts] == ["the server owner", "e"]
        assert [part.under_way for part in seen.parts] == [False, True]

    play(act)


def test_a_colony_in_which_something_runs() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user)
        await here.assign(executor)
        await here.call(*remove_colony(here))
        assert noticed(here) == {"colony_removed_while_worked_in": 1}

    play(act)


def test_a_colony_in_which_something_runs_towards_a_deadline() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user, spec(maxexectime=100))
        await here.assign(executor)
        await here.call(*remove_colony(here))
        assert noticed(here) == {
            "colony_removed_while_worked_in": 1,
            "exec_deadline_meets_colony_removal": 1,
        }

    play(act)


def test_a_colony_that_somebody_submits_to() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        submission = user, process.SUBMIT, SubmitFunctionSpecMsg(spec=spec())
        await at_once(here, submission, remove_colony(here))
        assert noticed(here) == {"colony_removed_while_worked_in": 1}

    play(act)


def test_a_colony_whose_workers_have_stopped() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        async with polling(here, executor):
            pass
        while here.server.listeners:
            await asyncio.sleep(0.001)
        given = await here.submit(user)
        await here.assign(executor)
        await here.close(executor, given.processid)
        await settled(here, user, given.processid)
        await here.call(*remove_colony(here))
        assert noticed(here) == {}

    play(act)


@pytest.mark.parametrize("ending", ["left", "answered"])
def test_a_colony_whose_worker_has_just_given_its_poll_up(ending: str) -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        if ending == "answered":
            with pytest.raises(Refused):
                await here.assign(executor, -1)
            assert await at_once(here, remove_colony(here)) == [200]
        else:
            async with polling(here, executor):
                pass
            while here.server.listeners:
                await asyncio.sleep(0)
            await here.call(*remove_colony(here))
        assert noticed(here) == {}

    play(act)


def test_a_colony_in_which_somebody_closes_at_the_moment() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        given = await here.submit(user)
        await here.assign(executor)
        await at_once(here, close(executor, given.processid), remove_colony(here))
        assert noticed(here) == {"colony_removed_while_worked_in": 1}

    play(act)


def test_a_colony_beside_one_in_which_somebody_works() -> None:
    async def act(here: Lab) -> None:
        executor = await here.add_executor("e")
        await here.add_colony("other")
        async with polling(here, executor):
            key, method, request = remove_colony(here)
            await here.call(key, method, type(request)(colony_name="other"))
        assert noticed(here) == {}

    play(act)


def test_all_processes_while_something_runs() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user)
        await here.assign(executor)
        await here.call(*remove_all(here, EVERY_STATE))
        assert noticed(here) == {"all_processes_removed_while_closing": 1}

    play(act)


@pytest.mark.parametrize("state", [EVERY_STATE, WAITING])
def test_waiting_processes_while_somebody_submits(state: int) -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        submission = user, process.SUBMIT, SubmitFunctionSpecMsg(spec=spec())
        await at_once(here, submission, remove_all(here, state))
        assert noticed(here) == {"all_processes_removed_while_submitting": 1}

    play(act)


def test_processes_that_have_ended() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        given = await here.submit(user)
        await here.assign(executor)
        await here.close(executor, given.processid)
        await here.submit(user)
        running = await here.assign(executor)
        submission = user, process.SUBMIT, SubmitFunctionSpecMsg(spec=spec())
        await at_once(here, submission, remove_all(here, SUCCESS))
        assert noticed(here) == {}
        assert not (await here.process(user, running.processid)).state.is_final

    play(act)


def test_waiting_processes_when_nobody_submits() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        await here.submit(user)
        await here.call(*remove_all(here, WAITING))
        assert noticed(here) == {}

    play(act)


@pytest.mark.parametrize("by_state", [False, True])
def test_a_process_whose_time_to_wait_is_nearly_over(by_state: bool) -> None:
    clock = ManualClock(START)

    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user, spec(maxwaittime=10))
        clock.advance(9)
        await here.call(*(remove_all(here, WAITING) if by_state else remove(user, process.processid)))
        assert noticed(here) == {"wait_deadline_meets_removal": 1}

    play(act, clock=clock)


def test_a_process_with_time_to_wait_left() -> None:
    clock = ManualClock(START)

    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user, spec(maxwaittime=10))
        clock.advance(5)
        await here.call(*remove(user, process.processid))
        assert noticed(here) == {}

    play(act, clock=clock)


def test_a_waiting_process_with_channels() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user, spec(channels=["c"]))
        await here.call(*remove(user, process.processid))
        assert noticed(here) == {"channel_never_freed": 1}

    play(act)


def test_a_cancelled_process_with_channels() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user, spec(channels=["c"]))
        await here.call(*cancel(user, process.processid))
        await here.call(*remove(user, process.processid))
        assert noticed(here) == {}

    play(act)


def test_something_is_appended_after_the_cancel() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user, spec(channels=["c"]))
        append = ChannelAppendMsg(processid=process.processid, channelname="c", sequence=1, data=b"x")
        await here.call(user, channel.CHANNEL_APPEND, append)
        assert noticed(here) == {}
        await here.call(*cancel(user, process.processid))
        await at_once(here, (user, channel.CHANNEL_APPEND, append))
        assert noticed(here) == {"channel_never_freed": 1}

    play(act)


@pytest.mark.parametrize("looks", [True, False])
def test_an_executor_appends_to_what_was_cancelled_without_its_knowing(looks: bool) -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        process = await here.submit(user, spec(channels=["c"]))
        await here.assign(executor)
        await here.call(*cancel(user, process.processid))
        append = ChannelAppendMsg(processid=process.processid, channelname="c", sequence=1, data=b"x")
        await at_once(here, (executor, channel.CHANNEL_APPEND, append))
        assert noticed(here) == {}
        if looks:
            await here.call(executor, GET_PROCESS, GetProcessMsg(processid=process.processid))
        await asyncio.sleep(LOOK_S + 0.5)
        assert noticed(here) == ({} if looks else {"channel_never_freed": 1})

    play(act)


def test_a_waiting_workflow_while_somebody_waits_for_work() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a", executortype="nobody"))
        async with polling(here, executor):
            await workflow_lab.remove(here, user, graph.processgraphid)
        assert noticed(here) == {"waiting_workflow_removed_while_assigning": 1}

    play(act)


def test_a_cancelled_workflow_while_somebody_waits_for_work() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a", executortype="nobody"))
        async with polling(here, executor):
            await workflow_lab.cancel(here, user, graph.processgraphid)
            await workflow_lab.remove(here, user, graph.processgraphid)
        assert noticed(here) == {}

    play(act)


def test_a_failed_workflow_of_which_a_node_runs() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a"), node("b"))
        one, other = await here.assign(executor), await here.assign(executor)
        await workflow_lab.fail(here, executor, one)
        await workflow_lab.remove(here, user, graph.processgraphid)
        assert noticed(here) == {"failed_workflow_removed_while_closing": 1}
        assert other.processid[:12] in here.server.hazards.seen[0].detail

    play(act)


def test_a_failed_workflow_of_which_a_node_is_closed_at_the_moment() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a"), node("b"))
        one, other = await here.assign(executor), await here.assign(executor)
        await workflow_lab.fail(here, executor, one)
        removal = RemoveProcessGraphMsg(processgraphid=graph.processgraphid)
        await at_once(here, close(executor, other.processid), (user, workflow.REMOVE_PROCESSGRAPH, removal))
        assert noticed(here) == {"failed_workflow_removed_while_closing": 1}

    play(act)


def test_a_failed_workflow_of_which_every_node_has_ended() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a"), node("b"))
        one, other = await here.assign(executor), await here.assign(executor)
        await workflow_lab.fail(here, executor, one)
        await here.close(executor, other.processid)
        states = await workflow_lab.states(here, user, graph.processgraphid)
        assert all(state.is_final for state in states.values())
        await workflow_lab.remove(here, user, graph.processgraphid)
        assert noticed(here) == {}

    play(act)


@pytest.mark.parametrize("state", [SUCCESS, CANCELLED, EVERY_STATE])
def test_workflows_by_state_while_one_is_half_done(state: int) -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await workflow_lab.submit(here, user, node("a"), node("b", "a"))
        await here.close(executor, (await here.assign(executor)).processid)
        await workflow_lab.remove_all(here, here.colony_key, state)
        assert noticed(here) == {"workflows_removed_by_state": 1}

    play(act)


def test_workflows_by_state_while_somebody_submits_one() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        specification = WorkflowSpec(colonyname=COLONY, functionspecs=[node("a")])
        submission = user, workflow.SUBMIT_WORKFLOW, SubmitWorkflowSpecMsg(workflowspec=specification)
        request = RemoveAllProcessGraphsMsg(colonyname=COLONY, state=WAITING)
        await at_once(here, submission, (here.colony_key, workflow.REMOVE_ALL_PROCESSGRAPHS, request))
        assert noticed(here) == {"all_workflows_removed_while_submitting": 1}

    play(act)


def test_workflows_by_state_when_all_have_ended() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await workflow_lab.submit(here, user, node("a"))
        await here.close(executor, (await here.assign(executor)).processid)
        assert not await workflow_lab.graphs(here, user, WAITING)
        await workflow_lab.remove_all(here, here.colony_key, SUCCESS)
        assert noticed(here) == {}

    play(act)
