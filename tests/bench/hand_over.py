"""What the synchronous client costs beside the asynchronous one; a part of `python -m tests.bench`.

Both make the same calls to the same server, in turn, on event loops of the same kind; CPU of all threads counts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from colonyos_gen import AsyncClient, Client, FunctionSpec
from colonyos_gen._client.event_loop import new_event_loop
from tests.bench import Beside, beside

KEY = "bacefe58101c9c52ba588e35ef10d008f529567df2f4538689fcb39e4decfe32"
AIM = 1.15
_PROCESS = "0" * 64
_SPEC = FunctionSpec.new("f", "t", "c")


def handing_over(url: str, threads: int, calls: int, rounds: int = 60) -> Beside:
    """CPU of a call, synchronous and not: a read by one thread, or submits by several at once."""
    loop = new_event_loop()
    other = AsyncClient(url, member_key=KEY)

    async def in_turn() -> None:
        for _ in range(calls // threads):
            await (other.get_process(_PROCESS) if threads == 1 else other.submit(_SPEC))

    async def together() -> None:
        await asyncio.gather(*(in_turn() for _ in range(threads)))

    pairs: list[tuple[float, float]] = []
    with Client(url, member_key=KEY) as client, ThreadPoolExecutor(threads) as pool:

        def one_after_another(_: int) -> None:
            for _ in range(calls // threads):
                if threads == 1:
                    client.get_process(_PROCESS)
                else:
                    client.submit(_SPEC)

        for _ in range(rounds + 1):
            ours = _cpu(lambda: list(pool.map(one_after_another, range(threads))))
            pairs.append((ours / calls, _cpu(lambda: loop.run_until_complete(together())) / calls))
    loop.run_until_complete(other.close_connections())
    loop.close()
    return beside(pairs)


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
