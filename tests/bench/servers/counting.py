"""An embedded server in a process of its own that counts the requests it gets.

It prints its port, then the count for each line that it reads, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from aiohttp.typedefs import Handler

from colonyos_gen.server import Server

_counted = 0


@web.middleware
async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every HTTP request, that for a WebSocket too."""
    global _counted
    _counted += 1
    return await handler(request)


async def serve(server_key: str) -> None:
    """Serve until the input ends."""
    async with Server(server_key=server_key, middlewares=[count]) as server:
        print(server.port, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(_counted, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(sys.stdin.readline().strip()))
