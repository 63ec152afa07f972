"""How a worker takes what waits: several requests at a time while there is something, and never more than it may run."""

from __future__ import annotations

import asyncio

from colonyos_gen import Worker, gather
from colonyos_gen.testing import LocalColony


def test_it_never_runs_more_than_it_may(colonies: LocalColony) -> None:
    """However many wait, and however many requests for them are under way."""
    worker = Worker("math", concurrency=5)
    running = most = 0
    full = asyncio.Barrier(5)

    @worker.function
    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await full.wait()
        running -= 1
        return number

    handles = [colonies.submit("work", number, to="math") for number in range(60)]
    asked = colonies.faults.delay("assign", 0)
    with colonies.worker(worker):
        assert gather(handles, timeout=300) == list(range(60))
    assert most == 5
    assert asked.hits < 180, "what finds nothing is followed by a request that waits"


def test_a_lost_reply_among_several(colonies: LocalColony) -> None:
    """Whatever was assigned unnoticed is found, and nothing runs twice."""
    worker = Worker("math", concurrency=8)
    runs: list[int] = []

    @worker.function
    async def work(number: int) -> int:
        runs.append(number)
        await asyncio.sleep(0.01)
        return number

    handles = [colonies.submit("work", number, to="math") for number in range(60)]
    lost = colonies.faults.drop("assign", after_request=True, times=4)
    with colonies.worker(worker):
        assert gather(handles, timeout=300) == list(range(60))
    assert sorted(runs) == list(range(60))
    assert lost.hits == 4
