"""The event loop that a client is used on."""

from __future__ import annotations

import asyncio

from colonyos_gen.errors import other_loop_error


class OneLoop:
    """One loop at a time: the next one takes over when that is closed, as with a second `asyncio.run`.

    Args:
        pool_size: Long polls under way at the same time.
    """

    def __init__(self, pool_size: int) -> None:
        self._pool_size = pool_size
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = 0
        self.polls: asyncio.Semaphore = asyncio.Semaphore(pool_size)
        """Where long polls wait."""

    @property
    def closed(self) -> int:
        """How many loops have been closed under it. May be asked from anywhere."""
        return self._closed + (self._loop is not None and self._loop.is_closed())

    def require_here(self) -> None:
        """Raise RPCError where the running loop is another one, and the first is still there."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        if self._loop is not None:
            if not self._loop.is_closed():
                raise other_loop_error()
            self._closed += 1
            self.polls = asyncio.Semaphore(self._pool_size)
        self._loop = loop
