"""Connections that are made again when they break, and looks that are repeated less and less often."""

from __future__ import annotations

import asyncio
from typing import Any, Generic

import msgspec
from colonyos_gen_wire.method import Key, Method

from colonyos_gen._call.frames import Frames, FrameT, now
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.retry import passes, pauses
from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError

_FIRST_POLL_S = 0.25
_LONGEST_POLL_S = 2.0
_WITHOUT_END = 2**31


class Link(Generic[FrameT]):
    """The connection of one subscription, made again after a while whenever it breaks.

    Until the server has been reached once, it gives up like any call: after as many attempts as the client repeats calls.
    Later it tries for as long as the stream lasts.
    """

    def __init__(self, pipeline: Pipeline, method: Method[Any, FrameT], prvkey: Key | None) -> None:
        self.frames: Frames[FrameT] = Frames(pipeline, method, prvkey)
        self.reached: bool = False
        """Whether a connection has been made before."""
        self._retries = pipeline.retries
        self._pauses = pauses(_WITHOUT_END)
        self._failures = 0
        self._again_at = 0.0

    @property
    def up(self) -> bool:
        """Whether there is a connection."""
        return self.frames.connected

    def heard(self) -> None:
        """The connection is of use, so that the next one needs no long pause."""
        if self._failures:
            self._failures = 0
            self._pauses = pauses(_WITHOUT_END)

    def expired(self) -> None:
        """The connection has ended because its time was over, so that the next one may follow at once."""
        self.heard()
        self._again_at = 0.0

    def lost(self) -> None:
        """The connection broke, or was of no use."""
        self.frames.drop()
        self._failures += 1
        self._again_at = now() + next(self._pauses)

    async def open(self, request: msgspec.Struct, until: float) -> bool:
        """Connect and subscribe with `request`; False if `until` came first, or if it must be tried again."""
        if self._again_at > now():
            await asyncio.sleep(min(until, self._again_at) - now())
            if self._again_at > now():
                return False
        try:
            await self.frames.open(request)
        except (ConnectionFailedError, RPCTimeoutError) as error:
            self.lost()
            if not passes(error) or (not self.reached and self._failures > self._retries):
                raise
            return False
        self.reached = True
        return True

    async def receive(self, until: float) -> FrameT | None:
        """The next frame; None if `until` came first, or if the connection broke."""
        try:
            frame = await self.frames.receive(until)
        except ConnectionFailedError:
            self.lost()
            return None
        if frame is not None:
            self.heard()
        return frame


class Rhythm:
    """When to look at a process next: soon after something happened, then less and less often."""

    def __init__(self) -> None:
        self._pause = _FIRST_POLL_S
        self.due: float = 0.0

    def restart(self) -> None:
        """Something happened just now."""
        self._pause = _FIRST_POLL_S
        self.due = now() + self._pause

    def slow_down(self) -> None:
        """Nothing has happened."""
        self._pause = min(self._pause * 2, _LONGEST_POLL_S)
        self.due = now() + self._pause
