"""Many processes or workflows, cancelled or removed one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import MAX_COUNT, RUNNING, WAITING
from colonyos_gen_wire.method import Key

from colonyos_gen._client.client import DEFAULT_TIMEOUT, AsyncClient
from colonyos_gen.errors import NotFoundError, RPCError
from colonyos_gen.session._removal.arguments import optional_state
from colonyos_gen.session._removal.procedure import EVER_S, Procedure
from colonyos_gen.session._removal.process import ProcessProcedure
from colonyos_gen.session._removal.refusal import RemovalRefused
from colonyos_gen.session._removal.workflow import WorkflowProcedure

_AT_ONCE = 8
"""Requests under way at the same time."""


@dataclass(frozen=True)
class Removed:
    """What became of many that were to be removed."""

    removed: list[str] = field(default_factory=list[str])
    """Ids of those that are removed."""
    refused: dict[str, RemovalRefused | RPCError] = field(
        default_factory=dict[str, RemovalRefused | RPCError]
    )
    """Why the others are not, by id."""


class _Removal(Protocol):
    def remove(self) -> Awaitable[None]: ...


class BulkProcedure(Procedure):
    """Cancels or removes what a colony has, by the same steps as single ones; see `AsyncSession.remove_all_processes`.

    What is submitted meanwhile is taken too, as far as it is seen.
    """

    def __init__(
        self, rpc: AsyncClient, colonyname: str, timeout: float | None, *, prvkey: Key | None = None
    ) -> None:
        super().__init__(
            rpc, f"what colony {colonyname!r} has", timeout, limit=asyncio.Semaphore(_AT_ONCE), prvkey=prvkey
        )
        self._colonyname = colonyname

    async def remove_processes(self, state: ProcessState | None) -> Removed:
        """Remove those in `state`, or all, apart from those of workflows. Raises InvalidRequestError for no such state."""
        state = optional_state("remove_all_processes", state)

        async def ids(state: ProcessState) -> list[str]:
            found = await self._processes(
                state, lambda each: not each.processgraphid and each.processid not in seen
            )
            kept.update({each.processid: each for each in found})
            return [each.processid for each in found]

        def procedure(processid: str) -> _Removal:
            return ProcessProcedure(
                self.rpc, kept.pop(processid), self._each(), limit=self._limit, prvkey=self.prvkey
            )

        kept: dict[str, Process] = {}
        seen: set[str] = set()
        return await self._remove(state, ids, procedure, seen)

    async def remove_workflows(self, state: ProcessState | None) -> Removed:
        """Remove those in `state`, or all. Raises InvalidRequestError for no such state."""
        state = optional_state("remove_all_workflows", state)

        def procedure(processgraphid: str) -> _Removal:
            return WorkflowProcedure(
                self.rpc, processgraphid, self._each(), limit=self._limit, prvkey=self.prvkey
            )

        return await self._remove(state, self._workflows, procedure, set())

    async def cancel_all(self) -> bool:
        """Cancel all processes and workflows that have not ended; whether a process among them was RUNNING."""
        ran = False
        seen: set[str] = set()
        while self.left > 0:
            found = [
                each
                for state in (WAITING, RUNNING)
                for each in await self._processes(
                    state, lambda each: (each.processgraphid or each.processid) not in seen
                )
            ]
            if not found:
                break
            ran = ran or any(each.state is RUNNING for each in found)
            by_id = {each.processgraphid or each.processid: each for each in found}
            seen.update(by_id)
            await asyncio.gather(*map(self._cancel, by_id.values()))
        return ran

    async def _cancel(self, process: Process) -> None:
        procedure: ProcessProcedure | WorkflowProcedure
        if process.processgraphid:
            procedure = WorkflowProcedure(
                self.rpc, process.processgraphid, self._each(), limit=self._limit, prvkey=self.prvkey
            )
        else:
            procedure = ProcessProcedure(
                self.rpc, process, self._each(), limit=self._limit, prvkey=self.prvkey
            )
        try:
            await procedure.cancel()
        except NotFoundError:  # it has been removed since
            return

    async def _remove(
        self,
        state: ProcessState | None,
        list_ids: Callable[[ProcessState], Awaitable[list[str]]],
        procedure: Callable[[str], _Removal],
        seen: set[str],
    ) -> Removed:
        outcome = Removed()

        async def remove(each: str) -> None:
            try:
                await procedure(each).remove()
            except NotFoundError:  # it has been removed since
                return
            except (RemovalRefused, RPCError) as error:
                outcome.refused[each] = error
            else:
                outcome.removed.append(each)

        for state_of_those in list(ProcessState) if state is None else [state]:
            while found := [each for each in await list_ids(state_of_those) if each not in seen]:
                seen.update(found)
                await asyncio.gather(*map(remove, found))
                if self.left <= 0:
                    break
        return outcome

    def _each(self) -> float:
        return max(0.0, min(self.left, DEFAULT_TIMEOUT))

    async def _processes(self, state: ProcessState, wanted: Callable[[Process], bool]) -> list[Process]:
        """Some of the processes in `state` that are wanted, if there are any."""
        listed = await self.read(
            lambda limit: self.rpc.get_processes(
                self._colonyname, MAX_COUNT, state, prvkey=self.prvkey, rpc_timeout=limit
            )
        )
        found = [each for each in listed if wanted(each)]
        if found or len(listed) < MAX_COUNT:
            return found
        listed = await self.read(  # without a limit: what is wanted may be behind what is not
            lambda limit: self.rpc.get_process_history(
                self._colonyname, EVER_S, state, prvkey=self.prvkey, rpc_timeout=max(limit, DEFAULT_TIMEOUT)
            )
        )
        return [each for each in listed if wanted(each)][:MAX_COUNT]

    async def _workflows(self, state: ProcessState) -> list[str]:
        listed = await self.read(
            lambda limit: self.rpc.get_processgraphs(
                self._colonyname, MAX_COUNT, state, prvkey=self.prvkey, rpc_timeout=limit
            )
        )
        return [each.processgraphid for each in listed]
