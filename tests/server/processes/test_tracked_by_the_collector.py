"""How much a stored process gives the garbage collector to look at, which holds everybody up while it looks."""

from __future__ import annotations

import asyncio
import gc

from colonyos_gen import PrivateKey
from tests.server.kit.lab import lab

PROCESSES = 200
MOST_EACH = 9
"""The process, its function, arguments, attributes and lists with something in them, places in indexes and in the queue."""


def test_a_process_is_a_few_objects_however_many_empty_lists_it_has() -> None:
    async def run() -> float:
        async with lab(hazards="off") as here:
            worker: PrivateKey = await here.add_executor("worker")
            for _ in range(10):
                await here.submit(worker)
            gc.collect()
            before = len(gc.get_objects())
            for _ in range(PROCESSES):
                await here.submit(worker)
            gc.collect()
            return (len(gc.get_objects()) - before) / PROCESSES

    each = asyncio.run(run())
    assert each < MOST_EACH, each
