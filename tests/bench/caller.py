"""Whoever calls, in a process of its own: `python -m tests.bench.caller '{"calls": 300, "flight": 16}'`.

It prints `ready`, begins at a line of its input, and prints figures as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import coincurve
from colonyos_gen_wire.constants import API_PATH

from colonyos_gen import RPCError, connect
from colonyos_gen.session import AsyncProcessHandle, AsyncSession
from tests.bench.minimum import get_process
from tests.bench.noop_worker import TYPE
from tests.bench.sent import Sent

TIMEOUT_S = 120.0
"""Longest that a call may take before the measurement is given up."""
NOBODY = "nobody"
"""A type without an executor: its processes take as long as one likes."""
_AT_ONCE = 8
_LEAST, _WARM = 200, 20
_SETTLE_S = 3.0


async def call_many(session: AsyncSession, calls: int, flight: int, counting: bool) -> dict[str, Any]:
    """Rate and cost of so many calls, with so many under way at once, and how late their ends were noticed."""
    first = await session.submit("noop", to=TYPE)
    await first.wait(TIMEOUT_S)
    least = await least_cpu(first) if flight == 1 else None
    sent = Sent() if counting else None
    limit = asyncio.Semaphore(flight)
    late: list[float] = []

    async def call() -> None:
        async with limit:
            handle = await session.submit("noop", to=TYPE)
            await handle.output(TIMEOUT_S)
            noticed = time.time()
            assert handle.process.endtime is not None
            late.append(noticed - handle.process.endtime.timestamp())

    await begin()
    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call() for _ in range(calls)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    late.sort()
    return {
        "seconds": seconds,
        "cpu": cpu / calls,
        "least_cpu": least,
        "late": [late[len(late) // 2], late[len(late) * 95 // 100]],
        "sent": sent.count if sent else 0,
    }


async def least_cpu(handle: AsyncProcessHandle) -> float:
    """CPU seconds of a call that consists of two requests with nothing around them: one, a rest of 2 ms, and another one."""
    key = coincurve.PrivateKey.from_hex(os.environ["COLONIES_PRVKEY"])
    async with aiohttp.ClientSession() as http:
        cpu = 0.0
        for number in range(_LEAST + _WARM):
            if number == _WARM:
                cpu = time.process_time()
            await get_process(http, handle.session.rpc.url + API_PATH, key, handle.processid)
            await asyncio.sleep(0.002)
            await get_process(http, handle.session.rpc.url + API_PATH, key, handle.processid)
        return (time.process_time() - cpu) / _LEAST


async def wait_for_many(
    session: AsyncSession, waiting: int, seconds: float, pid: int | None
) -> dict[str, Any]:
    """The share of a core that it takes to wait for processes that do not end, here and at the server."""
    await begin()
    limit = asyncio.Semaphore(_AT_ONCE)

    async def submit() -> AsyncProcessHandle:
        async with limit:
            return await session.submit("long", to=NOBODY)

    handles = await asyncio.gather(*(submit() for _ in range(waiting)))
    await asyncio.sleep(_SETTLE_S)
    idle = await share(
        pid, seconds / 2
    )  # a server looks after waiting processes whether anybody waits for them or not
    waits = [asyncio.create_task(handle.wait(10 * TIMEOUT_S)) for handle in handles]
    await asyncio.sleep(_SETTLE_S)
    started, cpu = time.perf_counter(), time.process_time()
    server = await share(pid, seconds)
    own = (time.process_time() - cpu) / (time.perf_counter() - started)
    for each in waits:
        each.cancel()
    await asyncio.gather(*waits, return_exceptions=True)

    async def cancel(handle: AsyncProcessHandle) -> None:
        async with limit:
            with contextlib.suppress(RPCError):
                await session.rpc.cancel_process(handle.processid)

    await asyncio.gather(*map(cancel, handles))
    return {"own": own, "server": None if server is None or idle is None else max(0.0, server - idle)}


async def share(pid: int | None, seconds: float) -> float | None:
    """The share of a core that a process takes over the next seconds; None where that cannot be told."""
    before = spent(pid)
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    after = spent(pid)
    return None if before is None or after is None else (after - before) / (time.perf_counter() - started)


def spent(pid: int | None) -> float | None:
    """CPU seconds of a process so far."""
    if pid is None:
        return None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def begin() -> None:
    """Say that everything is ready, and wait for the word."""
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def main(options: dict[str, Any]) -> None:
    """Measure, and print the figures."""
    async with connect() as session:
        figures = await (
            wait_for_many(session, **options) if "waiting" in options else call_many(session, **options)
        )
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
