"""How far a process is, again and again until it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from colonyos_gen_wire import Log, ProcessState
from colonyos_gen_wire.constants import SUCCESS

from colonyos_gen._conventions.progress import read_progress
from colonyos_gen._streams.stream import AsyncStream, Ended, Finished
from colonyos_gen.errors import RPCError
from colonyos_gen.session._failures import WaitTimeout
from colonyos_gen.session._streams.reason import Reason

_PAUSE_S = 0.5
_LINES = 20


class Look(NamedTuple):
    """How far something is."""

    done: float
    """How much is done, in whatever unit."""
    total: float | None
    """How much there is to do; None if nobody knows."""
    state: str
    """State, in words."""
    message: str
    """What was last said about it."""
    reason: str = ""
    """Why it does not move, if it has not for a while and that is known."""

    @property
    def text(self) -> str:
        """The message, and the reason, in one line."""
        return " ".join("; ".join(filter(None, (self.message, self.reason))).split())


class Watched(Protocol):
    """A process that is waited for, as its handle shows it."""

    @property
    def state(self) -> ProcessState: ...

    async def wait(self, timeout: float | None) -> object: ...

    async def refresh(self) -> object: ...

    async def last_logs(self, count: int, /) -> Sequence[Log]: ...

    async def explain(self) -> str: ...


def brief(reason: str, state: str) -> str:
    """What a bar that shows the state shows of a reason."""
    return reason.removeprefix(f"it is {state}").removeprefix(":").strip().removeprefix("the colony has ")


class ProgressStream(AsyncStream[Look]):
    """Waits for a process, and looks at it twice a second; the last look is at its end. Raises what `wait` raises.

    While nothing moves, the looks tell why, which is asked for every 10 seconds.
    """

    def __init__(self, handle: Watched, timeout: float | None) -> None:
        super().__init__()
        self._handle = handle
        self._timeout = timeout
        self._waiting: asyncio.Task[object] | None = None
        self._fraction: float | None = None
        self._message = ""
        self._reason = Reason(handle.explain)
        self._over = False
        """Whether the last look was taken."""

    async def close(self) -> None:
        await super().close()
        if self._waiting is not None:
            await asyncio.wait({self._waiting})

    async def _next(self) -> Look:
        if self._over:
            raise Finished(Ended.PROCESS)
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._handle.wait(self._timeout))
        else:
            await asyncio.wait({self._waiting}, timeout=_PAUSE_S)
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait({self._waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
            if self._waiting.done():
                await self._see_end(self._waiting)
                await asyncio.wait({reading}, timeout=_PAUSE_S)
                self._over = True
        finally:
            reading.cancel()
        return self._look()

    def _drop(self) -> None:
        self._reason.close()
        if self._waiting is not None:
            self._waiting.cancel()

    async def _see_end(self, end: asyncio.Task[object]) -> None:
        """Raise what the wait has raised, and end with it."""
        try:
            await end
        except WaitTimeout:
            self._end(Ended.TIMEOUT)
            raise
        except RPCError:
            self._end(Ended.PROCESS)
            raise

    async def _read(self) -> None:
        with contextlib.suppress(RPCError):  # the wait goes on, or says why not
            await self._handle.refresh()
            lines = [log.message for log in await self._handle.last_logs(_LINES)]
            self._message = lines[-1] if lines else ""
            for line in reversed(lines):
                if (found := read_progress(line)) is not None:
                    self._fraction = found[0]
                    self._message = found[1] if line is lines[-1] else self._message
                    break

    def _look(self) -> Look:
        ended_well = self._handle.state is SUCCESS
        fraction = 1.0 if ended_well else self._fraction
        done, total, state = fraction or 0.0, None if fraction is None else 1.0, self._handle.state.name
        reason = "" if self._over else self._reason.of((fraction, state, self._message))
        return Look(done, total, state, self._message, brief(reason, state))
