"""Calls that go wrong on purpose, and what a client makes of them."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from colonyos_gen_wire.constants import API_PATH, HEALTH_PATH
from colonyos_gen_wire.errors import process as errors
from colonyos_gen_wire.errors import shared
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import process as methods

from colonyos_gen import (
    FAILED,
    RUNNING,
    SUCCESS,
    ConnectionFailedError,
    DeniedError,
    FunctionSpec,
    NoProcessError,
    Process,
    RPCError,
    RPCTimeoutError,
    ServerFaultError,
    UnexpectedReplyError,
)
from colonyos_gen.testing import LocalColony, LocalExecutor


def _running(colony: LocalColony) -> tuple[LocalExecutor, Process]:
    """An executor, and a process that it runs."""
    worker = colony.add_executor("worker")
    colony.client.submit(FunctionSpec.new("work", "worker", colony.name))
    return worker, worker.client.assign(colony.name, timeout=10)


def test_a_dropped_reply_of_fail_is_not_asked_for_twice() -> None:
    """Nobody can tell whether it was carried out, and a second one would be refused or mean something else."""
    with LocalColony() as colony:
        worker, process = _running(colony)
        fault = colony.faults.drop("fail", after_request=True, times=None)
        with pytest.raises(ConnectionFailedError) as caught:
            worker.client.fail(process.processid, errors=["no"])
        assert caught.value.sent
        assert fault.hits == 1
        done = colony.client.get_process(process.processid)
        assert (done.state, done.errors) == (FAILED, ["no"])


def test_a_dropped_reply_of_close_is_not_asked_for_twice_either() -> None:
    """A second one could meet the removal of the process, so its sender has to look first."""
    with LocalColony() as colony:
        worker, process = _running(colony)
        fault = colony.faults.drop("close", after_request=True, times=None)
        with pytest.raises(ConnectionFailedError) as caught:
            worker.client.close(process.processid, output=[1])
        assert caught.value.sent
        assert fault.hits == 1
        done = colony.client.get_process(process.processid)
        assert (done.state, done.output) == (SUCCESS, [1])


def test_a_dropped_request_is_not_carried_out() -> None:
    with LocalColony() as colony:
        worker, process = _running(colony)
        with colony.faults.drop("fail"), pytest.raises(ConnectionFailedError):
            worker.client.fail(process.processid)
        assert colony.client.get_process(process.processid).state is RUNNING
        worker.client.close(process.processid)
        assert colony.client.get_process(process.processid).state is SUCCESS


def test_what_only_reads_is_asked_for_again() -> None:
    with LocalColony() as colony:
        _, process = _running(colony)
        with colony.faults.drop("get_process", times=2) as fault:
            assert colony.client.get_process(process.processid).state is RUNNING
        assert fault.hits == 2


def test_a_dropped_reply_of_assign_leaves_a_running_process() -> None:
    with LocalColony() as colony:
        worker = colony.add_executor("worker")
        asked = colony.client.submit(FunctionSpec.new("work", "worker", colony.name))
        colony.faults.drop("assign", after_request=True)
        with pytest.raises(ConnectionFailedError):
            worker.client.assign(colony.name, timeout=10)
        assert colony.client.get_process(asked.processid).state is RUNNING


def test_faults_meet_coroutines_as_well() -> None:
    async def main() -> None:
        async with LocalColony() as colony:
            colony.faults.error("submit", shared.NOT_A_MEMBER, name="somewhere")
            with pytest.raises(DeniedError):
                await colony.aclient.submit(FunctionSpec.new("work", "worker", colony.name))
            await colony.aclient.submit(FunctionSpec.new("work", "worker", colony.name))

    asyncio.run(main())


def test_an_error_of_the_server() -> None:
    with LocalColony() as colony:
        worker, process = _running(colony)
        with colony.faults.error("assign", errors.ASSIGN_NO_PROCESS), pytest.raises(NoProcessError):
            worker.client.assign(colony.name, timeout=10)
        colony.faults.error("close", errors.CLOSE_PROCESS_NOT_FOUND, after_request=True)
        with pytest.raises(RPCError, match=str(errors.CLOSE_PROCESS_NOT_FOUND.status)):
            worker.client.close(process.processid)
        assert colony.client.get_process(process.processid).state is SUCCESS


def test_an_error_of_a_proxy() -> None:
    with LocalColony() as colony:
        colony.faults.error("submit", 503, "upstream gone")
        with pytest.raises(ServerFaultError, match="upstream gone"):
            colony.client.submit(FunctionSpec.new("work", "worker", colony.name))
        colony.faults.error("submit", 404, "<html>nothing here</html>")
        with pytest.raises(UnexpectedReplyError, match="nothing here"):
            colony.client.submit(FunctionSpec.new("work", "worker", colony.name))
        with colony.faults.error(
            "get_colony", 502
        ) as fault:  # a gateway's failure, and a call that only reads
            assert colony.client.get_colony(colony.name).name == colony.name
        assert fault.hits == 1


def test_a_request_that_is_held_back_longer_than_the_caller_waits() -> None:
    with LocalColony() as colony:
        worker, process = _running(colony)
        with colony.faults.delay("close", 60), pytest.raises(RPCTimeoutError):
            worker.client.close(process.processid, rpc_timeout=0.1)
        assert colony.client.get_process(process.processid).state is RUNNING


def test_a_reply_that_is_held_back_has_happened() -> None:
    async def main() -> None:
        async with LocalColony() as colony:
            worker, process = _running(colony)
            colony.faults.delay("close", 60, after_request=True)
            closing = asyncio.create_task(worker.aclient.close(process.processid))
            while (await colony.aclient.get_process(process.processid)).state is RUNNING:
                await asyncio.sleep(0.005)
            assert not closing.done()
            closing.cancel()
            assert (await colony.aclient.get_process(process.processid)).state is SUCCESS

    asyncio.run(main())


def test_a_delay_delays() -> None:
    with LocalColony() as colony:
        for after in (False, True):
            with colony.faults.delay("get_colony", 0.1, after_request=after, times=1):
                started = time.monotonic()
                colony.client.get_colony(colony.name)
                assert time.monotonic() - started >= 0.1


def test_only_the_named_method_and_only_so_often() -> None:
    with LocalColony() as colony:
        fault = colony.faults.error("get_colony", 400, times=2)
        colony.client.get_colonies()
        assert (fault.hits, fault.left) == (0, 2)
        for _ in range(2):
            with pytest.raises(UnexpectedReplyError):
                colony.client.get_colony(colony.name)
        colony.client.get_colony(colony.name)
        assert (fault.hits, fault.left) == (2, 0)


@pytest.mark.parametrize("method", ["get_process", "getprocessmsg", methods.GET_PROCESS, "*"])
def test_the_names_of_a_method(method: str | Method[Any, Any]) -> None:
    with LocalColony() as colony:
        _, process = _running(colony)
        with colony.faults.error(method, 400) as fault, pytest.raises(UnexpectedReplyError):
            colony.client.get_process(process.processid)
        assert fault.hits == 1


def test_the_first_fault_happens_alone() -> None:
    with LocalColony() as colony:
        first, second = colony.faults.error("get_colony", 400), colony.faults.error("*", 401)
        for status in (400, 401):
            with pytest.raises(UnexpectedReplyError, match=str(status)):
                colony.client.get_colony(colony.name)
        assert (first.hits, second.hits) == (1, 1)


def test_faults_end_with_their_block_and_by_hand() -> None:
    with LocalColony() as colony:
        with colony.faults.error("*", 400, times=None), pytest.raises(UnexpectedReplyError):
            colony.client.get_colonies()
        colony.client.get_colonies()
        fault = colony.faults.error("*", 400, times=None)
        fault.remove()
        fault.remove()
        colony.client.get_colonies()
        colony.faults.error("*", 400)
        colony.faults.clear()
        colony.client.get_colonies()


def test_the_kit_itself_is_spared() -> None:
    with LocalColony() as colony, colony.faults.drop("*", times=None) as fault:
        colony.add_executor("worker")
        colony.add_user()
        assert fault.hits == 0


def test_mistakes_are_told() -> None:
    with LocalColony() as colony:
        with pytest.raises(ValueError, match="did you mean 'get_process'"):
            colony.faults.drop("get_proces")
        with pytest.raises(ValueError, match="there is no method"):
            colony.faults.drop("")
        with pytest.raises(ValueError, match="times is 0"):
            colony.faults.drop("close", times=0)
        with pytest.raises(ValueError, match="needs a value for 'name'"):
            colony.faults.error("submit", shared.NOT_A_MEMBER)
        colony.faults.error("submit", errors.SUBMIT_BAD_MEMORY, text="lots")
        shown = repr(colony.faults.drop("close", after_request=True))
        assert shown == "<Fault: close dropped after the request is carried out, 0 hits, 1 left>"


def test_requests_that_nobody_understands_pass() -> None:
    """What is broken already is the server's to refuse, also while there are faults."""
    with LocalColony() as colony:
        colony.faults.drop("close", times=None)
        for body in (b"", b"\xff", b"[" * 100_000, b"{}", b'{"payloadtype": 1}'):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(colony.url + API_PATH, body, timeout=100)
            assert 400 <= caught.value.code < 500
            caught.value.close()
        assert urllib.request.urlopen(colony.url + HEALTH_PATH, timeout=100).status == 200


