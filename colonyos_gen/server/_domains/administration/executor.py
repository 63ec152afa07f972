"""Executors: registration, approval, and what they tell about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import APPROVED, PENDING, REJECTED
from colonyos_gen_wire.errors import executor as errors
from colonyos_gen_wire.methods import executor as methods
from colonyos_gen_wire.types.executor import Executor
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.unregister import unregister
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.plain_text import require_name

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.executor import (
        AddExecutorMsg,
        ApproveExecutorMsg,
        GetExecutorByIDMsg,
        GetExecutorMsg,
        GetExecutorsMsg,
        RejectExecutorMsg,
        RemoveExecutorMsg,
        ReportAllocationsMsg,
        UpdateExecutorMsg,
    )


class Executors:
    """Serves the executor messages. Most look for the executor before they look at the rights of the signer."""

    def __init__(
        self, records: Records, access: Access, clock: Clock, quirks: Quirks = STRICT, *, reregister: bool
    ) -> None:
        self._records = records
        self._access = access
        self._clock = clock
        self._quirks = quirks
        self._reregister = reregister

    async def add_executor(self, request: AddExecutorMsg, signer: str, /) -> Executor:
        executor = request.executor
        self._access.require(methods.ADD_EXECUTOR, signer, executor.colonyname)
        require_name("executor name", executor.executorname)
        require_text(
            methods.ADD_EXECUTOR,
            executor.executorname,
            executor.executorid,
            executor.executortype,
            executor.locationname,
            executor.blueprintid,
        )
        heard = executor.lastheardfromtime
        if heard is not None and heard.tzinfo is None:
            # RFC 3339, and so the real server, knows no time without a zone.
            raise Refusal(errors.ADD_EXECUTOR_INVALID_JSON)
        executor = replace(executor, state=PENDING, commissiontime=moment(self._clock.now_ns()))
        existing = self._records.executor(executor.colonyname, executor.executorname)
        if existing is not None:
            if not self._reregister:
                raise Refusal(
                    errors.ADD_EXECUTOR_EXECUTOR_ALREADY_EXISTS,
                    name=existing.executorname,
                    colony=existing.colonyname,
                )
            unregister(self._records, existing, self._quirks)
            executor = replace(executor, requirefuncreg=existing.requirefuncreg)
        return self._records.added_executor(self._records.executors.put(executor))

    async def approve_executor(self, request: ApproveExecutorMsg, signer: str, /) -> None:
        executor = self._records.executor(request.colonyname, request.executorname)
        if executor is None:
            raise Refusal(errors.APPROVE_EXECUTOR_EXECUTOR_NOT_FOUND)
        self._access.require(methods.APPROVE_EXECUTOR, signer, executor.colonyname)
        for row in self._records.executors_alike(executor):
            self._records.executors.put(replace(row, state=APPROVED))

    async def reject_executor(self, request: RejectExecutorMsg, signer: str, /) -> None:
        executor = self._records.executor(request.colonyname, request.executorname)
        if executor is None:
            raise Refusal(errors.REJECT_EXECUTOR_EXECUTOR_NOT_FOUND)
        self._access.require(methods.REJECT_EXECUTOR, signer, executor.colonyname)
        for row in self._records.executors_alike(executor):
            self._records.executors.put(replace(row, state=REJECTED))

    async def remove_executor(self, request: RemoveExecutorMsg, signer: str, /) -> None:
        executor = self._records.executor(request.colonyname, request.executorname)
        if executor is None:
            raise Refusal(errors.REMOVE_EXECUTOR_EXECUTOR_NOT_FOUND)
        self._access.require(methods.REMOVE_EXECUTOR, signer, executor.colonyname)
        unregister(self._records, executor, self._quirks)

    async def get_executor(self, request: GetExecutorMsg, signer: str, /) -> Executor:
        executor = self._records.executor(request.colonyname, request.executorname)
        if executor is None:
            raise Refusal(errors.GET_EXECUTOR_EXECUTOR_NOT_FOUND)
        self._access.require(methods.GET_EXECUTOR, signer, executor.colonyname)
        return executor

    async def get_executors(self, request: GetExecutorsMsg, signer: str, /) -> list[Executor]:
        self._access.require(methods.GET_EXECUTORS, signer, request.colonyname)
        return self._records.executors_of_colony.find(request.colonyname)

    async def get_executor_by_id(self, request: GetExecutorByIDMsg, signer: str, /) -> Executor:
        executor = self._records.executors_by_id.first(request.executorid)
        if executor is None:
            raise Refusal(errors.GET_EXECUTOR_BY_ID_EXECUTOR_NOT_FOUND)
        self._access.require(methods.GET_EXECUTOR_BY_ID, signer, executor.colonyname)
        return executor

    async def update_executor(self, request: UpdateExecutorMsg, signer: str, /) -> None:
        self._access.require(methods.UPDATE_EXECUTOR, signer, request.colonyname)
        executor = self._records.executor(request.colonyname, request.executorname)
        if executor is None:
            raise Refusal(errors.UPDATE_EXECUTOR_EXECUTOR_NOT_FOUND, name=request.executorname)
        if executor.executorid != signer:
            raise Refusal(errors.UPDATE_EXECUTOR_ONLY_AN_EXECUTOR_CAN_UPDATE_ITS_OWN_CAPABILITIES)
        self._records.executors.put(replace(executor, capabilities=request.capabilities))

    async def report_allocations(self, request: ReportAllocationsMsg, signer: str, /) -> None:
        self._access.require(methods.REPORT_ALLOCATIONS, signer, request.colonyname)
        executor = self._records.executor(request.colonyname, request.executorname)
        if executor is None:
            raise Refusal(errors.REPORT_ALLOCATIONS_EXECUTOR_NOT_FOUND, name=request.executorname)
        if executor.executorid != signer:
            raise Refusal(errors.REPORT_ALLOCATIONS_ONLY_AN_EXECUTOR_CAN_REPORT_ALLOCATIONS_TO_ITSELF)
        self._records.executors.put(replace(executor, allocations=request.allocations))
