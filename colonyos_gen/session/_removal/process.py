"""How a process is cancelled, and how it is removed."""

from __future__ import annotations

import asyncio

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import CANCELLED, FAILED, FINAL_PROCESS_STATES, RAN_TOO_LONG
from colonyos_gen_wire.errors import process as refusals
from colonyos_gen_wire.method import Key

from colonyos_gen._call.retry import passes
from colonyos_gen._client.client import DEFAULT_TIMEOUT, AsyncClient
from colonyos_gen.errors import ConflictError, NotFoundError, RPCError
from colonyos_gen.session._failures import describe
from colonyos_gen.session._removal.ending import Ending
from colonyos_gen.session._removal.procedure import (
    HELD_S,
    SETTLED_S,
    Procedure,
    still_going_on,
    unknown_outcome,
)
from colonyos_gen.session._removal.turns import Turn

_CANCELS = 3
"""How often a process is cancelled that goes on: it was being assigned at that moment, and the server took that for newer."""
_ENDED_BEFORE = frozenset(
    each.name
    for each in (
        refusals.CANCEL_PROCESS_TRIED_TO_CANCEL_SUCCESSFUL_PROCESS,
        refusals.CANCEL_PROCESS_TRIED_TO_CANCEL_FAILED_PROCESS,
        refusals.CANCEL_PROCESS_TRIED_TO_CANCEL_ALREADY_CANCELLED_PROCESS,
    )
)


class ProcessProcedure(Procedure):
    """Cancels or removes one process; see `AsyncProcessHandle`.

    Args:
        rpc: Makes the requests.
        process: The process, as it was last read.
        timeout: Seconds to wait for its end, and for others who cancel or remove it; None for no limit.
        ending: When it was seen to have ended, if that is known.
        limit: Bounds the requests of several procedures together.
        prvkey: Key to sign with, instead of the client's own.
    """

    def __init__(
        self,
        rpc: AsyncClient,
        process: Process,
        timeout: float | None = DEFAULT_TIMEOUT,
        *,
        ending: Ending | None = None,
        limit: asyncio.Semaphore | None = None,
        prvkey: Key | None = None,
    ) -> None:
        super().__init__(rpc, describe(process), timeout, limit=limit, prvkey=prvkey)
        self._process = process
        self._id = process.processid
        self._ending = ending or Ending()
        self._unanswered = False
        """Whether the last cancel was sent, and not answered."""

    async def cancel(self) -> Process:
        """Cancel it, and read what became of it. Raises RPCError."""
        async with self.turn_to_cancel(self._id) as turn:
            return await self._cancelled(turn)

    async def remove(self) -> None:
        """Remove it, once it has ended and everybody has done with it.

        Raises:
            RemovalRefused: It belongs to a workflow, or has not ended in time.
            NotFoundError: There is no such process.
            RPCError: The server refuses it.
        """
        async with self.turn_to_remove(self._id) as turn:
            process = await self._read()
            if process.processgraphid:
                self.refuse(
                    [f"it belongs to workflow {process.processgraphid}"], "Remove the workflow, as a whole."
                )
            try:
                while not await self._removed(process, turn):
                    process = await self._read()
                    if self.left <= 0 and process.state not in FINAL_PROCESS_STATES:
                        self.refuse([f"it is {process.state.name} again, although it had ended"])
            except NotFoundError:
                return  # somebody else was faster

    async def _removed(self, process: Process, turn: Turn) -> bool:
        """Make it end, and remove it; False if it was found going on after all."""
        process = await self._ended(process, turn)
        needed = HELD_S if _is_held(process) else SETTLED_S
        if (rest := self.unsettled(needed, process.endtime, self._ending.at, turn)) > 0:
            await asyncio.sleep(rest)
            if (await self._read()).state not in FINAL_PROCESS_STATES:
                return False
        try:
            await self.remove_now(
                lambda limit: self.rpc.remove_process(self._id, prvkey=self.prvkey, rpc_timeout=limit), turn
            )
        except ConflictError as error:
            if error.name != refusals.REMOVE_PROCESS_CANNOT_REMOVE_A_RUNNING_PROCESS.name:
                raise
            return False
        return True

    async def _ended(self, process: Process, turn: Turn) -> Process:
        while process.state not in FINAL_PROCESS_STATES:
            try:
                process = await self._cancelled(turn)
            except RPCError as error:
                if not passes(error) or self.left <= 0:
                    raise
            if process.state not in FINAL_PROCESS_STATES:
                if self.left <= 0:
                    self.refuse([still_going_on(process.state.name, self._unanswered)])
                await self.pause()
        return process

    async def _cancelled(self, turn: Turn) -> Process:
        """Cancel it, again if it goes on, and return it as it is afterwards."""
        process = self._process
        for _ in range(_CANCELS):
            try:
                self._unanswered = not await self.send(
                    lambda limit: self.rpc.cancel_process(self._id, prvkey=self.prvkey, rpc_timeout=limit),
                    turn,
                )
            except ConflictError as error:
                if error.name not in _ENDED_BEFORE:
                    raise
            process = await self._read_after_cancel()
            if process.state is CANCELLED:  # for good, unless it is being assigned or closed at this moment
                await asyncio.sleep(self.second_look_in(assigned=bool(process.assignedexecutorid)))
                process = await self._read_after_cancel()
            if process.state in FINAL_PROCESS_STATES or self.left <= 0:
                break
        return process

    async def _read_after_cancel(self) -> Process:
        try:
            return await self._read()
        except RPCError as error:
            if not passes(error):
                raise
            raise unknown_outcome(self.what, "cancel_process", "cancelled", error) from error

    async def _read(self) -> Process:
        process = await self.read(
            lambda limit: self.rpc.get_process(self._id, prvkey=self.prvkey, rpc_timeout=limit)
        )
        self._ending.see(process.state if process.state in FINAL_PROCESS_STATES else None)
        return process


def _is_held(process: Process) -> bool:
    """Whether an executor has it that was not asked, and may try to close it yet."""
    if not process.assignedexecutorid:
        return False
    failed_by_server = process.endtime is None or RAN_TOO_LONG in process.errors
    return process.state is CANCELLED or (process.state is FAILED and failed_by_server)
