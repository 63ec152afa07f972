"""Executor types that a colony has never had: who submits something for one is warned, as it may wait for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextvars import ContextVar
from typing import TypeVar

from colonyos_gen_wire import Conditions

from colonyos_gen._callers import Place, caller
from colonyos_gen._client.client import AsyncClient
from colonyos_gen.session._standing import nearest

T = TypeVar("T")

_GRACE_S = 0.05
"""Seconds that a submission may take longer for a warning, once for each type."""
_LOOK_S = 30.0
"""Seconds that finding out may take, beside everything else."""

submitter: ContextVar[Place | None] = ContextVar("submitter", default=None)
"""The line of synchronous code for which something is submitted on another thread."""


class UnknownExecutorTypeWarning(UserWarning):
    """Something was submitted for an executor type that the colony has never had: it waits until there is one.

    It comes once for each type and session, and points to the line that submits. Where warnings are errors, waiting for the
    process raises it.
    """


class KnownTypes:
    """The executor types that a session was asked for. Each is looked for once, while the first of its work is submitted.

    Args:
        rpc: The client.
    """

    def __init__(self, rpc: AsyncClient) -> None:
        self._rpc = rpc
        self._known: set[tuple[str, str]] = set()
        self._looking: set[asyncio.Task[None]] = set()

    def look_for(self, colonyname: str, wanted: Iterable[Conditions]) -> asyncio.Task[None] | None:
        """Begin to look for types that were not looked for. The task raises UnknownExecutorTypeWarning if that is an error.

        None if there are no such types. Where the server does not tell, nobody is warned.
        """
        types = {each.executortype for each in wanted if _is_name(each.executortype)}
        missing = sorted(each for each in types if (colonyname, each) not in self._known)
        if not missing:
            return None
        self._known.update((colonyname, each) for each in missing)
        task = asyncio.create_task(self._look(colonyname, missing, submitter.get() or caller()))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        return task

    async def beside(self, look: asyncio.Task[None] | None, submission: Awaitable[T]) -> T:
        """What a submission gives, and then the warning that is due; where nothing was submitted, none is raised."""
        try:
            submitted = await submission
        except BaseException:
            if look is not None:
                look.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            raise
        if look is not None:
            await self.settle()
        return submitted

    async def settle(self, seconds: float = _GRACE_S) -> None:
        """Wait a little for the warnings that are due."""
        if self._looking:
            await asyncio.wait(self._looking, timeout=seconds)

    async def _look(self, colonyname: str, types: Iterable[str], place: Place) -> None:
        try:
            rows = await self._rpc.get_executors(colonyname, rpc_timeout=_LOOK_S)
        except Exception:  # it is only an addition, whatever interceptors may raise
            return
        for executortype in types:
            if all(each.executortype != executortype for each in rows):
                place.warn(
                    f"colony {colonyname!r} has never had an executor of type {executortype!r} "
                    f"({nearest(executortype, rows)}); what is submitted for it waits until there is one",
                    UnknownExecutorTypeWarning,
                )


def _is_name(executortype: object) -> bool:
    """Whether it is one; what is not is refused when it is submitted, or told by a wait."""
    return isinstance(executortype, str) and executortype != ""
