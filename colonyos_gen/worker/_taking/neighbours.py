"""Types of executors that a server takes for each other."""

from __future__ import annotations

import logging

from colonyos_gen_wire import Executor
from colonyos_gen_wire.constants import UNREGISTERED

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import RPCError

_logger = logging.getLogger("colonyos_gen.worker")


def are_confusable(one: str, other: str) -> bool:
    """Whether two types differ by a digit at the end alone.

    A server knows those who wait by their type and the digit of a state, written one after the other.
    """
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and long.startswith(short) and long[-1] in "0123456789"


async def warn_of_neighbours(client: AsyncClient, me: Executor) -> None:
    """Warn of executor types of the colony that a server takes for this worker's. Asks once, and does not insist."""
    try:
        rows = await client.get_executors(me.colonyname)
    except RPCError as error:
        _logger.debug("%s: the other executors of the colony are unknown: %s", me.executorname, error)
        return
    types = {each.executortype for each in rows if each.state is not UNREGISTERED}
    if near := sorted(each for each in types if are_confusable(each, me.executortype)):
        _logger.warning(
            "%s: executor type %r differs from %s in colony %s by a digit at the end alone; on a ColonyOS server workers of "
            "one take wake-ups of the other, whose processes then wait until its next poll: give one of them another name",
            me.executorname,
            me.executortype,
            ", ".join(map(repr, near)),
            me.colonyname,
        )