def test_too_large_bodies_stay_too_large() -> None:
    with LocalColony(body_limit=2000) as colony:
        fault = colony.faults.drop("submit", times=None)
        spec = FunctionSpec.new("work", "worker", colony.name)
        spec.args = ["x" * 2000]
        with pytest.raises(RPCError, match="larger than 2000"):
            colony.client.submit(spec)
        assert fault.hits == 0


@pytest.mark.hazards("process_subscription_near_change", "abandoned_feed")
def test_a_subscription_outlives_dropped_connections() -> None:
    async def main() -> None:
        async with LocalColony() as colony:
            worker = colony.add_executor("worker")
            asked = await colony.aclient.submit(FunctionSpec.new("work", "worker", colony.name))
            dropped = colony.faults.drop("subscribe_process")
            connected = colony.faults.delay("subscribe_process", 0)
            ending = asyncio.create_task(colony.aclient.subscribe_process(asked, SUCCESS, 60, push=True))
            while not connected.hits:
                await asyncio.sleep(0.005)
            assert dropped.hits == 1
            colony.faults.cut()
            while connected.hits < 2:
                await asyncio.sleep(0.005)
            await worker.aclient.assign(colony.name, timeout=10)
            await worker.aclient.close(asked.processid)
            assert (await ending).state is SUCCESS

    asyncio.run(main())
