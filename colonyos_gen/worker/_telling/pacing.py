"""How often the streams of a process may append, below what the server allows."""

from __future__ import annotations

import asyncio
import time

from colonyos_gen_wire.constants import CHANNEL_MAX_LOG_ENTRIES, CHANNEL_RATE_PER_S

_SHARE = 0.6
"""Part of the server's rate that is used; the rest is for readers, who append too."""
_STEP = CHANNEL_MAX_LOG_ENTRIES // 10

RESERVE = 20
"""Entries of a channel that are kept free, for its end and its readers."""


class Pace:
    """Turns to append, shared by all streams of one process.

    A channel holds only so many entries. So the longer it has become, the rarer and the larger they get: half as often
    with every tenth of what it can hold, which is enough for hours of text.
    """

    def __init__(self) -> None:
        self._next = 0.0

    async def turn(self, entries: int) -> None:
        """Wait until the next entry may be appended to a channel that has `entries` of them."""
        now = time.monotonic()
        start = max(now, self._next)
        self._next = start + pause_after(entries)
        if start > now:
            await asyncio.sleep(start - now)


def pause_after(entries: int) -> float:
    """Seconds between two entries of a channel that has `entries` of them."""
    return 2.0 ** (entries // _STEP) / (CHANNEL_RATE_PER_S * _SHARE)
