"""Rows that follow a change of identity.

What matters follows at once: what runs, and crons and generators. Of the rest there can be a lot, so it follows in pieces;
until that is done, the change is a row of its own, which a server that is started again goes on with.
"""

from __future__ import annotations

from collections.abc import Iterator

from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.server._store.records import Records, Succession

_PIECE = 200
_MOST = 500
"""Running processes that are looked at in one turn of the event loop."""


class Successions:
    """Lets rows follow, and goes on with what an earlier life has left."""

    def __init__(self, records: Records) -> None:
        self._records = records
        for change in records.successions:
            records.store.pieces.add(self._rest(change))

    def begin(self, change: Succession) -> None:
        """Let follow what matters, and as much as is done in a moment; have the rest follow later."""
        records = self._records
        running = (change.colonyname, ProcessState.RUNNING)
        found = records.running_processes.find((change.colonyname, change.old))
        if records.processes_in_state.count(running) <= _MOST:
            found = records.processes_in_state.find(running)
        for process in found:
            self._hand_over(process, change)
        former = change.old, change.name
        crons = [
            replace(cron, initiatorid=change.new)
            for cron in records.crons_of_colony.find(change.colonyname)
            if (cron.initiatorid, cron.initiatorname) == former
        ]
        records.crons.put_all(crons, change.colonyname)
        generators = [
            replace(generator, initiatorid=change.new)
            for generator in records.generators_of_colony.find(change.colonyname)
            if (generator.initiatorid, generator.initiatorname) == former
        ]
        records.generators.put_all(generators, change.colonyname)
        if records.processes_of_colony.count(change.colonyname) <= _PIECE:
            for process in records.processes_of_colony.find(change.colonyname):
                self._hand_over(process, change)
        else:
            records.successions.put(change)
            records.store.afterwards(lambda: records.store.pieces.add(self._rest(change)))

    def _rest(self, change: Succession) -> Iterator[None]:
        records = self._records
        # What runs comes first, as the initiator can use its channels.
        keys = list(records.processes_in_state.snapshot((change.colonyname, ProcessState.RUNNING)))
        keys += records.processes_of_colony.snapshot(change.colonyname)
        for start in range(0, len(keys), _PIECE):
            for key in keys[start : start + _PIECE]:
                process = records.processes.get(key)
                if process is not None:
                    self._hand_over(process, change)
            records.store.commit()
            yield
        records.successions.remove(change)
        records.store.commit()

    def _hand_over(self, process: Process, change: Succession) -> None:
        """An executor and a user may share an identity, so names count."""
        initiated = (process.initiatorid, process.initiatorname) == (change.old, change.name)
        assigned = change.assigned and process.assignedexecutorid == change.old
        if initiated or assigned:
            self._records.processes.put(
                replace(
                    process,
                    initiatorid=change.new if initiated else process.initiatorid,
                    assignedexecutorid=change.new if assigned else process.assignedexecutorid,
                )
            )
