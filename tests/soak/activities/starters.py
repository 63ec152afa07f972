"""Crons and generators that come and go."""

from __future__ import annotations

import asyncio

from colonyos_gen_wire import Conditions, FunctionSpec, Generator, WorkflowSpec
from colonyos_gen_wire.codec import encode

from tests.soak.colony.functions import TYPE
from tests.soak.colony.site import WAIT_S, Site

TRIGGER = 5
BATCHES = 3


async def cron(site: Site, number: int) -> None:
    """A cron that starts a function each second, until it has run twice."""
    del number
    name = site.unique("cron")
    beat = site.unique("beat")  # runs as often as the cron does, so it is no token
    await site.session.crons.add(name, spec=_collect(site, beat), interval=1)
    try:
        ran = await site.until_ran([beat], times=2)
        site.ledger.require(ran, "a cron with an interval of 1 s did not run twice")
    finally:
        await site.session.crons.remove(name)


async def generator(site: Site, number: int) -> None:
    """A generator that is given a few batches at once, and is removed when they have run."""
    del number
    name = site.unique("generator")
    spec = WorkflowSpec(colonyname=site.name, functionspecs=[_collect(site)])
    made = await site.session.rpc.add_generator(
        Generator(colonyname=site.name, name=name, workflowspec=encode(spec).decode(), trigger=TRIGGER)
    )
    tokens = [site.ledger.token() for _ in range(TRIGGER * BATCHES)]
    await asyncio.gather(*(site.session.rpc.pack_generator(made.generatorid, token) for token in tokens))
    site.ledger.require(await site.until_ran(tokens), "what a generator was given did not run")
    await site.session.generators.remove(name, timeout=WAIT_S)


def _collect(site: Site, *tokens: str) -> FunctionSpec:
    conditions = Conditions(colonyname=site.name, executortype=TYPE)
    return FunctionSpec(funcname="collect", nodename="collect", conditions=conditions, args=list(tokens))
