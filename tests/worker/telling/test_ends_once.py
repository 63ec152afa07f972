"""Every process ends exactly once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
from typing import Any

import pytest

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    Context,
    FunctionSpec,
    PrivateKey,
    Worker,
)
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, running, submit, until


class Door:
    """What a function in a thread waits at."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self.open.wait(60)


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_lost_reply_of_close(
    colonies: LocalColony, carried_out: bool, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(EXECUTORTYPE)
    calls: list[int] = []

    @worker.function
    def work() -> str:
        calls.append(1)
        return "done"

    with (
        colonies.worker(worker),
        colonies.faults.drop("close", after_request=carried_out) as lost,
        colonies.faults.delay("close", 0) as repeated,
    ):
        end = ended(colonies, submit(colonies, "work"))
        until(lambda: lost.hits == 1)
        ended(colonies, submit(colonies, "work"))  # the worker is done with the first one then
        end = colonies.client.get_process(end.processid)
        assert (end.state, end.output, end.retries) == (SUCCESS, ["done"], 0)
        assert len(calls) == 2
        assert repeated.hits == (1 if carried_out else 2)  # the second process is closed, too
    assert "came to nothing" not in caplog.text


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_lost_reply_of_fail(
    colonies: LocalColony, carried_out: bool, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def work() -> None:
        raise ValueError("no")

    with colonies.worker(worker), colonies.faults.drop("fail", after_request=carried_out) as fault:
        end = ended(colonies, submit(colonies, "work"))
        ended(colonies, submit(colonies, "work"))
        assert (end.state, end.errors[0], fault.hits) == (FAILED, "ValueError: no", 1)
    assert "came to nothing" not in caplog.text


def test_an_output_that_the_server_refuses_fails_the_process(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def work() -> str:
        return "done"

    with colonies.worker(worker), colonies.faults.error("close", 413, "Request Entity Too Large", times=None):
        end = ended(colonies, submit(colonies, "work"))
        assert end.state is FAILED
        assert "the output cannot be stored" in end.errors[0]


def test_a_late_close_is_reported_and_not_retried(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    worker, door = Worker(EXECUTORTYPE), Door()

    @worker.function
    def work() -> str:
        door.pass_through()
        return "too late"

    with colonies.worker(worker):
        asked = submit(colonies, "work", maxexectime=60, maxretries=-1)
        assert door.reached.wait(60)
        colonies.advance(minutes=2)
        with colonies.faults.delay("close", 0) as closes:
            door.open.set()
            end = ended(colonies, asked)  # the same worker takes it again, as there is no other one
            assert (end.state, end.retries, closes.hits) == (SUCCESS, 1, 2)
    assert caplog.text.count("came to nothing") == 1
    assert "process is not assigned" in caplog.text


@pytest.mark.parametrize("kind", ["thread", "task"])
@pytest.mark.parametrize("how", ["cancel", "deadline", "timeout", "removed"])
def test_functions_are_told_to_stop(
    colonies: LocalColony, kind: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(EXECUTORTYPE)
    reached, reasons = threading.Event(), list[str]()
    timeout = 0.2 if how == "timeout" else None

    @worker.function(timeout=timeout)
    def thread(ctx: Context) -> str:
        reached.set()
        assert ctx.wait_cancelled(60)
        reasons.append(ctx.cancel_reason)
        ctx.raise_if_cancelled()
        return "never"

    @worker.function(timeout=timeout)
    async def task(ctx: Context) -> str:
        reached.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            reasons.append(ctx.cancel_reason)
            assert ctx.cancelled
            raise
        return "never"

    with colonies.worker(worker):
        seconds = 3 if how == "deadline" else -1
        asked = submit(colonies, kind, maxexectime=seconds, maxretries=0)
        assert reached.wait(60)
        if how == "cancel":
            running(colonies, asked)
            colonies.client.cancel_process(asked.processid)
        elif how == "removed":
            running(colonies, asked)
            reached.clear()
            colonies.client.remove_executor(colonies.name, worker.name or "")
        until(lambda: len(reasons) == 1)
        if how == "removed":
            assert reached.wait(60)  # it has registered again, and has got it once more
            assert colonies.client.get_process(asked.processid).state is RUNNING
            assert "taken back" in reasons[0] or "took it back" in reasons[0] or "another" in reasons[0]
            colonies.client.cancel_process(asked.processid)
        end = ended(colonies, asked)
    if how in ("cancel", "removed"):
        assert end.state is CANCELLED
    else:
        assert end.state is FAILED
    if how == "timeout":
        assert end.errors == [f"{kind} took longer than its timeout of 0.2 s"]
    if how == "deadline":
        assert reasons == ["its maxexectime of 3 s has passed"]
        assert end.errors == ["Maximum execution time limit exceeded"]
    assert caplog.text.count("came to nothing") == (how in ("deadline", "removed"))


def test_an_assignment_that_cannot_be_read_fails_the_process(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    worker, started = Worker(EXECUTORTYPE), list[int]()

    @worker.function
    def work() -> None:
        started.append(1)

    asked = submit(colonies, "work")
    process: dict[str, Any] = {"processid": asked.processid, "spec": {"funcname": ["not", "a", "name"]}}
    payload = base64.b64encode(json.dumps(process).encode()).decode()
    envelope = {"payloadtype": "assignprocessmsg", "payload": payload, "error": False}
    with (
        colonies.faults.error("assign", 200, json.dumps(envelope), after_request=True),
        colonies.worker(worker),
    ):
        end = ended(colonies, asked)
        assert end.state is FAILED
        assert "cannot read this process: the payload does not fit the schema" in end.errors[0]
        assert ended(colonies, submit(colonies, "work")).state is SUCCESS
    assert started == [1]
    assert f"process {asked.processid} cannot be read and is failed" in caplog.text


def test_what_cannot_be_read_is_failed_although_the_worker_is_to_end(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE, prvkey=PrivateKey.generate())
    asked = submit(colonies, "work")
    payload = base64.b64encode(json.dumps({"processid": asked.processid, "spec": 5}).encode()).decode()
    envelope = json.dumps({"payloadtype": "assignprocessmsg", "payload": payload, "error": False})

    async def main() -> None:
        with (
            colonies.faults.error("assign", 200, envelope, after_request=True, times=1),
            colonies.faults.delay("fail", 0.5, times=1) as held_back,
        ):
            serving = asyncio.create_task(worker.serve(environ=colonies.environment()))
            await asyncio.to_thread(until, lambda: held_back.hits == 1)
            worker.stop()
            await serving
        end = await colonies.aclient.get_process(asked.processid)
        assert end.state is FAILED
        assert "cannot read this process" in end.errors[0]

    asyncio.run(main())


def test_a_lost_reply_of_assign_loses_no_process(colonies: LocalColony) -> None:
    worker, started = Worker(EXECUTORTYPE), list[int]()

    @worker.function
    def work() -> str:
        started.append(1)
        return "found"

    asked = submit(colonies, "work")
    with colonies.faults.drop("assign", after_request=True) as fault, colonies.worker(worker):
        end = ended(colonies, asked)
        assert (end.state, end.output, end.retries, fault.hits) == (SUCCESS, ["found"], 0, 1)
        ended(colonies, submit(colonies, "work"))
    assert len(started) == 2


def test_a_key_from_the_environment_may_be_shared_so_nothing_is_claimed_by_it(colonies: LocalColony) -> None:
    one = colonies.add_executor(EXECUTORTYPE)
    asked = submit(colonies, "work")
    taken = one.client.assign(colonies.name, timeout=10)  # by another program with the same key
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def work() -> str:
        return "mine"

    async def main() -> None:
        serving = asyncio.create_task(worker.serve(environ=one.environment()))
        with colonies.faults.drop("assign") as fault:
            while fault.hits < 1:
                await asyncio.sleep(0.01)
        end = await asyncio.to_thread(lambda: ended(colonies, submit(colonies, "work")))
        assert end.output == ["mine"]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(main())
    assert worker.name == one.name
    assert taken.processid == asked.processid
    assert colonies.client.get_process(asked.processid).state is RUNNING


def test_cancelling_serve_fails_what_is_running(colonies: LocalColony) -> None:
    worker, reached = Worker(EXECUTORTYPE, prvkey=PrivateKey.generate()), threading.Event()

    @worker.function
    async def work() -> None:
        reached.set()
        await asyncio.sleep(3600)

    async def main() -> None:
        serving = asyncio.create_task(worker.serve(environ=colonies.environment()))
        asked = await colonies.aclient.submit(submit_spec(colonies))
        await asyncio.to_thread(reached.wait, 60)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        end = await colonies.aclient.get_process(asked.processid)
        assert end.errors == [
            "the worker was stopped before the function had ended: the worker was cancelled"
        ]
        with pytest.raises(RuntimeError, match="runs already"):
            await asyncio.gather(
                worker.serve(environ=colonies.environment()), worker.serve(environ=colonies.environment())
            )

    asyncio.run(main())


@pytest.mark.parametrize("grace", [0, 30])
def test_what_comes_in_during_the_shutdown_is_not_left_running(colonies: LocalColony, grace: float) -> None:
    """The process is assigned already, its worker does not know of it yet, and gives the poll up."""
    worker = Worker(EXECUTORTYPE, grace=grace, prvkey=PrivateKey.generate())

    @worker.function
    async def work() -> str:
        await asyncio.sleep(0 if grace else 3600)
        return "in time"

    async def main() -> None:
        with colonies.faults.delay("assign", 3600, after_request=True, times=1):
            serving = asyncio.create_task(worker.serve(environ=colonies.environment()))
            asked = await colonies.aclient.submit(submit_spec(colonies))
            await colonies.aclient.subscribe_process(asked, RUNNING, 60)
            worker.stop()
            await serving
        end = await colonies.aclient.get_process(asked.processid)
        if grace:
            assert end.output == ["in time"]
        else:
            assert end.errors == ["the worker was stopped before the function had ended: stop was called"]

    asyncio.run(main())


def test_an_idle_worker_ends_without_waiting_for_its_poll(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE, prvkey=PrivateKey.generate())
    worker._poll = 3600  # pyright: ignore[reportPrivateUsage]

    async def main() -> None:
        serving = asyncio.create_task(worker.serve(environ=colonies.environment()))
        await asyncio.to_thread(until, lambda: colonies.waiting == 1)
        worker.stop()
        async with asyncio.timeout(60):
            await serving
        asked = await colonies.aclient.submit(submit_spec(colonies))
        assert (await colonies.aclient.get_process(asked.processid)).state is WAITING

    asyncio.run(main())


def submit_spec(colony: LocalColony) -> FunctionSpec:
    """A spec that asks for `work`."""
    return FunctionSpec.new("work", EXECUTORTYPE, colony.name)


def test_while_it_is_paused_nothing_is_lost(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def work() -> str:
        return "done"

    with colonies.worker(worker):
        colonies.client.pause_assignments(colonies.name)
        asked = submit(colonies, "work")
        assert colonies.client.get_process(asked.processid).state is WAITING
        colonies.client.resume_assignments(colonies.name)
        assert ended(colonies, asked).output == ["done"]


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "colonyos_gen.worker")
