"""Processes that are RUNNING in our name without our knowing, because the reply of an assign was lost."""

from __future__ import annotations

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import RUNNING

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.worker._taking.availability import Availability

_LOOK_BACK_S = 10 * 365 * 86400
"""How long ago a process may have been submitted, in seconds."""


async def running_of(
    client: AsyncClient, availability: Availability, colonyname: str, executorid: str
) -> list[Process]:
    """The processes that the server has assigned to an executor and that have not ended.

    Raises RPCError if the server refuses to tell.
    """
    return await availability.insist(lambda: ask_running(client, colonyname, executorid))


async def ask_running(client: AsyncClient, colonyname: str, executorid: str) -> list[Process]:
    """The same, asked for once. Raises RPCError if the server refuses to tell, or is away."""
    found = await client.get_process_history(colonyname, _LOOK_BACK_S, RUNNING, executorid=executorid)
    return [each for each in found if each.assignedexecutorid == executorid]
