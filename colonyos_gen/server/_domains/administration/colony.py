"""Colonies: the tenants of the server. Only the server owner adds, lists and removes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import ID_LENGTH
from colonyos_gen_wire.errors import colony as errors
from colonyos_gen_wire.methods import colony as methods
from colonyos_gen_wire.types.colony import Colony

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.plain_text import require_name

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.colony import AddColonyMsg, GetColoniesMsg, GetColonyMsg, RemoveColonyMsg


class Colonies:
    """Serves the colony messages. The dispatcher has seen to it that only the server owner gets to his."""

    def __init__(self, records: Records, access: Access, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._quirks = quirks
        self._access = access

    async def add_colony(self, request: AddColonyMsg, signer: str, /) -> Colony:  # noqa: ARG002
        colony = request.colony
        # The real server counts bytes.
        if len(colony.colonyid.encode()) != ID_LENGTH:
            raise Refusal(errors.ADD_COLONY_INVALID_COLONY_ID_LENGTH)
        require_name("colony name", colony.name)
        require_text(methods.ADD_COLONY, colony.name, colony.colonyid)
        if self._records.colonies.get(colony.name) is not None:
            raise Refusal(errors.ADD_COLONY_A_COLONY_ALREADY_EXISTS, name=colony.name)
        self._records.colonies.put(colony)
        if self._quirks.one_executor_per_identity:
            return next(row for row in self._records.colonies if row.colonyid == colony.colonyid)
        return colony

    async def remove_colony(self, request: RemoveColonyMsg, signer: str, /) -> None:  # noqa: ARG002
        records, name = self._records, request.colony_name
        colony = records.colonies.get(name)
        if colony is None:
            raise Refusal(errors.REMOVE_COLONY_COLONY_NOT_FOUND, name=name)
        # Those of which there can be many, under ids that never come again.
        records.processes.remove_all(records.processes_of_colony.snapshot(name))
        records.processgraphs.remove_all(records.processgraphs_of_colony.snapshot(name))
        records.logs.remove_all(records.logs_of_colony.snapshot(name))
        records.files.remove_all(records.files_of_colony.snapshot(name))
        records.crons.remove_all(records.crons_of_colony.snapshot(name))
        generators = records.generators_of_colony.snapshot(name)
        packed = (records.packed_of_generator.snapshot(key) for key in generators)
        records.packed.remove_all({key: row for rows in packed for key, row in rows.items()})
        records.generators.remove_all(generators)
        records.snapshots.remove_all(records.snapshots_of_colony.snapshot(name))
        # The same, under ids and names that others choose.
        records.functions.remove_all(records.functions_of_colony.snapshot(name), for_good=False)
        records.executors.remove_all(records.executors_of_colony.snapshot(name), for_good=False)
        records.users.remove_all(records.users_of_colony.snapshot(name), for_good=False)
        records.locations.remove_all(records.locations_of_colony.snapshot(name), for_good=False)
        if not self._quirks.colony_leftovers:
            self._remove_blueprints(name)
            if (status := records.paused.get(name)) is not None:
                records.paused.remove(status)
        records.colonies.remove(colony)

    async def get_colony(self, request: GetColonyMsg, signer: str, /) -> Colony:
        self._access.require(methods.GET_COLONY, signer, request.colonyname)
        return self._records.colonies[request.colonyname]

    async def get_colonies(self, request: GetColoniesMsg, signer: str, /) -> list[Colony]:  # noqa: ARG002
        return list(self._records.colonies)

    def _remove_blueprints(self, name: str) -> None:
        records = self._records
        records.blueprints.remove_all(records.blueprints_of_colony.snapshot(name), for_good=False)
        records.blueprint_versions.remove_all(records.versions_of_colony.snapshot(name))
        records.definitions.remove_all(records.definitions_of_colony.snapshot(name), for_good=False)
