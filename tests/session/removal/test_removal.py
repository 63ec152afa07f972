"""Processes and workflows are removed so that no server comes to harm: the fixture fails tests that would do any."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from datetime import UTC, datetime

import pytest
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.methods.process import CANCEL_PROCESS
from colonyos_gen_wire.methods.workflow import GET_PROCESSGRAPH
from msgspec.structs import replace

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncSession,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    RemovalRefused,
    RPCError,
    Session,
    connect,
    workflow,
)
from colonyos_gen.server._front.envelope import write_reply
from colonyos_gen.session._removal.procedure import HELD_S
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing
from tests.session.test_cancelling import accepted_in_vain, begun, leaves


def is_there(colonies: LocalColony, processid: str) -> bool:
    try:
        colonies.client.get_process(processid)
    except NotFoundError:
        return False
    return True


def workflow_is_there(colonies: LocalColony, processgraphid: str) -> bool:
    try:
        colonies.client.get_processgraph(processgraphid)
    except NotFoundError:
        return False
    return True


@pytest.mark.hazards("close_meets_removal")  # by the last call, on a machine that is fast enough
@pytest.mark.parametrize("state", list(map(int, (WAITING, RUNNING, SUCCESS, FAILED, CANCELLED))))
def test_a_process_in_any_state(colonies: LocalColony, state: int) -> None:
    handle, executor = begun(colonies) if state in (RUNNING, SUCCESS, FAILED) else (None, None)
    handle = handle or colonies.submit("add", 1, to="nobody", channels=["out"])
    if executor is not None and state == SUCCESS:
        executor.client.close(handle.processid)
    elif executor is not None and state == FAILED:
        executor.client.fail(handle.processid, errors=["no"])
    elif state == CANCELLED:
        handle.cancel()
    handle.remove()
    assert not is_there(colonies, handle.processid)
    with pytest.raises(NotFoundError):
        handle.remove()
    if executor is not None and state == RUNNING:
        with pytest.raises(NotFoundError):
            executor.client.close(handle.processid)


def test_a_process_that_ended_long_ago_goes_at_once() -> None:
    with LocalColony(start=datetime(2020, 1, 1, tzinfo=UTC)) as past:
        handle, executor = begun(past)
        executor.client.close(handle.processid)
        handle.remove(timeout=60)
        assert not is_there(past, handle.processid)


@pytest.mark.parametrize("carried_out", [False, True])
def test_answers_that_are_lost(colonies: LocalColony, carried_out: bool) -> None:
    handle = colonies.submit("add", 1, to="nobody")
    cancel = colonies.faults.drop("cancel_process", after_request=carried_out)
    remove = colonies.faults.drop("remove_process", after_request=carried_out)
    handle.remove()
    assert (cancel.hits, remove.hits) == (1, 1)
    assert not is_there(colonies, handle.processid)
    flow = leaves(colonies)
    remove = colonies.faults.drop("remove_processgraph", after_request=carried_out)
    flow.remove()
    assert remove.hits == 1
    assert not workflow_is_there(colonies, flow.processgraphid)


@pytest.mark.parametrize("how", ["cancelled", "deadline", "failed with its workflow"])
def test_a_worker_that_was_not_asked_gets_time_to_notice(colonies: LocalColony, how: str) -> None:
    if how == "failed with its workflow":
        with workflow("cascade", to="math") as wf:
            first, second = wf.task("add", 1, name="first"), wf.task("add", 2, name="second")
            wf.task("add", 3, name="last", after=[first, second])
        flow = colonies.submit(wf)
        executor = colonies.add_executor("math")
        assigned = [executor.client.assign(colonies.name, 10) for _ in range(2)]
        executor.client.fail(assigned[0].processid, errors=["no"])
        began = time.monotonic()
        assert flow.refresh().done
        flow.remove(timeout=0)
        assert time.monotonic() - began >= HELD_S
        return
    executor = colonies.add_executor("math")
    handle = colonies.submit("add", 1, to="math", maxexectime=60, maxretries=0)
    executor.client.assign(colonies.name, 10)
    began = time.monotonic()
    if how == "cancelled":
        handle.cancel()
    else:
        colonies.advance(minutes=2)
    handle.remove(timeout=0)
    assert time.monotonic() - began >= HELD_S
    assert not is_there(colonies, handle.processid)


def test_what_cannot_be_stopped_stays(colonies: LocalColony) -> None:
    handle, _ = begun(colonies)
    with (
        accepted_in_vain(colonies, "cancel_process", CANCEL_PROCESS.msgtype, times=None),
        pytest.raises(
            RemovalRefused, match=r"it is RUNNING still, although a cancel was sent; [\d.]+ s have passed"
        ) as caught,
    ):
        handle.remove(timeout=3)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert handle.refresh().state is RUNNING


def test_a_process_that_goes_on_after_all_is_cancelled_again(colonies: LocalColony) -> None:
    handle = colonies.submit("add", 1, to="math")
    with accepted_in_vain(colonies, "cancel_process", CANCEL_PROCESS.msgtype, times=4) as fault:
        handle.remove()
    assert fault.hits == 4
    assert not is_there(colonies, handle.processid)


def test_a_node_is_refused_with_its_workflow(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    node = flow.node("leaf-0")
    with pytest.raises(RemovalRefused, match=f"it belongs to workflow {flow.processgraphid}"):
        node.remove()
    assert node.refresh().state is WAITING


def test_a_server_that_is_away(colonies: LocalColony) -> None:
    handle = colonies.submit("add", 1, to="nobody")
    with colonies.outage(), pytest.raises(ConnectionFailedError):
        handle.remove(timeout=0.5)
    assert is_there(colonies, handle.processid)
    with colonies.faults.error("get_process", 503, times=3):
        handle.remove()
    assert not is_there(colonies, handle.processid)


@pytest.mark.parametrize("how", ["waiting", "running", "half done", "failed and going on", "done"])
def test_a_workflow(colonies: LocalColony, how: str) -> None:
    flow = leaves(colonies, 3)
    executor = colonies.add_executor("math")
    if how != "waiting":
        ids = [executor.client.assign(colonies.name, 10).processid for _ in range(3)]
        if how in ("half done", "done"):
            executor.client.close(ids[0])
        if how == "failed and going on":
            executor.client.fail(ids[0], errors=["no"])
        if how == "done":
            executor.client.close(ids[1])
            executor.client.close(ids[2])
    flow.remove()
    assert not workflow_is_there(colonies, flow.processgraphid)
    with pytest.raises(NotFoundError):
        flow.remove()


def test_a_workflow_that_stays_running(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    executor = colonies.add_executor("math")
    for _ in range(2):
        executor.client.close(executor.client.assign(colonies.name, 10).processid)
    stuck = replace(colonies.client.get_processgraph(flow.processgraphid), state=RUNNING)
    answer = write_reply(GET_PROCESSGRAPH.msgtype, encode(stuck)).decode()
    cancels = colonies.faults.delay("cancel_processgraph", 0)
    colonies.faults.error("get_processgraph", 200, answer, times=1)
    flow.remove()
    assert cancels.hits == 1
    assert not workflow_is_there(colonies, flow.processgraphid)


def test_removed_while_it_is_worked_on(colonies: LocalColony) -> None:
    """Workers take, close and fail; everything is cancelled and removed meanwhile, by two sessions and many tasks."""

    async def main() -> None:
        session, other = (
            colonies.asession,
            AsyncSession(colonies.add_executor("other").aclient, colonies.name),
        )
        handles = [await session.submit("add", n, to="math") for n in range(40)]

        async def remove(number: int) -> None:
            handle = handles[number]
            again = await other.process(handle.processid)
            await asyncio.gather(handle.cancel(), again.cancel(), handle.refresh())
            outcomes = await asyncio.gather(handle.remove(), again.remove(), return_exceptions=True)
            assert [type(each) for each in outcomes if each is not None] == [NotFoundError]

        await asyncio.gather(*map(remove, range(40)))
        assert not any(is_there(colonies, each.processid) for each in handles)

    with executing(colonies, threads=3):
        asyncio.run(main())


def test_threads_wait_for_each_other(colonies: LocalColony) -> None:
    """Sessions with event loops of their own, too."""
    handle = colonies.submit("add", 1, to="nobody")
    outcomes: list[object] = []

    def act(session: Session, remove: bool) -> None:
        try:
            mine = session.process(handle.processid)
            if remove:
                mine.remove()
                outcomes.append(None)
            else:
                outcomes.append(mine.cancel())
        except RPCError as error:
            outcomes.append(type(error))

    keys = {"member": colonies.user_key}
    with connect(colonies.name, url=colonies.url, keys=keys, environ={}) as other:
        threads = [
            threading.Thread(target=act, args=((colonies.session, other)[n % 2], n % 4 < 2)) for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes.count(None) == 1
    assert not is_there(colonies, handle.processid)


def test_whoever_gives_up_waiting_lets_the_next_one_go_on(colonies: LocalColony) -> None:
    async def main() -> None:
        session = colonies.asession
        handle = await session.submit("add", 1, to="nobody")
        tasks = [asyncio.create_task(handle.cancel()) for _ in range(6)]
        await asyncio.sleep(0)
        for task in tasks[:5]:
            task.cancel()
        assert await asyncio.wait_for(tasks[5], 30) is CANCELLED
        await handle.remove()

    asyncio.run(main())
    handle = colonies.submit("add", 1, to="nobody")
    handle.remove()


def test_all_processes(colonies: LocalColony) -> None:
    flow = leaves(colonies, 101)  # as many as hide what comes behind them in a list
    ended = [begun_and_closed(colonies) for _ in range(3)]
    waiting = [colonies.submit("add", n, to="nobody").processid for n in range(5)]
    running, _ = begun_beside(colonies)
    outcome = colonies.session.remove_all_processes(SUCCESS)
    assert set(outcome.removed) == set(ended)
    outcome = colonies.session.remove_all_processes()
    assert set(outcome.removed) == {*waiting, running}
    assert outcome.refused == {}
    assert len(flow.processes()) == 101
    assert colonies.session.remove_all_workflows(SUCCESS).removed == []
    assert colonies.session.remove_all_workflows().removed == [flow.processgraphid]


def begun_beside(colonies: LocalColony) -> tuple[str, None]:
    handle = colonies.submit("add", 1, to="beside")
    colonies.add_executor("beside").client.assign(colonies.name, 10)
    return handle.processid, None


def begun_and_closed(colonies: LocalColony) -> str:
    handle = colonies.submit("add", 1, to="beside")
    executor = colonies.add_executor("beside")
    executor.client.assign(colonies.name, 10)
    executor.client.close(handle.processid)
    return handle.processid


def test_some_are_refused(colonies: LocalColony) -> None:
    first, second = begun_beside(colonies)[0], colonies.submit("add", 1, to="nobody").processid
    with accepted_in_vain(colonies, "cancel_process", CANCEL_PROCESS.msgtype, times=None):
        outcome = colonies.session.remove_all_processes(timeout=2)
    assert outcome.removed == []
    assert all(isinstance(each, RemovalRefused) for each in outcome.refused.values())
    assert set(outcome.refused) == {first, second}
    assert is_there(colonies, first)
    assert is_there(colonies, second)
    assert set(colonies.session.remove_all_processes().removed) == {first, second}


def test_the_generated_methods_stay_as_they_are(colonies: LocalColony) -> None:
    handle, _ = begun(colonies)
    with pytest.raises(ConflictError):
        colonies.client.remove_process(handle.processid)
