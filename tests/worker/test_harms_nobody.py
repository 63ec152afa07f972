"""What a worker does not do, since real servers do not bear it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from colonyos_gen_wire.errors import channel as channel_errors
from colonyos_gen_wire.errors import process as errors

from colonyos_gen import CANCELLED, FAILED, SUCCESS, ConflictError, Context, PrivateKey, Worker
from colonyos_gen.config import Config
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker._life.key_file import OwnKey
from colonyos_gen.worker._taking.neighbours import are_confusable
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until

AWAY = (503, "Service Unavailable")


def reply(msgtype: str, result: object) -> str:
    """The reply of a server to a call that it has carried out."""
    payload = base64.b64encode(json.dumps(result).encode()).decode()
    return json.dumps({"payloadtype": msgtype, "payload": payload, "error": False})


def fail() -> None:
    raise ValueError("no")


def succeed() -> str:
    return "done"


@pytest.mark.parametrize(("method", "work"), [("close", succeed), ("fail", fail)])
def test_what_was_cancelled_meanwhile_is_not_told_again(
    colonies: LocalColony, method: str, work: Callable[[], object], caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(EXECUTORTYPE)
    worker.function(name="work")(work)
    with (
        colonies.worker(worker),
        colonies.faults.drop(method) as lost,
        colonies.faults.delay(method, 0) as repeated,
        colonies.faults.error("get_process", *AWAY, times=None) as away,
    ):
        asked = submit(colonies, "work")
        until(lambda: lost.hits == 1)
        colonies.client.cancel_process(asked.processid)
        away.remove()
        until(lambda: "(work) was cancelled after" in caplog.text)
        assert ended(colonies, asked).state is CANCELLED
        assert repeated.hits == 0


@pytest.mark.hazards("close_meets_removal")
def test_what_was_removed_meanwhile_is_not_told_again(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(EXECUTORTYPE)
    worker.function(name="work")(succeed)
    with (
        colonies.worker(worker),
        colonies.faults.drop("close", after_request=True) as lost,
        colonies.faults.delay("close", 0) as repeated,
        colonies.faults.error("get_process", *AWAY, times=None) as away,
    ):
        asked = submit(colonies, "work")
        until(lambda: lost.hits == 1)
        colonies.client.remove_process(asked.processid)
        away.remove()
        until(lambda: "came to nothing" in caplog.text)
        assert repeated.hits == 0
    assert "it was removed" in caplog.text


@pytest.mark.parametrize("ending", [False, True])
@pytest.mark.parametrize("undone", [False, True])
def test_an_accepted_close_near_the_deadline_is_checked(
    colonies: LocalColony,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    undone: bool,
    ending: bool,
) -> None:
    monkeypatch.setattr("colonyos_gen.worker._telling.closing.CHECK_S", 3600 if ending else 0.01)
    worker, started = Worker(EXECUTORTYPE), list[int]()

    @worker.function
    def work() -> str:
        started.append(1)
        return "done"

    asked = submit(colonies, "work", maxexectime=60)
    # Nobody knows then how much of its time has passed, so its end is in doubt from the start.
    colonies.faults.drop("assign", after_request=True)
    if undone:
        close = colonies.faults.error("close", 200, reply("closesuccessfulmsg", {}))
    else:
        close = colonies.faults.delay("close", 0)
    reads = colonies.faults.error("get_process", *AWAY, times=None)
    with colonies.worker(worker):
        until(lambda: close.hits == 1)
        if undone:
            colonies.advance(minutes=2)
            until(lambda: len(started) == 2)  # the worker has got it again
        if not ending:
            until(lambda: reads.hits > 0)
        reads.remove()
        reads = colonies.faults.delay("get_process", 0)
        if not ending:
            until(lambda: reads.hits == 1)
    assert reads.hits >= 1
    end = colonies.client.get_process(asked.processid)
    assert (end.state, end.output, end.retries) == (SUCCESS, ["done"], int(undone))
    assert caplog.text.count("is lost") == int(undone)
    assert caplog.text.count("the server took it back") == int(undone)


def test_an_ordinary_close_is_not_checked(colonies: LocalColony) -> None:
    worker, closed = Worker(EXECUTORTYPE), threading.Event()
    worker.function(name="work")(succeed)

    @worker.function
    def last() -> None:
        closed.set()

    with colonies.worker(worker), colonies.faults.delay("get_process", 0) as reads:
        submit(colonies, "work", maxexectime=600)
        submit(colonies, "last")
        assert closed.wait(60)
    assert reads.hits == 0


@pytest.mark.parametrize("declared", [["out"], ["out", "other"]])
def test_nothing_is_appended_once_the_process_was_cancelled(
    colonies: LocalColony, declared: list[str]
) -> None:
    worker, raised, done = Worker(EXECUTORTYPE), list[Exception](), threading.Event()

    @worker.function
    def work(ctx: Context) -> None:
        stream = ctx.stream("out")
        stream.send("in time")
        ctx.wait_cancelled(60)
        attempts: list[Callable[[], object]] = [
            lambda: stream.send("late"),
            lambda: ctx.stream(declared[-1]).send("late"),
            stream.close,
        ]
        for attempt in attempts:
            try:
                attempt()
            except ConflictError as error:
                raised.append(error)
        done.set()

    with colonies.worker(worker), colonies.faults.delay("channel_append", 0) as appended:
        asked = submit(colonies, "work", channels=declared)
        until(lambda: appended.hits == 1)
        colonies.client.cancel_process(asked.processid)
        assert done.wait(60)
    assert appended.hits == 1
    assert [str(each) for each in raised] == [str(raised[0])] * 3
    assert "nothing is appended any more: it was cancelled" in str(raised[0])


def test_a_channel_that_does_not_know_its_executor(colonies: LocalColony) -> None:
    """It is the server's fault, and the process says so."""
    worker = Worker(EXECUTORTYPE)

    @worker.function
    async def work(ctx: Context) -> None:
        async with ctx.stream("out") as stream:
            await stream.send("text")

    refused = channel_errors.CHANNEL_APPEND_NOT_AUTHORIZED_TO_WRITE_TO_CHANNEL
    with colonies.worker(worker), colonies.faults.error("channel_append", refused, times=None):
        asked = submit(colonies, "work", channels=["out"])
        until(lambda: colonies.client.get_process(asked.processid).state is FAILED)
    errors = colonies.client.get_process(asked.processid).errors
    assert "channel_without_executor" in errors[0]
    assert "Submit again" in errors[0]


