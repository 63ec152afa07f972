"""Noticing that a process is not ours any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, WAITING

from colonyos_gen.client import AsyncClient
from colonyos_gen.errors import DeniedError, NotFoundError, RPCError
from colonyos_gen.worker.failure_text import plain_text

LOOK_S = 2.0
"""Seconds between two looks. The server does not tell the executor of a process that it was cancelled or taken back."""

_logger = logging.getLogger("colonyos_gen.worker")


async def until_lost(client: AsyncClient, process: Process, register: Callable[[], Awaitable[None]]) -> str:
    """Wait until the server has ended the process, or given it back to the queue, and return why.

    It goes on while the server is away. `register` is called when the server does not know the executor any more, which as a
    rule means that it has given its processes to others. Raises what that raises.
    """
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            found = await client.get_process(process.processid)
        except NotFoundError as error:
            if error.status == 404:  # a colony that is unknown has another status
                return "it was removed"
        except DeniedError:
            await register()
        except RPCError as error:
            _logger.debug("process %s cannot be looked at: %s", process.processid, error)
        else:
            if reason := why_lost(found, process):
                return reason


def why_lost(found: Process, ours: Process) -> str:
    """Why an attempt is over, given the process as it is now; empty if it is not."""
    if found.state is CANCELLED:
        return "it was cancelled"
    if found.state is FAILED:
        return plain_text("it was failed by the server: " + ("; ".join(found.errors) or "with its workflow"))
    if found.state is WAITING:
        return "the server took it back"
    if found.state is not RUNNING:
        return "it was closed by somebody else"
    if found.assignedexecutorid != ours.assignedexecutorid:
        return "the server gave it to another executor"
    # Times of an assign reply may be a little off those that are stored.
    if found.retries != ours.retries:
        return "the server took it back, and assigned it anew"
    return ""
