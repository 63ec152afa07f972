"""What a function has forked takes nothing in the name of its worker."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from colonyos_gen import WAITING
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import ended, submit, until
from tests.worker.kit.spawned import SpawnedWorker

PROGRAM = """
import os, sys, time
from colonyos_gen import Worker
worker = Worker("tester", concurrency=2, grace=1)

@worker.function
def leave_a_fork() -> int:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        time.sleep(600)
        os._exit(0)
    return child

if __name__ == "__main__":
    worker.run()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_given_to_the_poll_of_a_worker_that_left_a_fork(
    colonies: LocalColony, tmp_path: Path, how: signal.Signals
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with SpawnedWorker(colonies, tmp_path / "keys", program=("-W", "ignore", str(program))) as spawned:
        until(lambda: colonies.waiting == 1)  # a connection for the fork to inherit
        (child,) = ended(colonies, submit(colonies, "leave_a_fork")).output
        try:
            until(lambda: colonies.waiting == 1)
            os.kill(spawned.pid, how)
            spawned.wait()
            later = submit(colonies, "leave_a_fork")
            until(lambda: colonies.waiting == 0)
            assert colonies.client.get_process(later.processid).state is WAITING
        finally:
            os.kill(child, signal.SIGKILL)
