"""What a function does to the event loop of its worker ends no process but its own, and leaves none without an end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from colonyos_gen import FAILED, SUCCESS, FunctionSpec, Process, Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.spawned import ROOT, SpawnedWorker

CANCELLED = "CancelledError: the task that ran the process was cancelled from inside"


def _exit_in_a_task() -> None:
    async def leave() -> None:
        sys.exit(3)

    _tasks.append(asyncio.create_task(leave()))


def _interrupt() -> None:
    raise KeyboardInterrupt


_tasks: list[asyncio.Task[None]] = []
_ENDS_THE_WORKER: dict[str, tuple[Callable[[], object], type[BaseException]]] = {
    "exit in a task": (_exit_in_a_task, SystemExit),
    "exit in a callback": (lambda: asyncio.get_running_loop().call_soon(sys.exit, 3), SystemExit),
    "interrupt in a callback": (
        lambda: asyncio.get_running_loop().call_soon(_interrupt),
        KeyboardInterrupt,
    ),
}


def _submit(colony: LocalColony, funcname: str, *args: str) -> str:
    spec = FunctionSpec.new(funcname, "tester", colony.name)
    spec.args = list(args)
    return colony.client.submit(spec).processid


def _worker(does: Callable[[], object]) -> tuple[Worker, threading.Event]:
    """A worker with a function that does something to the loop, and one that lasts until the event is set."""
    worker, gate = Worker("tester", concurrency=4, grace=60), threading.Event()

    @worker.function
    async def meddle() -> str:
        does()
        await asyncio.sleep(0.3)
        gate.set()
        return "done"

    @worker.function
    def last() -> str:
        gate.wait(60)
        return "lasted"

    return worker, gate


def _ended(colony: LocalColony, *processids: str) -> list[Process]:
    return [
        colony.client.subscribe_process(colony.client.get_process(each), SUCCESS, 60) for each in processids
    ]


def _failed(colony: LocalColony, processid: str) -> Process:
    return colony.client.subscribe_process(colony.client.get_process(processid), FAILED, 60)


@pytest.mark.parametrize("what", _ENDS_THE_WORKER)
def test_an_exit_outside_of_the_call_lets_all_end_first(colonies: LocalColony, what: str) -> None:
    does, kind = _ENDS_THE_WORKER[what]
    worker, _ = _worker(does)

    def work() -> None:
        with colonies.worker(worker):
            lasting = _submit(colonies, "last")
            found = _ended(colonies, _submit(colonies, "meddle"), lasting)
            assert [each.output for each in found] == [["done"], ["lasted"]]

    with pytest.raises(kind):
        work()


def test_a_loop_that_was_stopped_goes_on(colonies: LocalColony) -> None:
    worker, _ = _worker(lambda: asyncio.get_running_loop().stop())
    with colonies.worker(worker):
        lasting = _submit(colonies, "last")
        found = _ended(colonies, _submit(colonies, "meddle"), lasting, _submit(colonies, "last"))
    assert [each.output for each in found] == [["done"], ["lasted"], ["lasted"]]


def test_when_all_tasks_are_cancelled_all_processes_end(colonies: LocalColony) -> None:
    begun = threading.Event()

    def cancel_all() -> None:
        for each in asyncio.all_tasks():
            each.cancel()

    worker = Worker("tester", concurrency=4, grace=60)

    @worker.function
    async def meddle() -> None:
        cancel_all()
        await asyncio.sleep(60)

    @worker.function
    async def last() -> None:
        begun.set()
        await asyncio.sleep(600)

    def work() -> None:
        with colonies.worker(worker):
            lasting = _submit(colonies, "last")
            assert begun.wait(60)
            for each in (_submit(colonies, "meddle"), lasting):
                assert _failed(colonies, each).errors == [CANCELLED]

    with pytest.raises(RuntimeError, match="cancelled the tasks of the worker"):
        work()


def test_when_the_tasks_of_processes_are_cancelled_these_fail_and_the_worker_works_on(
    colonies: LocalColony,
) -> None:
    begun = threading.Event()
    worker = Worker("tester", concurrency=4, grace=60)

    @worker.function
    async def meddle() -> None:
        for each in asyncio.all_tasks():
            if getattr(each.get_coro(), "__qualname__", "") == "Run.run":
                each.cancel()

    @worker.function
    async def last() -> None:
        begun.set()
        await asyncio.sleep(600)

    @worker.function
    def one() -> int:
        return 1

    with colonies.worker(worker):
        lasting = _submit(colonies, "last")
        assert begun.wait(60)
        for each in (_submit(colonies, "meddle"), lasting):
            assert _failed(colonies, each).errors == [CANCELLED]
        assert _ended(colonies, _submit(colonies, "one"))[0].output == [1]


def _environ(colony: LocalColony) -> dict[str, str]:
    """The variables of a program."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "generated" / "python")])
    return os.environ | colony.environment().without_member_key() | {"PYTHONPATH": paths}


