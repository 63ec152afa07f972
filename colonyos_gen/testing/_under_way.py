"""The connections over which requests are under way."""

from __future__ import annotations

import asyncio


class UnderWay:
    """Used on the thread of the server only."""

    def __init__(self) -> None:
        self.transports: set[asyncio.Transport] = set()
        """Of each request that has come in and is not answered."""

    def cut(self) -> None:
        """Break them all."""
        for transport in self.transports:
            transport.abort()
