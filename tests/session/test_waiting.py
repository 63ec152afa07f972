"""Waiting for one process: whatever ends it is noticed, and whatever ends the wait leaves it alone."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncProcessHandle,
    NotFoundError,
    ProcessHandle,
    WaitTimeout,
)
from colonyos_gen.testing import LocalColony, LocalExecutor


def begun(colony: LocalColony, **options: Any) -> tuple[ProcessHandle, LocalExecutor]:
    """A process that runs, and its executor."""
    handle, executor = colony.submit("work", to="math", **options), colony.add_executor("math")
    executor.client.assign(colony.name, 10)
    return handle, executor


def test_waiting_gives_the_handle_back(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    executor.client.close(handle.processid, output=["done"])
    assert handle.wait() is handle
    assert (handle.state, handle.done, handle.process.output) == (SUCCESS, True, ["done"])


@pytest.mark.parametrize("end", ["close", "fail", "cancel", "deadline", "wait deadline", "executor removed"])
def test_every_end_is_noticed_while_it_is_waited_for(colonies: LocalColony, end: str) -> None:
    handle, executor = begun(colonies, maxexectime=60, maxretries=0)
    if end == "wait deadline":
        handle = colonies.submit("work", to="nobody", maxwaittime=60)

    def act() -> None:
        match end:
            case "close":
                executor.client.close(handle.processid)
            case "fail":
                executor.client.fail(handle.processid, errors=["no"])
            case "cancel":
                handle.cancel()
            case "executor removed":  # the process goes back to the queue, of which nobody is told
                colonies.client.remove_executor(colonies.name, executor.name)
                other = colonies.add_executor("math")
                other.client.assign(colonies.name, 10)
                other.client.close(handle.processid)
            case _:
                colonies.advance(minutes=2)

    async def main() -> AsyncProcessHandle:
        waiting = await colonies.asession.process(handle.processid)
        task = asyncio.create_task(waiting.wait(60))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(act)
        return await task

    expected = {"close": SUCCESS, "executor removed": SUCCESS, "cancel": CANCELLED}
    assert asyncio.run(main()).state is expected.get(end, FAILED)


def test_nothing_is_subscribed_to(colonies: LocalColony) -> None:
    subscribed = colonies.faults.delay("subscribe_process", 0)
    handle, executor = begun(colonies)
    timer = threading.Timer(0.5, executor.client.close, (handle.processid,))
    timer.start()
    assert handle.wait(60).state is SUCCESS
    assert handle.wait(progress=True).output() is None
    timer.join()
    assert subscribed.hits == 0


def test_an_outage_is_bridged(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)

    async def main() -> AsyncProcessHandle:
        waiting = await colonies.asession.process(handle.processid)
        task = asyncio.create_task(waiting.wait(60))
        await asyncio.sleep(0.2)
        with colonies.outage():
            await asyncio.sleep(0.5)
        assert not task.done()
        await executor.aclient.close(handle.processid, output=["after"])
        return await task

    assert asyncio.run(main()).process.output == ["after"]


def test_restarts_and_broken_connections_in_between(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)

    async def main() -> AsyncProcessHandle:
        waiting = await colonies.asession.process(handle.processid)
        task = asyncio.create_task(waiting.wait(60))
        for _ in range(3):
            await asyncio.sleep(0.2)
            colonies.faults.cut()
            await asyncio.to_thread(colonies.restart)
        await executor.aclient.close(handle.processid)
        return await task

    assert asyncio.run(main()).state is SUCCESS


def test_a_process_that_is_removed_ends_the_wait(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")
    timer = threading.Timer(0.3, colonies.client.remove_process, (handle.processid,))
    timer.start()
    with pytest.raises(NotFoundError):
        handle.wait(60)
    timer.join()


@pytest.mark.parametrize("timeout", [0, 0.2])
def test_the_end_of_the_time(colonies: LocalColony, timeout: float) -> None:
    handle = colonies.submit("work", to="nobody")
    with pytest.raises(WaitTimeout) as caught:
        handle.wait(timeout)
    assert caught.value.handle is handle
    assert caught.value.seconds == timeout
    assert isinstance(caught.value, TimeoutError)
    assert handle.refresh().state is WAITING
    assert handle.processid in str(pickle.loads(pickle.dumps(caught.value)))


def test_without_time_it_looks_once(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    executor.client.close(handle.processid)
    assert not handle.done
    assert handle.wait(0).state is SUCCESS


def test_a_timeout_during_an_outage(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")
    with colonies.outage(), pytest.raises(WaitTimeout):
        handle.wait(0.5)


@pytest.mark.parametrize("bars", [False, True])
def test_a_server_that_does_not_answer_does_not_hold_a_wait(colonies: LocalColony, bars: bool) -> None:
    handle = colonies.submit("work", to="nobody")
    began = time.monotonic()
    with colonies.faults.delay("*", 300), pytest.raises(WaitTimeout):
        handle.wait(0.5, progress=bars)
    assert time.monotonic() - began < 100


def test_cancelling_a_wait_leaves_the_process_alone(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)

    async def main() -> None:
        waiting = await colonies.asession.process(handle.processid)
        first, second = (asyncio.create_task(waiting.wait(60)) for _ in range(2))
        await asyncio.sleep(0.2)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await waiting.refresh()).state is RUNNING
        await executor.aclient.close(handle.processid)
        assert (await second).state is SUCCESS
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 60)  # nothing goes on

    asyncio.run(main())


def test_many_may_wait_for_one(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    waits = [threading.Thread(target=handle.wait) for _ in range(5)]
    for wait in waits:
        wait.start()
    executor.client.close(handle.processid)
    for wait in waits:
        wait.join()
    assert handle.state is SUCCESS


def test_the_client_is_closed_while_somebody_waits(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")
    timer = threading.Timer(0.3, colonies.client.close_connections)
    timer.start()
    with pytest.raises(Exception, match="the client is closed"):
        handle.wait(60)
    timer.join()


def test_ctrl_c_ends_a_wait_and_nothing_else(colonies: LocalColony) -> None:
    script = """
from colonyos_gen import connect
with connect() as session:
    handle = session.submit("work", to="nobody")
    print(handle.processid, flush=True)
    try:
        handle.wait()
    except KeyboardInterrupt:
        print(handle.refresh().state.name, flush=True)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | colonies.environment(),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )
    assert child.stdout is not None
    processid = child.stdout.readline().strip()
    while colonies.client.get_process(processid).state is not WAITING:
        time.sleep(0.05)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    stdout, _ = child.communicate(timeout=300)
    assert (stdout, child.returncode) == ("WAITING\n", 0)


def test_how_a_handle_looks(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    executor.client.fail(handle.processid, errors=["<no>"])
    handle.wait()
    assert repr(handle) == f"<ProcessHandle 'work' {handle.processid[:8]}… FAILED>"
    html = handle._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert "failed" in html
    assert "&lt;no&gt;" in html


def test_a_server_that_does_not_answer_is_told_from_a_process_that_goes_on(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")
    with (
        colonies.faults.delay("*", 60),
        pytest.raises(WaitTimeout, match="how it is now is unknown") as caught,
    ):
        handle.wait(0.3)
    assert "goes on" not in str(caught.value)
    assert caught.value.unanswered
    with pytest.raises(WaitTimeout, match="goes on") as caught:
        handle.wait(3)
    assert not caught.value.unanswered
