"""The errors of a process, which a server stores a moment after it has made it FAILED."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import FAILED, LATE_ERRORS_MS

LATE_S = LATE_ERRORS_MS / 1000
"""Seconds after which a process that has FAILED without errors is taken to have none."""
AGAIN_S = 0.01
"""Seconds between two looks for them."""


def lacks_errors(process: Process) -> bool:
    """Whether its errors may still be stored: it ran, or may have waited for too long. Others failed with their workflow."""
    may_have = process.starttime is not None or process.spec.maxwaittime > 0
    return process.state is FAILED and not process.errors and may_have


async def with_errors(process: Process, read: Callable[[], Awaitable[Process]]) -> Process:
    """`process`, read again for a moment if it lacks its errors. Raises what `read` raises."""
    until = time.monotonic() + LATE_S
    while lacks_errors(process) and time.monotonic() < until:
        await asyncio.sleep(AGAIN_S)
        process = await read()
    return process
