"""Many workers and many processes."""

from __future__ import annotations

import asyncio
import collections
import logging

import pytest

from colonyos_gen import SUCCESS, FunctionSpec, PrivateKey, Worker
from colonyos_gen.testing import LocalColony
from tests.drawn import drawn

pytestmark = pytest.mark.long

WORKERS = 200
PROCESSES = drawn(1500)
SUBMITTERS = 20


@pytest.mark.hazards("too_many_reads")  # which 200 workers may be, where the server is slow
def test_200_workers_close_each_of_many_processes_once(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "colonyos_gen.worker")
    calls: collections.Counter[int] = collections.Counter()
    done = asyncio.Event()

    def make(number: int) -> Worker:
        worker = Worker("tester", name=f"w-{number}", prvkey=PrivateKey.generate())

        @worker.function
        async def work(number: int) -> int:
            calls[number] += 1
            if calls.total() == PROCESSES:
                done.set()
            return number

        return worker

    async def submit(numbers: range) -> None:
        for number in numbers:
            spec = FunctionSpec.new("work", "tester", colonies.name)
            spec.args = [number]
            await colonies.aclient.submit(spec, rpc_timeout=600)

    async def main() -> None:
        workers = [make(number) for number in range(WORKERS)]
        environ = colonies.environment()
        serving = [asyncio.create_task(each.serve(environ=environ)) for each in workers]
        await asyncio.gather(*(submit(range(start, PROCESSES, SUBMITTERS)) for start in range(SUBMITTERS)))
        await done.wait()
        for each in workers:
            each.stop()
        ended = asyncio.gather(*serving)
        while not ended.done():
            if colonies.waiting:  # and at no other time, as who seems silent for minutes is unregistered
                await asyncio.to_thread(colonies.advance, 11)  # ends the long polls, which they wait for
            await asyncio.wait({ended}, timeout=0.05)
        await ended

    asyncio.run(main())
    assert set(calls.values()) == {1}
    assert len(calls) == PROCESSES
    statistics = colonies.client.get_statistics(colonies.name)
    assert (statistics.successfulprocesses, statistics.runningprocesses) == (PROCESSES, 0)
    closed = [each.counter for each in colonies.client.get_functions(colonies.name)]
    assert (len(closed), sum(closed)) == (WORKERS, PROCESSES)
    ended = colonies.client.get_process_history(colonies.name, 3600, SUCCESS)
    assert all(each.output == each.spec.args and each.retries == 0 for each in ended)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert "came to nothing" not in caplog.text
