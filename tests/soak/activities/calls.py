"""Calls, and reads by many clients."""

from __future__ import annotations

import asyncio

from colonyos_gen import gather
from tests.soak.colony.functions import TYPE
from tests.soak.colony.site import WAIT_S, Site

READS = 60
CALLS = 5
BATCH = 100


async def call(site: Site, number: int) -> None:
    """One call."""
    del number
    await site.call(site.session)


async def client(site: Site, number: int) -> None:
    """One of several clients calls a few times and reads a lot: alone, each of them could be borne without limits."""
    session = site.clients[number % len(site.clients)]
    token = site.ledger.token()
    handle = await session.submit("work", token, to=TYPE)
    calling = asyncio.gather(*(site.call(session) for _ in range(CALLS)))
    found = await asyncio.gather(*(session.rpc.get_process(handle.processid) for _ in range(READS)))
    await calling
    site.ledger.require({each.processid for each in found} == {handle.processid}, "another process was read")
    site.ledger.require(await handle.output(WAIT_S) == token, f"another output than {token}")


async def batch(site: Site, number: int) -> None:
    """Many are submitted, and their outputs gathered."""
    session = site.clients[number % len(site.clients)]
    tokens = [site.ledger.token() for _ in range(BATCH)]
    handles = await asyncio.gather(*(session.submit("work", token, to=TYPE) for token in tokens))
    outputs = await gather(handles, timeout=WAIT_S)
    site.ledger.require(outputs == tokens, "gather returned other outputs than those of its processes")
