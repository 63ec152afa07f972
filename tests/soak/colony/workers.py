"""Workers in a process of their own: `python -m tests.soak.colony.workers '{"count": 10, "concurrency": 2, "folder": "…"}'`.

It prints `ready` once all of them are registered, and ends with its input, when what runs has ended.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from colonyos_gen import PrivateKey, Worker
from tests.soak.colony.functions import TYPE, Records, offer, registered


async def main(count: int, concurrency: int, folder: str) -> None:
    """Work until the input ends."""
    records = Records(Path(folder))
    ready = [asyncio.Event() for _ in range(count)]
    workers = [
        Worker(
            TYPE, name=f"w-{os.getpid()}-{number}-x", concurrency=concurrency, prvkey=PrivateKey.generate()
        )
        for number in range(count)
    ]
    for worker in workers:
        offer(worker, records)
    serving = [
        asyncio.create_task(worker.serve(ready=event.set))
        for worker, event in zip(workers, ready, strict=True)
    ]
    await registered(serving, ready)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for worker in workers:
        worker.stop("the soak is over")
    await asyncio.gather(*serving)
    records.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(name)s %(message)s")
    asyncio.run(main(**json.loads(sys.argv[1])))
