"""Children that a function adds to its workflow while it runs."""

from __future__ import annotations

import asyncio

from colonyos_gen_wire import FunctionSpec, Process
from colonyos_gen_wire.methods.workflow import ADD_CHILD

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import ConflictError, NotFoundError, RPCError
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._telling.attempt import Attempt
from colonyos_gen.worker._telling.closing import SETTLING_S


class Children:
    """Adds children to one process, each exactly once, and sees that they are there."""

    def __init__(self, client: AsyncClient, availability: Availability, parent: Process) -> None:
        self._client = client
        self._availability = availability
        self._parent = parent
        self._attempt = Attempt.of(parent)
        self._lock = asyncio.Lock()

    async def add(self, spec: FunctionSpec, insert: bool) -> Process:
        """Add a child. Raises what `Context.add_child` raises."""
        if not self._parent.processgraphid:
            raise ValueError("the process is not part of a workflow, so it can have no children")
        async with self._lock:  # so that the child whose reply was lost is not taken for another one
            known = set((await self._read_parent()).children)
            child = await self._send(spec, insert, known)
            try:
                child = await self._read(child.processid)
                parent = await self._read_parent()
            except NotFoundError as error:
                raise self._orphan(spec, str(error)) from error
            if child.processid not in parent.children:
                raise self._orphan(spec, "the server has forgotten whose child it is")
            return child

    async def _send(self, spec: FunctionSpec, insert: bool, known: set[str]) -> Process:
        parent = self._parent
        for pause in pauses(WITHOUT_END):
            try:
                return await self._client.add_child(parent.processgraphid, parent.processid, "", spec, insert)
            except RPCError as error:
                if not passes(error):
                    raise
                self._availability.lost(error)
                await asyncio.sleep(max(pause, SETTLING_S))
                if is_lost_reply(error) and (child := await self._arrived(spec, known)) is not None:
                    return child
        raise AssertionError("there is always another attempt")

    async def _arrived(self, spec: FunctionSpec, known: set[str]) -> Process | None:
        """The child whose reply was lost, if it is there."""
        for processid in (await self._read_parent()).children:
            if processid not in known:
                child = await self._read(processid)
                if (child.spec.nodename, child.spec.funcname) == (spec.nodename, spec.funcname):
                    return child
        return None

    async def _read(self, processid: str) -> Process:
        return await self._availability.insist(lambda: self._client.get_process(processid))

    async def _read_parent(self) -> Process:
        """The parent, which must run still: a child that is added while its parent ends waits for ever."""
        found = await self._read(self._parent.processid)
        if reason := self._attempt.why_over(found):
            raise ConflictError(
                f"the parent does not run any more: {reason}. A child that has been added meanwhile waits for ever: "
                f"cancel workflow {self._parent.processgraphid}",
                method=ADD_CHILD.name,
            )
        return found

    def _orphan(self, spec: FunctionSpec, reason: str) -> ConflictError:
        return ConflictError(f"child {spec.nodename!r} is lost: {reason}", method=ADD_CHILD.name)
