"""Executors and colonies that come and go while others work."""

from __future__ import annotations

import asyncio

from tests.soak.colony.functions import GUEST
from tests.soak.colony.site import WAIT_S, Site, site

_CALLS = 4


async def executor(here: Site, number: int) -> None:
    """A worker of a type of its own comes, is called, leaves and is removed, while others are called."""
    executortype = here.unique(GUEST)
    async with here.guests(1, executortype) as names:
        await asyncio.gather(
            here.call(here.clients[number % len(here.clients)], to=executortype),
            *(here.call(here.session) for _ in range(_CALLS)),
        )
    for name in names:
        await here.session.executors.remove(name, timeout=WAIT_S)


async def colony(here: Site, number: int) -> None:
    """An ordinary teardown: a colony with two workers and four processes, and then without."""
    del number
    wrong = here.ledger.wrong
    async with site(here.ground, wrong) as there, there.guests(2):
        await asyncio.gather(*(there.call(there.session) for _ in range(_CALLS)))
    here.ledger.add(there.ledger)
