"""A function that waits for what only its own worker can do, and keeps the slot that it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import APPROVED, WAITING

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.slots import OwnSlot
from colonyos_gen.errors import RPCError

LOOK_S = 2.0
"""Seconds that finding out may take."""


@contextlib.asynccontextmanager
async def kept(rpc: AsyncClient, slot: OwnSlot, process: Process) -> AsyncGenerator[None]:
    """Within the block the function in `slot` waits for `process`.

    Raises RuntimeError where it would wait for itself.
    """
    mine, its = slot.process.spec.conditions, process.spec.conditions
    if (mine.colonyname, mine.executortype) != (its.colonyname, its.executortype):
        yield
        return
    with slot.waiting() as all_wait:
        if all_wait and await _nobody_else(rpc, slot.process, process.processid):
            raise RuntimeError(
                f"{slot.process.spec.funcname!r} would wait for itself: {process.spec.funcname!r} is for executors of type"
                f" {its.executortype!r}, of which there is only this one, and each of its {slot.size} slots has a"
                " function that waits; give it more (concurrency=), or make it a child (ctx.add_child) or a workflow,"
                f" which wait without a slot; process {process.processid} goes on"
            )
        yield


async def _nobody_else(rpc: AsyncClient, own: Process, processid: str) -> bool:
    """Whether a process waits, and there is no other executor for it than the one that has `own`."""
    conditions = own.spec.conditions
    try:
        async with asyncio.timeout(LOOK_S):
            found, rows = await asyncio.gather(
                rpc.get_process(processid), rpc.get_executors(conditions.colonyname)
            )
    except (TimeoutError, RPCError):  # it is waited for then
        return False
    able = {
        each.executorid
        for each in rows
        if each.executortype == conditions.executortype and each.state is APPROVED
    }
    return found.state is WAITING and not found.waitforparents and able == {own.assignedexecutorid}
