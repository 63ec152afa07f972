"""A server as a process of its own, that can be killed and measured.

It reads the arguments of `Server` from its input, as one line of JSON, prints its port, and serves until its input
ends. So a process may be started before it is needed, and does not outlive the one that started it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from colonyos_gen.server import Server


async def serve(options: dict[str, Any]) -> None:
    """Serve until the input ends."""
    async with Server(**options) as server:
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    if line := sys.stdin.readline():
        asyncio.run(serve(json.loads(line)))