@pytest.mark.hazards("channel_never_freed")
def test_a_process_that_streams_is_looked_after_more_closely(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is appended after a cancel is never freed, so there is to be little of it."""
    monkeypatch.setattr("colonyos_gen.worker._running.watching.LOOK_S", 3600)
    worker, told = Worker(EXECUTORTYPE), threading.Event()

    @worker.function
    async def work(ctx: Context) -> None:
        try:
            async with ctx.stream("out") as stream:
                while True:
                    await stream.send("more")
                    await asyncio.sleep(0.02)
        finally:
            told.set()

    with colonies.worker(worker), colonies.faults.delay("channel_append", 0) as appended:
        asked = submit(colonies, "work", channels=["out"])
        until(lambda: appended.hits > 2)
        colonies.client.cancel_process(asked.processid)
        assert told.wait(60)


@pytest.mark.parametrize("readable", [True, False])
def test_many_functions_are_looked_after_by_one_request(
    colonies: LocalColony, readable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colonyos_gen.worker._running.watching.LOOK_S", 0.05)
    count = 10
    worker, told = Worker(EXECUTORTYPE, concurrency=count), list[str]()
    running = threading.Semaphore(0)

    @worker.function
    async def work(ctx: Context) -> None:
        running.release()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            told.append(ctx.process.processid)
            raise

    with colonies.worker(worker), colonies.faults.delay("get_process", 0) as single:
        asked = [submit(colonies, "work") for _ in range(count)]
        for _ in asked:
            assert running.acquire(timeout=60)
        before = single.hits
        if readable:
            lists = colonies.faults.delay("get_process_history", 0)
            until(lambda: lists.hits >= 3)
            assert single.hits - before <= 1  # one that had just begun, when there was a single one
        else:
            colonies.faults.error("get_process_history", 200, reply("getprocesshistmsg", {}), times=None)
        colonies.client.cancel_process(asked[3].processid)
        until(lambda: bool(told))
        assert told == [asked[3].processid]
        for each in asked[:3] + asked[4:]:
            colonies.client.cancel_process(each.processid)
        until(lambda: len(told) == count)


def test_what_is_assigned_long_after_the_connection_broke_is_found(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has not noticed that it broke, and the request waits on."""
    monkeypatch.setattr("colonyos_gen.worker._taking.assignment.LOOK_AGAIN_S", 0)
    worker = Worker(EXECUTORTYPE, prvkey=(key := PrivateKey.generate()))
    worker._poll = 3600  # pyright: ignore[reportPrivateUsage]
    worker.function(name="work")(succeed)
    nothing = reply("getprocesshistmsg", [])
    with (
        colonies.faults.drop("assign"),
        colonies.faults.error("assign", errors.ASSIGN_NO_PROCESS, times=None) as idle,
        colonies.faults.error("get_process_history", 200, nothing) as first_look,
        colonies.faults.error("get_process_history", *AWAY, times=None) as away,
    ):
        # The first look at the start of a worker is for what an earlier life of it has left.
        first_look.left = 4
        with colonies.worker(worker):
            until(lambda: first_look.hits == 4 and away.hits > 0)
            asked = submit(colonies, "work")
            idle.remove()
            colonies.client.assign(colonies.name, -1, prvkey=key)
            away.remove()
            assert ended(colonies, asked).output == ["done"]


def test_what_a_busy_server_assigns_after_the_poll_was_given_up_is_found(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE, prvkey=(key := PrivateKey.generate()))
    worker.function(name="work")(succeed)
    nothing = reply("getprocesshistmsg", [])

    async def main() -> None:
        ready = asyncio.Event()
        serving = asyncio.create_task(worker.serve(environ=colonies.environment(), ready=ready.set))
        await ready.wait()
        await asyncio.to_thread(until, lambda: colonies.waiting == 1)
        with (
            colonies.faults.error("get_process_history", 200, nothing) as first_look,
            colonies.faults.error("get_process_history", *AWAY, times=None) as away,
        ):
            worker.stop()
            await asyncio.to_thread(until, lambda: first_look.hits == 1)
            asked = await asyncio.to_thread(submit, colonies, "work")
            await colonies.aclient.assign(colonies.name, -1, prvkey=key)
            away.remove()
            await serving
        end = await colonies.aclient.get_process(asked.processid)
        assert (end.state, end.output) == (SUCCESS, ["done"])

    asyncio.run(main())


def test_a_poll_that_was_given_up_is_looked_after_behind_other_requests_for_work(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colonyos_gen.worker._taking.assignment.LAST_LOOK_S", 0.5)
    worker = Worker(EXECUTORTYPE, prvkey=PrivateKey.generate())

    async def main() -> None:
        ready = asyncio.Event()
        serving = asyncio.create_task(worker.serve(environ=colonies.environment(), ready=ready.set))
        await ready.wait()
        await asyncio.to_thread(until, lambda: colonies.waiting == 1)
        # Each look comes after a request for work that the server has answered, so here there is none.
        with (
            colonies.faults.delay("assign", 3600, times=None),
            colonies.faults.delay("get_process_history", 0) as looks,
        ):
            worker.stop()
            await serving
        assert looks.hits == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("variables", "options", "limit"),
    [
        ({}, {}, 8),
        ({"COLONIES_MAX_IN_FLIGHT": "5"}, {}, 5),
        ({"COLONIES_MAX_IN_FLIGHT": "64"}, {}, 8),
        ({}, {"max_in_flight": 12}, 12),
    ],
)
def test_a_worker_has_fewer_requests_under_way(
    variables: dict[str, str], options: dict[str, Any], limit: int
) -> None:
    async def main() -> None:
        own = OwnKey("me", PrivateKey.generate())
        worker = Worker(EXECUTORTYPE, **options)
        async with worker._client(Config.from_env(variables), own, []) as client:  # pyright: ignore[reportPrivateUsage]
            assert client._pipeline.lane.limit == limit  # pyright: ignore[reportPrivateUsage]

    asyncio.run(main())


@pytest.mark.parametrize(("other", "warned"), [("tester0", True), ("tester-two", False), ("teste", False)])
def test_types_that_differ_by_a_digit_are_warned_of(
    colonies: LocalColony, other: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "colonyos_gen.worker")
    colonies.add_executor(other)
    with colonies.worker(Worker(EXECUTORTYPE)):
        pass
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == warned
    assert all("'tester0'" in each and "'tester'" in each and "wake-ups" in each for each in said)


def test_which_types_can_be_confused() -> None:
    assert are_confusable("t", "t0")
    assert are_confusable("gpu12", "gpu1")
    assert not are_confusable("t", "t")
    assert not are_confusable("t1", "t2")
    assert not are_confusable("t", "t00")
    assert not are_confusable("t", "tx")


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "colonyos_gen.worker")
