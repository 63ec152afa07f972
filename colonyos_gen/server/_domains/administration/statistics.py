"""Counts of what a colony, or the whole server, holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import (
    APPROVED,
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    UNREGISTERED,
    WAITING,
)
from colonyos_gen_wire.errors import NUL_REFUSED
from colonyos_gen_wire.errors import statistics as errors
from colonyos_gen_wire.methods import statistics as methods
from colonyos_gen_wire.types.statistics import Statistics

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._store.records import Records

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.statistics import GetColonyStatisticsMsg, GetStatisticsMsg


class Counts:
    """Serves the statistics messages."""

    def __init__(self, records: Records, access: Access) -> None:
        self._records = records
        self._access = access

    async def get_statistics(self, request: GetColonyStatisticsMsg, signer: str, /) -> Statistics:
        name = request.colonyname
        if has_nul((name,)):
            raise Refusal(NUL_REFUSED)
        if self._records.colonies.get(name) is None:
            raise Refusal(errors.GET_STATISTICS_COLONY_NOT_FOUND, name=name)
        self._access.require(methods.GET_STATISTICS, signer, name)
        states = [executor.state for executor in self._records.executors_of_colony.find(name)]
        count = self._records.processes_in_state.count
        count_graphs = self._records.processgraphs_in_state.count
        return Statistics(
            colonies=1,
            executors=len(states),
            activeexecutors=states.count(APPROVED),
            unregisteredexecutors=states.count(UNREGISTERED),
            waitingprocesses=count((name, WAITING)),
            runningprocesses=count((name, RUNNING)),
            successfulprocesses=count((name, SUCCESS)),
            failedprocesses=count((name, FAILED)),
            cancelledprocesses=count((name, CANCELLED)),
            waitingworkflows=count_graphs((name, WAITING)),
            runningworkflows=count_graphs((name, RUNNING)),
            successfulworkflows=count_graphs((name, SUCCESS)),
            failedworkflows=count_graphs((name, FAILED)),
            cancelledworkflows=count_graphs((name, CANCELLED)),
        )

    async def get_server_statistics(self, request: GetStatisticsMsg, signer: str, /) -> Statistics:  # noqa: ARG002
        count = self._records.processes_in_state.count
        return Statistics(
            colonies=len(self._records.colonies),
            executors=sum(executor.state is not UNREGISTERED for executor in self._records.executors),
            waitingprocesses=count(WAITING),
            runningprocesses=count(RUNNING),
            successfulprocesses=count(SUCCESS),
            failedprocesses=count(FAILED),
        )
