"""Waiting for processes: every way in which a wait can end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncClient,
    Ended,
    FunctionSpec,
    NotFoundError,
    Process,
    ProcessState,
    RPCTimeoutError,
    WorkflowSpec,
)
from tests.client.kit.proxy import Proxy

from .scene import Scene, play


async def waiting_for(scene: Scene, process: Process, state: int) -> asyncio.Task[Process]:
    """A wait that has begun."""
    task = asyncio.create_task(scene.client.subscribe_process(process, state, 30))
    await asyncio.sleep(0.05)
    return task


async def succeed(scene: Scene, process: Process) -> None:
    await scene.assign()
    await scene.client.close(process.processid, output=["output"], prvkey=scene.executor_key)


async def fail(scene: Scene, process: Process) -> None:
    await scene.assign()
    await scene.client.fail(process.processid, errors=["broken"], prvkey=scene.executor_key)


async def cancel(scene: Scene, process: Process) -> None:
    await scene.client.cancel_process(process.processid)


@pytest.mark.parametrize(
    ("act", "state"),
    [(succeed, SUCCESS), (fail, FAILED), (cancel, CANCELLED)],
    ids=["close", "fail", "cancel"],
)
@pytest.mark.parametrize("wanted", [SUCCESS, FAILED, CANCELLED])
def test_every_final_state_ends_every_wait(
    act: Callable[[Scene, Process], Awaitable[None]], state: ProcessState, wanted: ProcessState
) -> None:
    """Before and after the process has reached it, with the process as it is stored."""

    async def wait(scene: Scene) -> None:
        process = await scene.submit()
        task = await waiting_for(scene, process, wanted)
        await act(scene, process)
        found = await task
        assert found.state is state
        if state is SUCCESS:
            assert found.output == ["output"]
        again = await scene.client.subscribe_process(process, wanted, 0)
        assert again.state is state
        assert again.output == found.output

    play(wait)


def test_cancelling_a_workflow() -> None:
    """Nobody reports it."""

    async def wait(scene: Scene) -> None:
        spec: FunctionSpec = scene.spec("step")
        spec.nodename = "one"
        graph = await scene.client.submit_workflow(
            WorkflowSpec(colonyname=scene.colonyname, functionspecs=[spec])
        )
        process = await scene.client.get_process(graph.processids[0])
        task = await waiting_for(scene, process, RUNNING)
        await scene.client.cancel_processgraph(graph.processgraphid)
        assert (await task).state is CANCELLED

    play(wait)


def test_removing_the_process() -> None:
    """Nobody reports that either."""

    async def wait(scene: Scene) -> None:
        process = await scene.submit()
        task = await waiting_for(scene, process, RUNNING)
        await scene.client.remove_process(process.processid)
        with pytest.raises(NotFoundError):
            await task
        with pytest.raises(NotFoundError):
            await scene.client.subscribe_process(process, RUNNING, 5)

    play(wait)


@pytest.mark.parametrize("timeout", [-1, 0, 0.3, 1])
def test_time_is_up(timeout: float) -> None:
    """Whatever the server makes of such a number."""

    async def wait(scene: Scene) -> None:
        process = await scene.submit()
        assert (await scene.client.subscribe_process(process, WAITING, timeout)).state is WAITING
        async with asyncio.timeout(5):
            with pytest.raises(RPCTimeoutError):
                await scene.client.subscribe_process(process, RUNNING, timeout)

    play(wait)


def test_events_of_a_process() -> None:
    """From the present state to the final one."""

    async def wait(scene: Scene) -> None:
        process = await scene.submit()
        async with scene.client.process_events(process, 30) as events:
            assert (await anext(events)).state is WAITING
            await scene.assign()
            assert (await anext(events)).state is RUNNING
            await scene.client.close(process.processid, output=["output"], prvkey=scene.executor_key)
            (last,) = [process async for process in events]
        assert (last.state, last.output) == (SUCCESS, ["output"])
        assert events.ended is Ended.PROCESS

    play(wait)


def test_events_over_a_bad_connection() -> None:
    """Cut again and again, they still come."""

    async def wait(scene: Scene) -> None:
        async with (
            Proxy(scene.url, seed=7, idle=(0.01, 0.1)) as proxy,
            AsyncClient(proxy.url, member_key=scene.user_key, retries=20) as client,
        ):
            process = await scene.submit()
            async with client.process_events(process, 60) as events:
                assert (await anext(events)).state is WAITING
                await scene.assign()
                assert (await anext(events)).state is RUNNING
                while not proxy.cuts:
                    await client.get_process(process.processid)
                await scene.client.fail(process.processid, prvkey=scene.executor_key)
                assert [process.state async for process in events] == [FAILED]
            assert proxy.cuts > 0

    play(wait)


@pytest.mark.hazards("waiting_feed_takes_wakeups")
def test_processes_of_a_type() -> None:
    """As they are submitted; the subscriber is an executor."""

    async def wait(scene: Scene) -> None:
        stream = scene.client.subscribe_processes(
            scene.executortype,
            WAITING,
            30,
            colonyname=scene.colonyname,
            hazardous=True,
            prvkey=scene.executor_key,
        )
        async with stream:
            first = asyncio.create_task(anext(stream))
            submitted: list[str] = []
            while not first.done():  # events before the subscription are not reported
                submitted.append((await scene.submit()).processid)
                await asyncio.sleep(0.05)
            assert (await first).processid in submitted

    play(wait)
