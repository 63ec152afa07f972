"""What functions in processes leave behind, threads and forks, belongs to no later call; and what a new process must know."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from colonyos_gen import Context, Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import PoolError
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until
from tests.worker.kit.spawned import SpawnedWorker

worker = Worker(EXECUTORTYPE, pool="process", concurrency=1, grace=1)
_said: list[str] = []


@worker.function
def leave_a_thread(ctx: Context, colour: str) -> None:
    """Return while a thread goes on in the name of the process."""
    begun, stream = threading.Event(), ctx.stream("out")

    def go_on() -> None:
        begun.set()
        while True:
            ctx.log(f"a line for {colour}")
            ctx.progress(0.5, colour)
            for act in (
                lambda: ctx.set_attribute("colour", colour),
                lambda: stream.send(colour),
                lambda: ctx.stream(colour),
            ):
                try:
                    act()
                except RuntimeError as error:
                    _said.append(str(error))
            time.sleep(0.001)

    threading.Thread(target=go_on, daemon=True).start()
    begun.wait()


@worker.function
def look(ctx: Context) -> list[str]:
    """What the threads of earlier calls were told meanwhile."""
    ctx.set_attribute("colour", "mine")
    _said.clear()
    time.sleep(0.2)
    return sorted(set(_said))


@worker.function
async def leave_a_fork(path: Path) -> int:
    """Return while a fork of the worker itself goes on, as coroutines run there."""
    child = os.fork()
    if not child:
        while not path.exists():
            time.sleep(0.05)
        os._exit(0)
    return child


class Scale:
    """An object that is called."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, number: float) -> float:
        return self.factor * number

    def times(self, number: float) -> float:
        """A method."""
        return self.factor * number


def twice(number: float) -> float:
    """A function."""
    return 2 * number


def test_what_threads_say_after_the_return_is_nobodys(colonies: LocalColony) -> None:
    with colonies.worker(worker):
        first = ended(colonies, submit(colonies, "leave_a_thread", "blue", channels=["out"]))
        later = ended(colonies, submit(colonies, "look"))
    assert first.errors == []
    assert later.output == [["the function has returned, so that nothing can be done in its name any more"]]
    found = colonies.client.get_process(later.processid)
    assert [(each.key, each.value) for each in found.attributes] == [("colour", "mine")]
    assert colonies.client.get_logs(colonies.name, later.processid) == []


def test_a_fork_that_a_coroutine_leaves_does_not_hold_up_the_end(
    colonies: LocalColony, tmp_path: Path
) -> None:
    goes_on = tmp_path / "enough"
    with colonies.worker(worker):
        (child,) = ended(colonies, submit(colonies, "leave_a_fork", str(goes_on))).output
    assert not goes_on.exists()  # the end did not wait for it
    goes_on.touch()
    until(lambda: os.waitpid(child, os.WNOHANG)[0] == child)


def _a_number(number: float) -> None:
    """A signature."""


OFFERS: dict[str, Callable[[Worker], object]] = {
    "object": lambda to: to.function(Scale(3), name="scale"),
    "method": lambda to: to.function(Scale(3).times),
    "retry_on": lambda to: to.function(twice, retries=1, retry_on=ValueError),
    "signature": lambda to: to.function(twice, signature=_a_number),
}


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_what_was_said_of_a_function_behind_the_guard_is_not_guessed(
    colonies: LocalColony, offer: Callable[[Worker], object]
) -> None:
    local = Worker(EXECUTORTYPE, pool="process")
    offer(local)
    with pytest.raises(PoolError, match="not behind the main guard"), colonies.worker(local):
        pass


def test_a_plain_function_behind_the_guard_is_found(colonies: LocalColony) -> None:
    local = Worker(EXECUTORTYPE, pool="process", concurrency=1)
    local.function(twice)
    with colonies.worker(local):
        assert ended(colonies, submit(colonies, "twice", 2)).output == [4]


def test_pipes_to_processes_are_closed_with_the_pool(colonies: LocalColony, tmp_path: Path) -> None:
    program = ("-W", "always::ResourceWarning", "-m", "tests.worker.running.pool_program")
    with SpawnedWorker(colonies, tmp_path, program=program) as spawned:
        ended(colonies, submit(colonies, "pid"))
        spawned.terminate()
        assert spawned.wait() == 0
    assert "unclosed" not in spawned.output
