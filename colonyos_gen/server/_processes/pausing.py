"""Colonies whose assignments are paused, and the executors that wait for that to end.

Being paused stops assignment only: processes are submitted, closed and expire as ever. An executor that asks for work
meanwhile waits for the pause to end, and only then for a process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from colonyos_gen.server._clock import NS_PER_S, Clock
from colonyos_gen.server._store.records import Pause
from colonyos_gen.server._store.tables import Table

T = TypeVar("T")


class Paused(Exception):
    """Nothing may be assigned in the colony for the time being."""


class PauseGate:
    """Follows the table of paused colonies, and holds assignments up."""

    def __init__(self, paused: Table[Pause], clock: Clock) -> None:
        self._paused = paused
        self._clock = clock
        self._waiting: dict[str, dict[asyncio.Future[bool], None]] = {}
        self._closed = False
        paused.watch(self._follow)

    @property
    def waiters(self) -> int:
        """How many executors wait for the end of a pause."""
        return sum(map(len, self._waiting.values()))

    def check(self, colonyname: str) -> None:
        """Raise Paused if nothing may be assigned in a colony."""
        if self._paused.get(colonyname) is not None:
            raise Paused

    async def attempt(
        self, colonyname: str, timeout: float, take: Callable[[float], Awaitable[T | None]]
    ) -> T | None:
        """What `take(seconds)` gives, called as soon as the colony is not paused.

        `take` is told how many of the `timeout` seconds are left. It must raise Paused if the colony has been paused by
        the time it finds something; then it is called again after the pause. Raises Paused when the seconds pass
        during a pause.
        """
        end_ns = self._clock.elapsed_ns() + round(timeout * NS_PER_S)
        while True:
            try:
                self.check(colonyname)
                return await take(self._left(end_ns))
            except Paused:
                if not await self._resumed(colonyname, self._left(end_ns)):
                    raise

    def open(self) -> None:
        """Let executors wait again, after `close`."""
        self._closed = False

    def close(self) -> None:
        """Let every waiting executor give up, also those that come later."""
        self._closed = True
        for colonyname in self._waiting:
            self._wake_up(colonyname, resumed=False)

    def _left(self, end_ns: int) -> float:
        return (end_ns - self._clock.elapsed_ns()) / NS_PER_S

    async def _resumed(self, colonyname: str, timeout: float) -> bool:
        """Wait for the end of the pause; False if it does not come within `timeout` seconds."""
        if timeout <= 0 or self._closed:
            return False
        resumed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(colonyname, {})
        waiting[resumed] = None
        timer = self._clock.call_later(timeout, lambda: _settle(resumed, result=False))
        try:
            return await resumed
        finally:
            timer.cancel()
            del waiting[resumed]
            if not waiting:
                del self._waiting[colonyname]

    def _follow(self, old: Pause | None, new: Pause | None) -> None:
        if old is not None and new is None:
            self._wake_up(old.colonyname, resumed=True)

    def _wake_up(self, colonyname: str, *, resumed: bool) -> None:
        for future in self._waiting.get(colonyname, ()):
            _settle(future, result=resumed)


def _settle(future: asyncio.Future[bool], *, result: bool) -> None:
    if not future.done():
        future.set_result(result)
