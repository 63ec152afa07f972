"""Quirks of who is woken by a new process."""

from __future__ import annotations

import asyncio

from tests.server.kit.lab import COLONY, spec

from .quirk_scene import QuirkScene, outcome, shows

NONE = "NoProcessError 404"


@shows("lost_wakeups", strict=["w0", "w1", "w2", "w3"], quirk=["w0", "w2", "w1", "w3"])
async def in_turn(here: QuirkScene) -> object:
    """Who is served leaves the line, and the turn goes on from the place that he had: his neighbour is passed over."""
    keys = [await here.lab.add_executor(f"w{number}") for number in range(4)]
    served: list[str] = []

    async def poll(number: int) -> None:
        await here.executor.assign(COLONY, 30, prvkey=keys[number])
        served.append(f"w{number}")

    polls: list[asyncio.Task[None]] = []
    for number in range(4):
        polls.append(asyncio.create_task(poll(number)))
        await waiting(here, number + 1)
    for number in range(4):
        await here.user.submit(spec())
        async with asyncio.timeout(300):
            while len(served) <= number:
                await asyncio.sleep(0.005)
    await asyncio.gather(*polls)
    return served


async def waiting(here: QuirkScene, count: int) -> None:
    async with asyncio.timeout(300):
        while here.lab.server.listeners < count:
            await asyncio.sleep(0.005)


@shows("lost_wakeups", strict="assigned", quirk=NONE)
async def a_place_in_other_letters(here: QuirkScene) -> object:
    """It is the same place for whoever looks into the queue."""
    key = await here.lab.add_executor("h", locationname="Here")
    poll = asyncio.create_task(here.executor.assign(COLONY, 30, prvkey=key))
    await waiting(here, 1)
    process = await here.user.submit(spec(locationname="here"))
    for _ in range(3):
        await here.user.get_process(process.processid)
    here.clock.advance(60)
    found = await outcome(poll, "assigned")
    if found == NONE:
        assert await outcome(here.executor.assign(COLONY, -1, prvkey=key), "assigned") == "assigned"
    return found
