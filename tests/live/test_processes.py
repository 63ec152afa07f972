"""The main job, and what can happen to it, on a server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from colonyos_gen_wire import Attribute, Function, Log, Process, ProcessState

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    Client,
    ConflictError,
    DeniedError,
    FunctionSpec,
    InvalidError,
    InvalidRequestError,
    NoProcessError,
    NotFoundError,
)
from tests.live.scene import Scene, play


def test_a_function_is_submitted_run_closed_and_read() -> None:
    async def act(scene: Scene) -> None:
        arguments: list[Any] = ["text", 1, 2.5, True, None, [1, {"deep": []}], "å∂"]
        submitted = await scene.submit("echo", *arguments)
        assert submitted.state is WAITING
        assert submitted.starttime is None
        assert submitted.submissiontime is not None
        assigned = await scene.assign()
        assert (assigned.processid, assigned.state) == (submitted.processid, RUNNING)
        assert assigned.spec.args == arguments
        await scene.client.close(
            assigned.processid, output=[{"answer": 42}, None, "ok"], prvkey=scene.executor_key
        )
        done = await scene.client.get_process(submitted.processid)
        assert (done.state, done.output, done.errors) == (SUCCESS, [{"answer": 42}, None, "ok"], [])
        assert done.starttime is not None
        assert done.endtime is not None
        assert done.endtime >= done.starttime

    play(act)


def test_everything_in_a_spec_comes_back() -> None:
    async def act(scene: Scene) -> None:
        spec = scene.spec("train", 1)
        spec.kwargs = {"rate": 0.1, "layers": [64, 32]}
        spec.env = {"MODE": "fast"}
        spec.label, spec.nodename, spec.priority = "a label", "node", 3
        spec.maxwaittime, spec.maxexectime, spec.maxretries = 100, 200, 2
        spec.conditions.executornames = [scene.executorname]
        spec.conditions.cpu, spec.conditions.mem = "1000m", "10Gi"
        spec.conditions.nodes = spec.conditions.processes = spec.conditions.processes_per_node = 1
        spec.fs.mount = "/cfs"
        process = await scene.client.submit(spec)
        back = (await scene.client.get_process(process.processid)).spec
        assert (back.conditions.cpu, back.conditions.mem) == ("1000m", "10240Mi")
        spec.conditions = back.conditions
        assert back == spec
        assert process.waitdeadline is not None

    play(act)


def test_failing_keeps_the_reasons() -> None:
    async def act(scene: Scene) -> None:
        process = await scene.submit()
        await scene.assign()
        await scene.client.fail(process.processid, errors=["no luck", "again"], prvkey=scene.executor_key)
        failed = await scene.client.get_process(process.processid)
        assert (failed.state, failed.errors) == (FAILED, ["no luck", "again"])
        with pytest.raises(ConflictError):
            await scene.client.close(process.processid, prvkey=scene.executor_key)
        with pytest.raises(ConflictError):
            await scene.client.fail(process.processid, prvkey=scene.executor_key)

    play(act)


def test_a_close_may_be_repeated() -> None:
    async def act(scene: Scene) -> None:
        process = await scene.submit()
        await scene.assign()
        for _ in range(2):
            await scene.client.close(process.processid, output=["once"], prvkey=scene.executor_key)
        assert (await scene.client.get_process(process.processid)).output == ["once"]

    play(act)


def test_only_the_assigned_executor_ends_a_process() -> None:
    async def act(scene: Scene) -> None:
        other = await scene.add_executor("other")
        process = await scene.submit()
        with pytest.raises(ConflictError, match="not assigned"):
            await scene.client.close(process.processid, prvkey=other)
        await scene.assign()
        with pytest.raises(DeniedError):
            await scene.client.close(process.processid, prvkey=other)
        with pytest.raises(NotFoundError):
            await scene.client.close("0" * 64, prvkey=other)

    play(act)


def test_priority_decides_who_goes_first() -> None:
    async def act(scene: Scene) -> None:
        for name, priority in (("low", -1), ("normal", 0), ("high", 1)):
            spec = scene.spec(name)
            spec.priority = priority
            await scene.client.submit(spec)
        order = [(await scene.assign()).spec.funcname for _ in range(3)]
        assert order == ["high", "normal", "low"]

    play(act)


def test_an_idle_assign_says_so() -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(NoProcessError) as caught:
            await scene.assign(-1)
        assert caught.value.conn_err() is False
        with pytest.raises(NoProcessError):
            await scene.assign(1)
        with pytest.raises(InvalidRequestError, match="timeout is 0"):
            await scene.assign(0)

    play(act)


def test_a_waiting_assign_gets_what_is_submitted_meanwhile() -> None:
    async def act(scene: Scene) -> None:
        waiting = asyncio.create_task(scene.assign(10))
        await asyncio.sleep(0.3)
        process = await scene.submit()
        assert (await asyncio.wait_for(waiting, 5)).processid == process.processid

    play(act)


def test_an_expired_attempt_goes_back_to_the_queue_and_then_fails() -> None:
    async def act(scene: Scene) -> None:
        spec = scene.spec()
        spec.maxexectime, spec.maxretries = 1, 1
        process = await scene.client.submit(spec)
        await scene.assign()
        await _until(scene, process, WAITING)
        with pytest.raises(ConflictError):
            await scene.client.close(process.processid, prvkey=scene.executor_key)
        again = await scene.assign()
        assert (again.processid, again.retries) == (process.processid, 1)
        failed = await _until(scene, process, FAILED)
        assert failed.errors == ["Maximum execution time limit exceeded"]

    play(act)


def test_waiting_too_long_fails() -> None:
    async def act(scene: Scene) -> None:
        spec = scene.spec()
        spec.maxwaittime = 1
        failed = await _until(scene, await scene.client.submit(spec), FAILED)
        assert failed.errors == ["Maximum waiting time limit exceeded"]

    play(act)


def test_cancelling() -> None:
    async def act(scene: Scene) -> None:
        waiting, running = await scene.submit("a"), await scene.submit("b")
        await scene.assign()
        for process in (waiting, running):
            await scene.client.cancel_process(process.processid)
            assert (await scene.client.get_process(process.processid)).state is CANCELLED
        with pytest.raises(ConflictError):
            await scene.client.cancel_process(waiting.processid)

    play(act)


def test_lists_and_removals() -> None:
    async def act(scene: Scene) -> None:
        assert await scene.client.get_processes(scene.colonyname) == []
        first, second = await scene.submit("a"), await scene.submit("b")
        listed = await scene.client.get_processes(scene.colonyname, 10, WAITING)
        assert [p.processid for p in listed] == [first.processid, second.processid]
        assert await scene.client.get_processes(scene.colonyname, 10, SUCCESS) == []
        with pytest.raises(InvalidRequestError, match="count is 101"):
            await scene.client.get_processes(scene.colonyname, 101)
        history = await scene.client.get_process_history(scene.colonyname, seconds=60)
        assert {p.processid for p in history} == {first.processid, second.processid}
        await scene.client.remove_process(first.processid)
        with pytest.raises(NotFoundError):
            await scene.client.get_process(first.processid)
        await scene.client.remove_all_processes(scene.colonyname, -1, hazardous=True)
        assert await scene.client.get_processes(scene.colonyname) == []

    play(act)


def test_outputs_attributes_and_logs_of_a_running_process() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, scene.executor_key
        process = await scene.submit()
        await scene.assign()
        await client.set_output(process.processid, ["partial"], prvkey=key)
        attribute = await client.add_attr(
            Attribute.new(scene.colonyname, process.processid, "loss", "0.1"), prvkey=key
        )
        assert (await client.get_attr(attribute.attributeid)).value == "0.1"
        for line in ("one", "two"):
            await client.add_log(Log(processid=process.processid, message=line), prvkey=key)
        lines = await client.get_logs(scene.colonyname, process.processid, "", 10, 0)
        assert [line.message for line in lines] == ["one", "two"]
        later = await client.get_logs(scene.colonyname, process.processid, "", 10, lines[0].timestamp)
        assert [line.message for line in later] == ["two"]
        newest = await client.get_logs(scene.colonyname, process.processid, "", 1, 0, latest=True)
        assert [line.message for line in newest] == ["two"]
        await client.add_executor_log(scene.colonyname, scene.executorname, "hello", prvkey=key)
        assert "hello" in [
            entry.message for entry in await client.search_logs(scene.colonyname, "hello", 1, 10)
        ]
        read = await client.get_process(process.processid)
        assert read.output == ["partial"]
        assert [(a.key, a.value) for a in read.attributes] == [("loss", "0.1")]

    play(act)


def test_functions_and_statistics() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, scene.executor_key
        function = Function(executorname=scene.executorname, colonyname=scene.colonyname, funcname="echo")
        added = await client.add_function(function, prvkey=key)
        process = await scene.submit()
        await scene.assign()
        await client.close(process.processid, prvkey=key)
        for found in (
            await client.get_functions(scene.colonyname),
            await client.get_functions_by_executor(scene.colonyname, scene.executorname),
        ):
            assert [(f.funcname, f.counter) for f in found] == [("echo", 1)]
        statistics = await client.get_statistics(scene.colonyname)
        assert (statistics.successfulprocesses, statistics.waitingprocesses, statistics.executors) == (
            1,
            0,
            1,
        )
        assert (await client.get_server_statistics()).colonies >= 1
        await client.remove_function(added.functionid, prvkey=key)
        assert await client.get_functions(scene.colonyname) == []

    play(act)


def test_bad_quantities_are_refused_by_the_server() -> None:
    async def act(scene: Scene) -> None:
        spec = scene.spec()
        spec.conditions.mem = "ten gigabytes"
        with pytest.raises(InvalidError):
            await scene.client.submit(spec)

    play(act)


def test_the_synchronous_client_does_the_same() -> None:
    async def act(scene: Scene) -> None:
        await asyncio.to_thread(_main_job, scene)

    play(act)


def _main_job(scene: Scene) -> None:
    with (
        Client(scene.url, member_key=scene.user_key) as user,
        Client(scene.url, member_key=scene.executor_key) as worker,
    ):
        process = user.submit(FunctionSpec.new("echo", scene.executortype, scene.colonyname))
        assigned = worker.assign(scene.colonyname, 5)
        assert assigned.processid == process.processid
        worker.close(process.processid, output=["done"])
        assert user.get_process(process.processid).output == ["done"]


async def _until(scene: Scene, process: Process, state: ProcessState, seconds: float = 8) -> Process:
    async with asyncio.timeout(seconds):
        # A server may store why a process has failed a moment after it has made it FAILED.
        while (found := await scene.client.get_process(process.processid)).state is not state or (
            state is FAILED and not found.errors
        ):
            await asyncio.sleep(0.1)
    return found
