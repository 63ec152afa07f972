"""Cancelling, and what it tells of what became of it."""

from __future__ import annotations

import asyncio
import threading

import pytest
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.methods.process import CANCEL_PROCESS
from colonyos_gen_wire.methods.workflow import CANCEL_PROCESSGRAPH, GET_PROCESSGRAPH
from msgspec.structs import replace

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    ConflictError,
    NotFoundError,
    ProcessHandle,
    RPCTimeoutError,
    WaitTimeout,
    WorkflowHandle,
    connect,
    workflow,
)
from colonyos_gen.server._front.envelope import write_reply
from colonyos_gen.testing import Fault, LocalColony, LocalExecutor


def begun(colonies: LocalColony) -> tuple[ProcessHandle, LocalExecutor]:
    handle = colonies.submit("add", 1, to="math")
    executor = colonies.add_executor("math")
    executor.client.assign(colonies.name, 10)
    return handle, executor


def leaves(colonies: LocalColony, count: int = 2) -> WorkflowHandle:
    with workflow("leaves", to="math") as wf:
        for n in range(count):
            wf.task("add", n, name=f"leaf-{n}")
    return colonies.submit(wf)


def accepted_in_vain(colonies: LocalColony, method: str, msgtype: str, times: int | None) -> Fault:
    """The server says yes and does nothing: as if an assignment at the same moment had been stored later."""
    return colonies.faults.error(method, 200, write_reply(msgtype, b"{}").decode(), times=times)


def test_a_process_that_waits_or_runs(colonies: LocalColony) -> None:
    handle = colonies.submit("add", 1, to="nobody")
    assert handle.cancel() is CANCELLED
    assert handle.done
    running, executor = begun(colonies)
    assert running.cancel() is CANCELLED
    with pytest.raises(ConflictError):
        executor.client.close(running.processid)


@pytest.mark.parametrize("end", [SUCCESS, FAILED, CANCELLED])
def test_a_process_that_has_ended(colonies: LocalColony, end: int) -> None:
    handle, executor = begun(colonies)
    if end == SUCCESS:
        executor.client.close(handle.processid)
    elif end == FAILED:
        executor.client.fail(handle.processid, errors=["no"])
    else:
        handle.cancel()
    assert not handle.done or end == CANCELLED
    assert handle.cancel() == end
    assert colonies.session.process(handle.processid).cancel() == end


@pytest.mark.parametrize("carried_out", [False, True])
def test_an_answer_that_is_lost(colonies: LocalColony, carried_out: bool) -> None:
    handle = colonies.submit("add", 1, to="nobody")
    with colonies.faults.drop("cancel_process", after_request=carried_out) as fault:
        assert handle.cancel() is CANCELLED
    assert fault.hits == 1
    flow = leaves(colonies)
    with colonies.faults.drop("cancel_processgraph", after_request=carried_out) as fault:
        assert flow.cancel() is CANCELLED
    assert fault.hits == 1


def test_a_process_that_was_being_assigned(colonies: LocalColony) -> None:
    handle, _ = begun(colonies)
    with accepted_in_vain(colonies, "cancel_process", CANCEL_PROCESS.msgtype, times=1) as fault:
        assert handle.cancel() is CANCELLED
    assert fault.hits == 1
    stubborn, _ = begun(colonies)
    with accepted_in_vain(colonies, "cancel_process", CANCEL_PROCESS.msgtype, times=None) as fault:
        assert stubborn.cancel() is RUNNING
    assert fault.hits == 3
    assert not stubborn.done


@pytest.mark.parametrize("silent", [False, True])
def test_it_takes_no_longer_than_the_client_may(colonies: LocalColony, silent: bool) -> None:
    """The cancel is sent once; a read afterwards tells what is known of it."""
    keys = {"member": colonies.user_key}
    with connect(colonies.name, url=colonies.url, keys=keys, environ={}, timeout=2, retries=0) as session:
        handle, flow = (
            session.submit("add", 1, to="nobody"),
            session.workflow(leaves(colonies).processgraphid),
        )
        for thing, cancel in ((handle, "cancel_process"), (flow, "cancel_processgraph")):
            with colonies.faults.delay(cancel, 120, times=None) as fault:
                if silent:
                    with (
                        colonies.faults.delay("get_process", 120, times=None) as reads,
                        colonies.faults.delay("get_processgraph", 120, times=None) as graph_reads,
                        pytest.raises(RPCTimeoutError),
                    ):
                        thing.cancel()
                    assert fault.hits == (1 if thing is handle else 0)  # a workflow is read before
                    assert reads.hits + graph_reads.hits <= 1
                else:
                    assert thing.cancel() is WAITING
                    assert fault.hits == 1
                    assert not thing.done


def test_a_node_of_a_workflow_and_what_is_not_there(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    with pytest.raises(ConflictError, match="cancel the entire workflow"):
        flow.node("leaf-0").cancel()
    handle = colonies.submit("add", 1, to="nobody")
    handle.remove()
    with pytest.raises(NotFoundError):
        handle.cancel()


def test_a_workflow(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    executor = colonies.add_executor("math")
    executor.client.assign(colonies.name, 10)
    assert flow.cancel() is CANCELLED
    assert flow.done
    assert {each.state for each in flow.processes().values()} == {CANCELLED}
    stubborn = leaves(colonies)
    with accepted_in_vain(colonies, "cancel_processgraph", CANCEL_PROCESSGRAPH.msgtype, times=2) as fault:
        assert stubborn.cancel() is CANCELLED
    assert fault.hits == 2


def test_a_workflow_that_has_ended_is_left_as_it_is(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    executor = colonies.add_executor("math")
    for _ in range(2):
        executor.client.close(executor.client.assign(colonies.name, 10).processid)
    assert flow.cancel() is SUCCESS
    assert colonies.session.workflow(flow.processgraphid).state is SUCCESS


def test_a_workflow_ends_with_its_processes(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    executor = colonies.add_executor("math")
    first, second = (executor.client.assign(colonies.name, 10) for _ in range(2))
    executor.client.fail(first.processid, errors=["no"])
    assert flow.refresh().state is FAILED
    assert not flow.done
    with pytest.raises(WaitTimeout):
        flow.wait(0.5)
    timer = threading.Timer(0.3, executor.client.close, (second.processid,))
    timer.start()
    assert flow.wait(60).done
    timer.join()
    assert {each.state for each in flow.processes().values()} == {FAILED, SUCCESS}


def test_a_workflow_that_stays_running(colonies: LocalColony) -> None:
    flow = leaves(colonies)
    assert not flow.done  # it has not been read
    executor = colonies.add_executor("math")
    for _ in range(2):
        executor.client.close(executor.client.assign(colonies.name, 10).processid)
    stuck = replace(colonies.client.get_processgraph(flow.processgraphid), state=RUNNING)
    answer = write_reply(GET_PROCESSGRAPH.msgtype, encode(stuck)).decode()
    with colonies.faults.error("get_processgraph", 200, answer, times=None):
        assert flow.wait(60).done
        assert flow.state is SUCCESS
        assert flow.cancel() is SUCCESS


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    async def main() -> None:
        session = colonies.asession
        handles = [await session.submit("add", n, to="nobody") for n in range(20)]
        assert set(await asyncio.gather(*(each.cancel() for each in handles * 3))) == {CANCELLED}
        assert all(each.done for each in handles)

    asyncio.run(main())
