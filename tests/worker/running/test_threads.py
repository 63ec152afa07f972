"""Threads that are kept, what they call at their ends, and functions that keep them."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from colonyos_gen import FAILED, Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit
from tests.worker.kit.spawned import SpawnedWorker

PROGRAM = """
import asyncio, os, signal, sys, time
from colonyos_gen import Worker
worker = Worker("tester", grace=1, hung_after=0.2)
at_once = []
os.register_at_fork(after_in_child=lambda: at_once and os.kill(os.getpid(), signal.SIGTERM))

@worker.function(timeout=0.5)
def hang() -> None:
    while True:
        time.sleep(0.1)

@worker.function
async def stop_the_loop() -> int:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)
    return 1

@worker.function
def fork_obeys(early: bool) -> int:
    at_once[:] = [early] * early
    child = os.fork()
    if not child:
        time.sleep(1000)
    if not early:
        os.kill(child, signal.SIGTERM)
    return -os.waitpid(child, 0)[1]

if __name__ == "__main__":
    worker.run()
"""


@pytest.fixture
def program(tmp_path: Path) -> tuple[str, ...]:
    """A worker as a program."""
    path = tmp_path / "threaded.py"
    path.write_text(PROGRAM)
    return (str(path),)


def test_a_slot_keeps_its_thread(colonies: LocalColony) -> None:
    worker, local, loads = Worker(EXECUTORTYPE), threading.local(), list[int]()

    @worker.function
    def predict(x: int) -> int:
        if not hasattr(local, "model"):
            loads.append(x)
            local.model = 2
        return int(local.model * x)

    with colonies.worker(worker):
        for x in range(5):
            assert ended(colonies, submit(colonies, "predict", x)).output == [2 * x]
    assert loads == [0]


def test_each_thread_calls_what_is_to_be_called_at_its_ends(colonies: LocalColony) -> None:
    worker, local = Worker(EXECUTORTYPE, concurrency=2), threading.local()
    events, barrier = list[str](), threading.Barrier(2)

    @worker.on_start
    def load() -> None:
        local.model = "loaded"
        events.append("start")

    @worker.on_stop
    async def unload() -> None:
        events.append(f"stop {local.model}")

    @worker.function
    def together() -> str:
        barrier.wait(60)
        return str(local.model)

    with colonies.worker(worker):
        for process in [submit(colonies, "together") for _ in range(4)]:
            assert ended(colonies, process).output == ["loaded"]
    assert events == ["start", "start", "stop loaded", "stop loaded"]


def test_a_worker_that_cannot_load_does_not_start(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.on_start
    def load() -> None:
        raise MemoryError("no room for the model")

    with pytest.raises(MemoryError, match="no room"), colonies.worker(worker):
        pass
    assert colonies.client.get_executors(colonies.name) == []


def test_lost_slots_are_told_and_end_the_worker(
    colonies: LocalColony, tmp_path: Path, program: tuple[str, ...]
) -> None:
    with SpawnedWorker(colonies, tmp_path, program=program) as spawned:
        assert ended(colonies, submit(colonies, "hang")).state is FAILED
        spawned.said("1 of 1 slots are lost to functions that do not end: hang")
        assert spawned.wait() == os.EX_TEMPFAIL


@pytest.mark.parametrize("early", [False, True], ids=["late", "at once"])
def test_forks_of_a_function_obey_signals(
    colonies: LocalColony, tmp_path: Path, program: tuple[str, ...], early: bool
) -> None:
    with SpawnedWorker(colonies, tmp_path, program=program):
        assert ended(colonies, submit(colonies, "fork_obeys", early)).output == [-signal.SIGTERM]


def test_a_worker_goes_on_whose_loop_a_function_has_stopped(
    colonies: LocalColony, tmp_path: Path, program: tuple[str, ...]
) -> None:
    with SpawnedWorker(colonies, tmp_path, program=program) as spawned:
        for _ in range(2):
            assert ended(colonies, submit(colonies, "stop_the_loop")).output == [1]
        spawned.said("something has stopped the event loop of the worker; it goes on", 2)
        spawned.terminate()
        assert spawned.wait() == 0
