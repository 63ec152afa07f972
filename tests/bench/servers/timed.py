"""A server in a process of its own that tells what it costs: `python -m tests.bench.servers.timed '"bare"'`, or "embedded".

It prints its port, then the CPU seconds that it has taken for each line that it reads, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator

from colonyos_gen.server import Server
from tests.bench.servers.bare import bare


@contextlib.asynccontextmanager
async def embedded() -> AsyncGenerator[int]:
    """The port of an embedded server, whose key is the next line."""
    async with Server(server_key=sys.stdin.readline().strip()) as server:
        yield server.port


async def serve(kind: str) -> None:
    """Serve until the input ends."""
    async with {"bare": bare, "embedded": embedded}[kind]() as port:
        print(port, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
