"""The requests that are under way at a server, and what happens to them instead of being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Action: TypeAlias = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


class UnderWay:
    """Used on the thread of the server only."""

    def __init__(self) -> None:
        self.action_for: Callable[[web.Request], Awaitable[Action | None]] | None = None
        """Tells what becomes of a request; None for what always does."""
        self._transports: set[asyncio.Transport] = set()

    def cut(self) -> None:
        """Break the connections of them all."""
        for transport in self._transports:
            transport.abort()

    @web.middleware
    async def meet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the server puts around its requests."""
        transport = request.transport
        if transport is None:  # the caller has hung up already
            return web.Response()
        self._transports.add(transport)
        try:
            action = None if self.action_for is None else await self.action_for(request)
            return await (handler(request) if action is None else action(request, handler))
        finally:
            self._transports.discard(transport)
