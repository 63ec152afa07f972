"""A worker in a process of its own whose function does nothing.

It prints `ready`, then for each line that it reads how many requests it has sent, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys

from colonyos_gen import PrivateKey, Worker
from tests.bench.sent import Sent

TYPE = "noop"
CONCURRENCY = 32


async def main(counting: bool) -> None:
    """Work until the input ends."""
    sent = Sent() if counting else None
    worker = Worker(TYPE, name=TYPE, concurrency=CONCURRENCY, prvkey=PrivateKey.generate(), grace=5)

    @worker.function
    async def noop() -> None:
        """Do nothing."""

    serving = asyncio.create_task(worker.serve(ready=lambda: print("ready", flush=True)))
    while await asyncio.to_thread(sys.stdin.readline):
        print(sent.count if sent else 0, flush=True)
    worker.stop("the figures are there")
    await serving


if __name__ == "__main__":
    asyncio.run(main(bool(json.loads(sys.argv[1]))))
