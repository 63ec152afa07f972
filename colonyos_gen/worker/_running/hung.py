"""Functions that go on although they were told to stop, and the slots that they keep from others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from colonyos_gen_wire import Process

_logger = logging.getLogger("colonyos_gen.worker")


class HungError(Exception):
    """Every slot of a worker is lost to a function that does not end; only starting anew helps."""


class Hung:
    """Counts the functions that have not ended with their process.

    Args:
        name: Name of the worker.
        size: How many slots it has.
        seconds: How long a function may go on before its slot is taken for lost.
        all_lost: Called when the last slot is lost.
        killed_in: Seconds after which functions that are ended by force have ended.
    """

    def __init__(
        self, name: str, size: int, seconds: float, all_lost: Callable[[str], object], killed_in: float
    ) -> None:
        self._name = name
        self._size = size
        self._seconds = seconds
        self._all_lost = all_lost
        self._killed_in = min(killed_in, seconds)
        self._lost: dict[asyncio.Task[Any], str] = {}

    @property
    def lost(self) -> int:
        """How many slots are lost at this moment."""
        return len(self._lost)

    async def wait(self, work: asyncio.Task[Any], process: Process) -> None:
        """Wait for a function after it was settled what becomes of its process, and say what it costs that it goes on."""
        await asyncio.wait({work}, timeout=self._killed_in)
        if work.done():
            return
        about = {"processid": process.processid, "function": process.spec.funcname}
        _logger.warning(
            "%s: %s goes on, though what becomes of process %s is settled; it keeps its slot, one of %d",
            self._name,
            process.spec.funcname,
            process.processid,
            self._size,
            extra=about,
        )
        await asyncio.wait({work}, timeout=self._seconds - self._killed_in)
        if work.done():
            _logger.info(
                "%s: the function of process %s has come to its end, and its slot is free",
                self._name,
                process.processid,
                extra=about,
            )
            return
        self._lost[work] = process.spec.funcname
        try:
            self._tell()
            await asyncio.wait({work})
        finally:
            del self._lost[work]
        _logger.warning(
            "%s: the function of process %s has ended at last; %d of %d slots are lost",
            self._name,
            process.processid,
            self.lost,
            self._size,
            extra=about,
        )

    def _tell(self) -> None:
        names = ", ".join(sorted(set(self._lost.values())))
        text = f"{self.lost} of {self._size} slots are lost to functions that do not end: {names}"
        _logger.error(
            '%s: %s; let them look at ctx.cancelled, or use pool="process", which can end those that are not async',
            self._name,
            text,
        )
        if self.lost >= self._size:
            self._all_lost(text)
