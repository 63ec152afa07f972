"""Programs without a main guard whose worker has processes: nothing that they do is done again there."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from colonyos_gen import Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit
from tests.worker.kit.spawned import SpawnedWorker

worker = Worker(EXECUTORTYPE, pool="process")


@worker.function
def run_another() -> int:
    """Run a worker, as a function may that tests one."""
    another = Worker("another")

    @another.function
    def three() -> int:
        return 3

    with LocalColony() as colony, colony.worker(another):
        return int(colony.call("three", to="another"))


PROGRAM = """
    import asyncio, contextlib, multiprocessing, os, sys, threading, time
    from concurrent.futures import ThreadPoolExecutor
    from colonyos_gen import Worker
    from colonyos_gen.worker import PoolError

    folder = {folder!r}
    worker = Worker("tester", pool="process", grace=1)

    @worker.function
    def one() -> int:
        return 1

    {start}

    with open(os.path.join(folder, "behind"), "a") as file:
        print(os.getpid(), file=file)
"""

STARTS = {
    "thread": """
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        thread.join()
    """,
    "executor": """
        with ThreadPoolExecutor() as executor:
            executor.submit(worker.run).exception()
    """,
    "loop": """
        async def main():
            await asyncio.gather(worker.serve(), return_exceptions=True)
        asyncio.run(main())
    """,
    "run in a loop of another thread": """
        async def main():
            await asyncio.gather(asyncio.to_thread(worker.run), return_exceptions=True)
        asyncio.run(main())
    """,
    "run beside a loop": """
        async def run():
            await asyncio.to_thread(worker.run) if os.getppid() == int(os.environ["TESTER"]) else worker.run()
        async def main():
            await asyncio.gather(run(), return_exceptions=True)
        asyncio.run(main())
    """,
    "subclass": """
        class Own(Worker):
            def run(self):
                with contextlib.suppress(PoolError, RuntimeError):
                    asyncio.run(self.serve())
        worker.__class__ = Own
        worker.run()
    """,
    "swallowed": """
        try:
            worker.run()
        except BaseException:
            pass
    """,
    "caught in a function": """
        def main():
            try:
                with contextlib.suppress(ValueError):
                    worker.run()
            except:
                return
        main()
    """,
    "at the end": """
        try:
            worker.run()
        finally:
            with open(os.path.join(folder, "behind"), "a") as file:
                print(os.getpid(), file=file)
    """,
    "suppressed": """
        with contextlib.suppress(BaseException):
            worker.run()
    """,
    "fork": """
        fork = multiprocessing.get_context("fork").Process(target=worker.run)
        fork.start()
        fork.join()
    """,
}


TOLD_LATER = {
    "later": """
        def later():
            time.sleep(1)
            worker.run()
        threading.Thread(target=later, daemon=True).start()
        if os.getppid() == int(os.environ["TESTER"]):
            worker.run()
    """,
}
"""Where the end of the program is reached before the worker would be started."""


def run(colony: LocalColony, folder: Path, start: str) -> tuple[int, list[int], str]:
    """Run such a program: which process it was, which ones came to what is behind the start, and what was told."""
    program, behind = folder / "unguarded.py", folder / "behind"
    program.write_text(textwrap.dedent(PROGRAM).format(folder=str(folder), start=textwrap.dedent(start)))
    with SpawnedWorker(colony, folder, program=(str(program),)) as spawned:
        spawned.wait()
        return (
            spawned.pid,
            [int(each) for each in behind.read_text().split()] if behind.exists() else [],
            spawned.output,
        )


@pytest.fixture(autouse=True)
def _tester(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program knows by whether it is the first one."""
    monkeypatch.setenv("TESTER", str(os.getpid()))


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_what_is_behind_the_start_is_not_done_again(
    colonies: LocalColony, tmp_path: Path, start: str
) -> None:
    pid, behind, told = run(colonies, tmp_path, start)
    assert behind in ([], [pid]), told
    assert "each process of a pool imports the program" in told
    assert len(colonies.client.get_executors(colonies.name)) == 0


@pytest.mark.parametrize("start", TOLD_LATER.values(), ids=TOLD_LATER)
def test_the_worker_ends_where_a_process_of_its_pool_starts_another_one(
    colonies: LocalColony, tmp_path: Path, start: str
) -> None:
    _, behind, told = run(colonies, tmp_path, start)
    assert len(behind) <= 2  # and is not started again and again
    assert "each process of a pool imports the program" in told
    assert len(colonies.client.get_executors(colonies.name)) <= 1


def test_blocks_may_be_left(colonies: LocalColony, tmp_path: Path) -> None:
    """Of programs that do nothing behind the start of their worker."""
    program = tmp_path / "unguarded.py"
    start = """
        with open(os.devnull) as one, contextlib.ExitStack() as two:
            worker.run()
    """
    program.write_text(textwrap.dedent(PROGRAM).format(folder=str(tmp_path), start=textwrap.dedent(start)))
    with SpawnedWorker(colonies, tmp_path, program=(str(program),)) as spawned:
        assert ended(colonies, submit(colonies, "one")).output == [1]
        spawned.said("before worker.run()")


def test_a_function_of_a_pool_may_run_a_worker(colonies: LocalColony) -> None:
    with colonies.worker(worker):
        assert ended(colonies, submit(colonies, "run_another")).output == [3]
