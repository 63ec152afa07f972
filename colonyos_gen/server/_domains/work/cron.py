"""Crons: workflows that start on a schedule."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import CRON_CHECK_PERIOD_MS
from colonyos_gen_wire.errors import cron as errors
from colonyos_gen_wire.errors import process as process_errors
from colonyos_gen_wire.methods import cron as methods
from colonyos_gen_wire.types.cron import Cron
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import OTHER_COLONY, Refusal
from colonyos_gen.server._processes.lifecycle import new_id
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.pieces import step_by_step
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.integers import require_integers
from colonyos_gen.server._workflows.crons import CronStarter
from colonyos_gen.server._workflows.stored import LONG, accept_workflow, read_workflow

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.cron import AddCronMsg, GetCronMsg, GetCronsMsg, RemoveCronMsg, RunCronMsg

_EXPRESSION_ONLY = -1


class Crons:
    """Serves the cron messages. Those about one cron look for it before they look at rights."""

    def __init__(
        self, records: Records, access: Access, starter: CronStarter, quirks: Quirks = STRICT
    ) -> None:
        self._records = records
        self._access = access
        self._starter = starter
        self._quirks = quirks

    async def add_cron(self, request: AddCronMsg, signer: str, /) -> Cron:
        cron = request.cron
        self._access.require(methods.ADD_CRON, signer, cron.colonyname)
        try:
            workflow = accept_workflow(cron.workflowspec, cron.colonyname, "cron", self._quirks)
        except Refusal as refusal:
            if refusal.spec is OTHER_COLONY:
                self._accept_schedule(cron)
            if refusal.spec is OTHER_COLONY and not self._has_name_in(str(refusal.values["other"]), signer):
                raise Refusal(errors.ADD_CRON_COULD_NOT_DERIVE_INITIATORNAME) from None
            raise
        self._accept_schedule(cron)
        if not workflow.colonyname and not self._has_name_in("", signer):
            raise Refusal(errors.ADD_CRON_COULD_NOT_DERIVE_INITIATORNAME)
        require_text(methods.ADD_CRON, cron.name, cron.cronexpression)
        if self._records.cron(cron.colonyname, cron.name) is not None:
            raise Refusal(errors.ADD_CRON_CRON_ALREADY_EXISTS, name=cron.name, colony=cron.colonyname)
        return self._records.crons.put(
            replace(
                cron,
                cronid=new_id(),
                initiatorid=signer,
                initiatorname=self._records.name_of(cron.colonyname, signer),
                prevprocessgraphid=self._previous(cron),
                checkerperiod=0,
            )
        )

    async def get_cron(self, request: GetCronMsg, signer: str, /) -> Cron:
        cron = self._records.crons.get(request.cronid)
        if cron is None:
            raise Refusal(errors.GET_CRON_CRON_NOT_FOUND)
        self._access.require(methods.GET_CRON, signer, cron.colonyname)
        return replace(cron, checkerperiod=CRON_CHECK_PERIOD_MS)

    async def get_crons(self, request: GetCronsMsg, signer: str, /) -> list[Cron]:
        self._access.require(methods.GET_CRONS, signer, request.colonyname)
        if request.count < 0:
            raise Refusal(process_errors.GET_PROCESSES_NEGATIVE_LIMIT)
        return self._records.crons_of_colony.find(request.colonyname)[: request.count]

    async def run_cron(self, request: RunCronMsg, signer: str, /) -> Cron:
        cron = self._records.crons.get(request.cronid)
        if cron is None:
            raise Refusal(errors.RUN_CRON_CRON_NOT_FOUND)
        self._access.require(methods.RUN_CRON, signer, cron.colonyname)
        if not self._starter.is_held_back(cron):
            try:
                await self._start(cron, signer)
            except Refusal:
                if not self._quirks.silent_cron_failures:
                    raise
        return cron

    async def _start(self, cron: Cron, signer: str) -> None:
        workflow = None
        if len(cron.workflowspec) > LONG:  # others go on while it is read
            workflow = await asyncio.to_thread(read_workflow, cron.workflowspec)
            self._require(cron, signer)
        steps = self._starter.starting(cron, workflow)
        await step_by_step(steps, partial(self._require, cron, signer))

    def _require(self, cron: Cron, signer: str) -> None:
        self._access.require(methods.RUN_CRON, signer, cron.colonyname)
        if self._records.crons.get(cron.cronid) is None:
            raise Refusal(errors.RUN_CRON_CRON_NOT_FOUND)

    async def remove_cron(self, request: RemoveCronMsg, signer: str, /) -> None:
        cron = self._records.crons.get(request.cronid)
        if cron is None:
            raise Refusal(errors.REMOVE_CRON_CRON_NOT_FOUND)
        self._access.require(methods.REMOVE_CRON, signer, cron.colonyname)
        self._records.crons.remove(cron)

    def _has_name_in(self, colonyname: str, signer: str) -> bool:
        executes = self._records.executors_by_id.count(signer)
        return bool(executes) or self._records.user_of(colonyname, signer) is not None

    def _previous(self, cron: Cron) -> str:
        """The workflow before the first one of `cron`, which gets its outputs: as sent, unless it is of another colony."""
        graph = self._records.processgraphs.get(cron.prevprocessgraphid)
        return cron.prevprocessgraphid if graph is None or graph.colonyname == cron.colonyname else ""

    def _accept_schedule(self, cron: Cron) -> None:
        if cron.interval == 0:
            raise Refusal(errors.ADD_CRON_CRON_INTERVAL_MUST_BE_1_DISABLED_OR_LARGER_THAN_0)
        require_integers(cron.interval)
        if cron.interval == _EXPRESSION_ONLY:
            self._starter.require_schedule(cron.cronexpression)
            if cron.random:
                raise Refusal(errors.ADD_CRON_RANDOM_CRON_IS_ONLY_SUPPORTED_WHEN_SPECIFYING_INTERVALS)
