"""What tests do with crons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from colonyos_gen_wire.constants import CRON_CHECK_PERIOD_MS
from colonyos_gen_wire.methods import cron as methods
from colonyos_gen_wire.requests.cron import AddCronMsg, GetCronMsg, GetCronsMsg, RunCronMsg
from colonyos_gen_wire.types.cron import Cron

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import COLONY, Lab
from tests.server.kit.stored import text

PERIOD = CRON_CHECK_PERIOD_MS / 1000
"""Seconds between two looks at the crons."""
START = datetime(2026, 1, 1, tzinfo=UTC)


async def add(here: Lab, key: PrivateKey, name: str = "c", **settings: Any) -> Cron:
    """Add one that starts a workflow of one task."""
    fields: dict[str, Any] = {"colonyname": COLONY, "name": name, "workflowspec": text()}
    cron = Cron(**(fields | settings))
    return await here.call(key, methods.ADD_CRON, AddCronMsg(cron=cron))


async def get(here: Lab, key: PrivateKey, cron: Cron) -> Cron:
    """It as the server shows it."""
    return await here.call(key, methods.GET_CRON, GetCronMsg(cronid=cron.cronid))


async def run(here: Lab, key: PrivateKey, cron: Cron) -> Cron:
    """Run it now, by hand."""
    return await here.call(key, methods.RUN_CRON, RunCronMsg(cronid=cron.cronid))


async def names(here: Lab, key: PrivateKey, count: int = 100) -> list[str]:
    """The names of the crons, in the order in which they are listed."""
    found = await here.call(key, methods.GET_CRONS, GetCronsMsg(colonyname=COLONY, count=count))
    return [cron.name for cron in found]
