"""Why something that is watched does not move, asked for now and then while it stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

AFTER_S = 3.0
"""Seconds after which the reason is asked for."""
EVERY_S = 10.0
"""Seconds after which it is asked for again."""


class Reason:
    """Asks beside everything else, so that nothing is seen later for it. Belongs to the running event loop.

    Args:
        ask: Tells the reason, and raises nothing.
        after: Seconds that it is to stand still before that.
        every: Seconds from one question to the next.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[str]], after: float = AFTER_S, every: float = EVERY_S
    ) -> None:
        self._ask = ask
        self._after = after
        self._every = every
        self._seen: object = None
        self._due = 0.0
        self._text = ""
        self._asking: asyncio.Task[None] | None = None

    def of(self, seen: object) -> str:
        """Why it has been as it is `seen` for so long; empty while it moves, or before that is known."""
        now = asyncio.get_running_loop().time()
        if seen != self._seen:
            self.close()
            self._seen, self._text, self._due = seen, "", now + self._after
        elif now >= self._due:
            self._due = now + self._every
            self.close()
            self._asking = asyncio.create_task(self._find_out())
        return self._text

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _find_out(self) -> None:
        self._text = await self._ask()
