"""Functions that run at the same time, in threads, tasks and processes."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from colonyos_gen import FAILED, Context, Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit

in_processes = Worker(EXECUTORTYPE, pool="process", concurrency=2)


@in_processes.function
def pid() -> int:
    """Which process this is."""
    return os.getpid()


@in_processes.function
def pid_with_context(ctx: Context) -> int:  # noqa: ARG001
    """Which process this is; the context comes along."""
    return os.getpid()


@in_processes.function
def die() -> None:
    """End the process, as if it had run out of memory."""
    os._exit(1)


@in_processes.function
def fail() -> None:
    """Raise."""
    raise ValueError("over there")


def test_a_pool_of_processes(colonies: LocalColony) -> None:
    with colonies.worker(in_processes):
        assert ended(colonies, submit(colonies, "pid")).output != [os.getpid()]
        assert ended(colonies, submit(colonies, "pid_with_context")).output != [os.getpid()]
        assert ended(colonies, submit(colonies, "fail")).errors[0] == "ValueError: over there"
        end = ended(colonies, submit(colonies, "die"))
        assert end.state is FAILED
        assert "ended on its own" in end.errors[0]
        assert ended(colonies, submit(colonies, "pid")).output != [os.getpid()]


@pytest.mark.parametrize("kind", ["thread", "task"])
def test_as_many_at_once_as_it_may(colonies: LocalColony, kind: str) -> None:
    worker = Worker(EXECUTORTYPE, concurrency=3)
    barrier, meeting = threading.Barrier(3), list[asyncio.Event]()
    arrived = 0

    @worker.function
    def thread() -> None:
        barrier.wait(60)

    @worker.function
    async def task() -> None:
        nonlocal arrived
        arrived += 1
        meeting.append(asyncio.Event())
        if arrived % 3 == 0:
            for each in meeting:
                each.set()
        await meeting[-1].wait()

    with colonies.worker(worker):
        for process in [submit(colonies, kind) for _ in range(3)]:
            assert ended(colonies, process).errors == []


def test_one_at_a_time_by_default(colonies: LocalColony) -> None:
    worker, inside = Worker(EXECUTORTYPE), list[int]()

    @worker.function
    async def alone() -> int:
        inside.append(1)
        await asyncio.sleep(0.01)
        return inside.pop() + len(inside)

    with colonies.worker(worker):
        for process in [submit(colonies, "alone") for _ in range(5)]:
            assert ended(colonies, process).output == [1]


def test_what_a_worker_cannot_offer() -> None:
    worker = Worker(EXECUTORTYPE)

    def generator() -> object:
        yield 1

    with pytest.raises(TypeError, match="is a generator"):
        worker.function(generator)
    with pytest.raises(TypeError, match="has no name of its own"):
        worker.function(lambda: 1)
    worker.function(name="one")(lambda: 1)
    with pytest.raises(ValueError, match="has a function 'one' already"):
        worker.function(name="one")(lambda: 1)
    with pytest.raises(ValueError, match="timeout of two is 0"):
        worker.function(name="two", timeout=0)(lambda: 1)
    for options in ({"concurrency": 0}, {"heartbeat": 600}, {"grace": -1}, {"pool": "fibre"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            Worker(EXECUTORTYPE, **options)  # pyright: ignore[reportArgumentType]
