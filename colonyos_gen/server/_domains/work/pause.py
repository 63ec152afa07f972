"""Pausing and resuming the assignment of processes in a colony, which its owner does and its members can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.methods import pause as methods

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._store.records import Pause, Records

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.pause import GetPauseStatusMsg, PauseAssignmentsMsg, ResumeAssignmentsMsg
    from colonyos_gen_wire.types.pause import PauseStatus


class Pauses:
    """Serves the pause messages. Pausing what is paused, and resuming what is not, does nothing."""

    def __init__(self, records: Records, access: Access) -> None:
        self._records = records
        self._access = access

    async def pause_assignments(self, request: PauseAssignmentsMsg, signer: str, /) -> None:
        self._access.require(methods.PAUSE_ASSIGNMENTS, signer, request.colonyname)
        self._records.paused.put(Pause(request.colonyname))

    async def resume_assignments(self, request: ResumeAssignmentsMsg, signer: str, /) -> None:
        self._access.require(methods.RESUME_ASSIGNMENTS, signer, request.colonyname)
        pause = self._records.paused.get(request.colonyname)
        if pause is not None:
            self._records.paused.remove(pause)

    async def get_pause_status(self, request: GetPauseStatusMsg, signer: str, /) -> PauseStatus:
        from colonyos_gen_wire.types.pause import PauseStatus  # here, as it goes with this message

        self._access.require(methods.GET_PAUSE_STATUS, signer, request.colonyname)
        paused = self._records.paused.get(request.colonyname) is not None
        return PauseStatus(colonyname=request.colonyname, ispaused=paused)
