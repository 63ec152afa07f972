"""What becomes of processes whose functions have not ended when their worker is to end."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from colonyos_gen import FAILED, RUNNING, SUCCESS, PrivateKey, Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, running, submit, until


def stopped_amid(colonies: LocalColony, worker: Worker, **limits: int) -> str:
    """The id of a process whose worker was stopped while it ran."""

    @worker.function
    async def work() -> None:
        await asyncio.sleep(3600)

    with colonies.worker(worker):
        asked = submit(colonies, "work", channels=None, **limits)
        running(colonies, asked)
    return asked.processid


def test_it_is_left_to_another_worker_that_gets_it_after_its_deadline(colonies: LocalColony) -> None:
    processid = stopped_amid(colonies, Worker(EXECUTORTYPE, grace=0), maxexectime=60, maxretries=1)
    left = colonies.client.get_process(processid)
    assert left.state is RUNNING
    another = Worker(EXECUTORTYPE, name="another", prvkey=PrivateKey.generate())

    @another.function
    def work() -> str:
        return "done by another one"

    with colonies.worker(another):
        colonies.advance(seconds=61)
        end = ended(colonies, left)
    assert (end.state, end.output, end.retries) == (SUCCESS, ["done by another one"], 1)


@pytest.mark.parametrize(
    ("limits", "options"),
    [
        ({}, {}),
        ({"maxexectime": 60, "maxretries": 0}, {}),
        ({"maxexectime": 60, "maxretries": -1}, {"on_stop": "fail"}),
    ],
    ids=["no deadline", "no retries left", "as the worker says"],
)
def test_otherwise_it_is_failed_with_the_reason(
    colonies: LocalColony, limits: dict[str, int], options: dict[str, Any]
) -> None:
    processid = stopped_amid(colonies, Worker(EXECUTORTYPE, grace=0, **options), **limits)
    end = colonies.client.get_process(processid)
    assert end.state is FAILED
    assert end.errors[0].startswith("the worker was stopped before the function had ended: ")


def test_a_word_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="on_stop is 'drop'; it must be 'leave' or 'fail'"):
        Worker(EXECUTORTYPE, on_stop=cast("Any", "drop"))


def test_an_end_that_is_just_being_told_is_told(colonies: LocalColony) -> None:
    """The function has returned; that time is up does not keep its output from the server."""
    worker = Worker(EXECUTORTYPE, grace=0)

    @worker.function
    def work() -> str:
        return "done"

    with colonies.faults.delay("close", 1.0) as closes:
        with colonies.worker(worker):
            asked = submit(colonies, "work")
            until(lambda: closes.hits == 1)
        end = colonies.client.get_process(asked.processid)
    assert (end.state, end.output) == (SUCCESS, ["done"])
