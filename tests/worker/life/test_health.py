"""How a worker says that it is."""

from __future__ import annotations

import threading

from colonyos_gen import FAILED, Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import Health
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until


def test_busy_and_hung_slots_are_counted(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE, concurrency=3, grace=1, hung_after=0.1)
    begun, go_on = threading.Barrier(3), threading.Event()

    @worker.function
    def wait() -> None:
        begun.wait(300)
        go_on.wait(300)

    @worker.function(timeout=0.1)
    def hang() -> None:
        begun.wait(300)
        go_on.wait(300)

    assert worker.health == Health(slots=3, busy=0, hung=0, heard_s=None, draining=False)
    with colonies.worker(worker):
        assert worker.health.heard_s is not None
        lasting, hung = submit(colonies, "wait"), submit(colonies, "hang")
        begun.wait(300)
        assert ended(colonies, hung).state is FAILED
        until(lambda: worker.health.hung == 1)
        assert worker.health.busy == 2
        assert not worker.health.draining
        go_on.set()
        ended(colonies, lasting)
        until(lambda: worker.health.busy == worker.health.hung == 0)
        worker.stop()
        until(lambda: worker.health.draining or not worker.is_running)
    assert worker.health == Health(slots=3, busy=0, hung=0, heard_s=None, draining=False)


def test_a_worker_that_is_to_end_drains(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE, grace=300)
    begun, go_on = threading.Event(), threading.Event()

    @worker.function
    def wait() -> None:
        begun.set()
        go_on.wait(300)

    with colonies.worker(worker):
        submit(colonies, "wait")
        assert begun.wait(300)
        worker.stop()
        until(lambda: worker.health.draining)
        assert worker.health.busy == 1
        go_on.set()


def test_the_seconds_since_the_server_was_heard_from_go_on(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)
    with colonies.worker(worker):
        with colonies.outage():
            until(lambda: (worker.health.heard_s or 0) > 1)
        until(lambda: (worker.health.heard_s or 0) < 1)