PROGRAM = """
    import asyncio, sys, time
    from colonyos_gen import Worker

    worker = Worker("tester", concurrency=4, grace=60)

    @worker.function
    async def meddle():
        asyncio.get_running_loop().call_soon(sys.exit, 3)
        await asyncio.sleep(0.3)
        return "done"

    @worker.function
    async def cancel_all():
        for each in asyncio.all_tasks():
            each.cancel()
        return 1

    @worker.function
    def last():
        time.sleep(1)
        return "lasted"

    {run}
"""


@pytest.mark.parametrize("run", ["worker.run()", "asyncio.run(worker.serve())"])
def test_a_program_exits_as_it_was_told_and_leaves_nothing_running(colonies: LocalColony, run: str) -> None:
    lasting, meddling = _submit(colonies, "last"), _submit(colonies, "meddle")
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM).format(run=run)]
    ran = subprocess.run(command, env=_environ(colonies), stderr=subprocess.PIPE, text=True, timeout=300)
    assert ran.returncode == 3, ran.stderr
    states = [colonies.client.get_process(each).state for each in (lasting, meddling)]
    assert all(each in (SUCCESS, FAILED) for each in states)
    if run == "worker.run()":
        assert states == [SUCCESS, SUCCESS]


def test_a_program_whose_tasks_are_cancelled_says_so_in_one_line(colonies: LocalColony) -> None:
    asked = _submit(colonies, "cancel_all")
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM).format(run="worker.run()")]
    ran = subprocess.run(command, env=_environ(colonies), stderr=subprocess.PIPE, text=True, timeout=300)
    assert ran.returncode == os.EX_TEMPFAIL
    assert "Traceback" not in ran.stderr
    (line,) = [each for each in ran.stderr.splitlines() if "CRITICAL" in each]
    assert line.endswith("a function has cancelled the tasks of the worker, which has ended")
    assert colonies.client.get_process(asked).state in (SUCCESS, FAILED)


_STUBBORN = """
import asyncio
from colonyos_gen import Worker

worker = Worker("tester", hung_after=0.5, concurrency=1)
kept = []


async def go_on():
    while True:
        try:
            await asyncio.sleep(3600)
        except BaseException:
            pass


@worker.function(timeout=1)
async def stubborn():
    await go_on()


async def leave_by(what):
    try:
        await asyncio.sleep(3600)
    finally:
        if what == "heir":
            kept.append(asyncio.create_task(go_on()))
        else:
            raise SystemExit(3) if what == "exit" else KeyboardInterrupt


async def generate():
    try:
        yield 1
    finally:
        await go_on()


@worker.function
async def leave(what):
    kept.append(asyncio.create_task(go_on() if what == "task" else leave_by(what)))
    if what == "generator":
        kept.append(generate())
        await anext(kept[-1])
    await asyncio.sleep(0.1)


if __name__ == "__main__":
    worker.run()
"""


@pytest.mark.parametrize("what", ["", "task", "heir", "exit", "interrupt", "generator"])
def test_what_swallows_its_cancellation_does_not_keep_the_program(
    colonies: LocalColony, tmp_path: Path, what: str
) -> None:
    """A coroutine of a function that takes too long, and what others leave on the loop."""
    path = tmp_path / "stubborn.py"
    path.write_text(_STUBBORN, encoding="utf-8")
    with SpawnedWorker(colonies, tmp_path / "keys", program=(str(path),)) as spawned:
        (end,) = _ended(colonies, _submit(colonies, *(("leave", what) if what else ("stubborn",))))
        assert end.state is (SUCCESS if what else FAILED)
        if what:
            spawned.terminate()
        assert spawned.wait() == (0 if what else 75)
