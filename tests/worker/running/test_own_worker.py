"""Functions that wait for what their own worker is to do."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from colonyos_gen import FAILED, SUCCESS, Worker, connect
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until

pool = Worker(EXECUTORTYPE, pool="process", grace=1)


@pool.function
def leaf() -> int:
    """Something to call."""
    return 1


@pool.function
def call_leaf(environ: dict[str, str], together: Path | None = None, count: int = 1) -> int:
    """Call it, once as many others do the same."""
    if together is not None:
        (together / str(os.getpid())).touch()
        until(lambda: len(list(together.iterdir())) == count)
    with connect(environ=environ) as session:
        return int(session.call("leaf", to=EXECUTORTYPE)) + 1


def made(colony: LocalColony, concurrency: int = 1, name: str | None = None) -> Worker:
    """A worker with functions that call others."""
    worker = Worker(EXECUTORTYPE, name=name, concurrency=concurrency, grace=1)
    together = threading.Barrier(concurrency)

    @worker.function
    def inner() -> int:
        return 1

    @worker.function
    def outer() -> int:
        return int(colony.call("inner", to=EXECUTORTYPE)) + 1

    @worker.function
    async def task() -> int:
        async with colony.asession as session:
            return int(await session.call("inner", to=EXECUTORTYPE)) + 1

    @worker.function
    def all_at_once() -> int:
        together.wait(300)
        return int(colony.call("inner", to=EXECUTORTYPE)) + 1

    @worker.function
    def elsewhere() -> int:
        return int(colony.call("inner", to="another")) + 1

    return worker


@pytest.mark.parametrize("name", ["outer", "task"])
def test_one_that_would_wait_for_itself_is_told(colonies: LocalColony, name: str) -> None:
    with colonies.worker(made(colonies)):
        process = ended(colonies, submit(colonies, name))
        assert process.state is FAILED
        assert f"RuntimeError: '{name}' would wait for itself: 'inner' is for executors" in process.errors[0]
        for each in colonies.session.rpc.get_processes(colonies.name, 10):
            if each.spec.funcname == "inner":
                assert ended(colonies, each).output == [1]


def test_a_free_slot_is_enough(colonies: LocalColony) -> None:
    with colonies.worker(made(colonies, 2)):
        assert ended(colonies, submit(colonies, "outer")).output == [2]


def test_where_all_slots_wait_one_is_told(colonies: LocalColony) -> None:
    with colonies.worker(made(colonies, 2)):
        both = [ended(colonies, each) for each in [submit(colonies, "all_at_once") for _ in range(2)]]
    errors = [each.errors[0] for each in both if each.state is FAILED]
    assert errors
    assert all("would wait for itself" in each for each in errors)


def test_another_worker_can_do_it(colonies: LocalColony) -> None:
    another = Worker("another")

    @another.function
    def inner() -> int:
        return 5

    with colonies.worker(made(colonies)):
        with colonies.worker(another):
            assert ended(colonies, submit(colonies, "elsewhere")).output == [6]
        with colonies.worker(made(colonies, name="of the same type")):
            assert ended(colonies, submit(colonies, "outer")).output == [2]


def test_a_process_of_a_pool_that_would_wait_for_itself_is_told(colonies: LocalColony) -> None:
    with colonies.worker(pool):
        process = ended(colonies, submit(colonies, "call_leaf", dict(colonies.environment())))
        assert process.state is FAILED
        told = "RuntimeError: 'call_leaf' would wait for itself: 'leaf' is for executors of type"
        assert process.errors[0].startswith(told)
        assert "each of its 1 slots" in process.errors[0]
        assert ended(colonies, submit(colonies, "leaf")).output == [1]


def test_where_all_processes_of_a_pool_wait_one_is_told(
    colonies: LocalColony, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_concurrency", 2)
    environ = dict(colonies.environment())
    with colonies.worker(pool):
        assert ended(colonies, submit(colonies, "call_leaf", environ)).output == [2]  # a free slot is enough
        asked = [submit(colonies, "call_leaf", environ, str(tmp_path), 2) for _ in range(2)]
        both = [ended(colonies, each) for each in asked]
    errors = [each.errors[0] for each in both if each.state is not SUCCESS]
    assert errors
    assert all("would wait for itself" in each for each in errors)
