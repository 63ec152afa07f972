"""Functions in processes of their own, and all the ways in which those end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonyos_gen import FAILED, Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import PoolError
from tests.worker.kit.scene import EXECUTORTYPE, Gate, ended, running, submit, until
from tests.worker.kit.spawned import SpawnedWorker
from tests.worker.running.pool_program import worker

PROGRAM = ("-m", "tests.worker.running.pool_program")


@pytest.fixture
def pool(colonies: LocalColony) -> Iterator[LocalColony]:
    """A colony with the worker."""
    with colonies.worker(worker):
        yield colonies


def is_there(pid: int) -> bool:
    """Whether a process runs, and is not just waiting to be noted by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids_in(path: Path) -> list[int]:
    """The ids that a function wrote."""
    until(lambda: path.exists() and len(path.read_text().split()) == 2)
    return [int(each) for each in path.read_text().split()]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("stop", "StopIteration"),
        ("exit", "SystemExit: 3"),
        ("interrupt", "KeyboardInterrupt"),
        ("generator", "GeneratorExit"),
        ("two arguments", "TwoArguments: account blue is over 7"),
    ],
)
def test_whatever_is_raised_fails_its_process_and_keeps_the_child(
    pool: LocalColony, tmp_path: Path, how: str, told: str
) -> None:
    gate = Gate(tmp_path)
    submit(pool, "hold", str(gate.path))
    opened = gate.reached()  # so that one of the two is left for all that follows
    child = ended(pool, submit(pool, "pid")).output
    end = ended(pool, submit(pool, "end", how))
    assert end.state is FAILED
    assert end.errors[0] == told
    assert "pool_program.py" in end.errors[1]  # where it was raised
    assert ended(pool, submit(pool, "pid")).output == child
    opened.let_through()


@pytest.mark.parametrize(
    ("how", "told"), [("crash", "exit code 3"), ("kill", "SIGKILL (out of memory?)"), ("segfault", "SIGSEGV")]
)
def test_a_child_that_ends_fails_its_process_alone(
    pool: LocalColony, tmp_path: Path, how: str, told: str
) -> None:
    gate = Gate(tmp_path)
    neighbour = submit(pool, "hold", str(gate.path))
    opened = gate.reached()
    end = ended(pool, submit(pool, "end", how))
    assert end.state is FAILED
    assert told in end.errors[0]
    opened.let_through("unharmed")
    assert ended(pool, neighbour).output == ["unharmed"]


def test_children_are_kept_and_begin_once(pool: LocalColony) -> None:
    for _ in range(4):
        child = ended(pool, submit(pool, "pid")).output[0]
        assert child != os.getpid()
    assert len(ended(pool, submit(pool, "starts")).output[0]) == 1


def test_a_coroutine_behind_a_decorator(pool: LocalColony) -> None:
    assert ended(pool, submit(pool, "hidden")).output == ["awaited"]


def test_time_limits_kill_the_child_and_its_children(pool: LocalColony, tmp_path: Path) -> None:
    process = submit(pool, "start_another", str(tmp_path / "pids"))
    pids = pids_in(tmp_path / "pids")
    assert "took longer than its timeout" in ended(pool, process).errors[0]
    until(lambda: not any(map(is_there, pids)))
    assert ended(pool, submit(pool, "pid")).output[0] not in pids


def test_cancellation_kills_the_child_and_its_children(pool: LocalColony, tmp_path: Path) -> None:
    process = submit(pool, "lasting", str(tmp_path / "pids"))
    pids = pids_in(tmp_path / "pids")
    pool.client.cancel_process(process.processid)
    until(lambda: not any(map(is_there, pids)))


def test_the_context_works_in_the_child(pool: LocalColony) -> None:
    process = submit(pool, "with_context", channels=["out"])
    end = ended(pool, process)
    assert end.errors == []
    child, colour, funcname = end.output[0]
    assert child != os.getpid()
    assert (colour, funcname) == ("blue", "with_context")
    logs = [each.message for each in pool.client.get_logs(pool.name, process.processid)]
    assert logs[0] == "from afar"
    assert any("half" in each for each in logs)
    assert {each.key: each.value for each in end.attributes}["colour"] == "blue"


def test_cancellation_reaches_the_child(pool: LocalColony, tmp_path: Path) -> None:
    left = tmp_path / "left"
    process = running(pool, submit(pool, "until_cancelled", str(left)))
    until(lambda: bool(pool.client.get_logs(pool.name, process.processid)))
    pool.client.cancel_process(process.processid)
    until(lambda: left.exists() and left.read_text().startswith("True"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_child_ignores_the_signals_of_its_group(pool: LocalColony, number: int) -> None:
    assert ended(pool, submit(pool, "signal_itself", int(number))).output == ["still here"]


def test_forks_of_a_function_do_not(pool: LocalColony) -> None:
    assert ended(pool, submit(pool, "fork_obeys")).output == [-signal.SIGTERM]


def test_children_die_with_their_worker(colonies: LocalColony, tmp_path: Path) -> None:
    with SpawnedWorker(colonies, tmp_path, program=PROGRAM) as spawned:
        submit(colonies, "lasting", str(tmp_path / "pids"))
        pids = pids_in(tmp_path / "pids")
        spawned.kill()
    until(lambda: not any(map(is_there, pids)))


def test_a_program_without_a_main_guard(colonies: LocalColony, tmp_path: Path) -> None:
    program = tmp_path / "unguarded.py"
    program.write_text(
        "from colonyos_gen import Worker\n"
        f"worker = Worker({EXECUTORTYPE!r}, pool='process')\n"
        "@worker.function\n"
        "def one() -> int:\n"
        "    return 1\n"
        "worker.run()\n"
    )
    with SpawnedWorker(colonies, tmp_path, program=(str(program),)) as spawned:
        spawned.said("__main__")
        assert ended(colonies, submit(colonies, "one")).output == [1]
        assert len(colonies.client.get_executors(colonies.name)) == 1


def test_what_a_new_process_does_not_find_is_told_at_the_start(colonies: LocalColony) -> None:
    local = Worker(EXECUTORTYPE, pool="process")

    @local.function
    def inside() -> None:
        """Not at the top of a module."""

    with pytest.raises(PoolError, match="inside: a new process does not find"), colonies.worker(local):
        pass
