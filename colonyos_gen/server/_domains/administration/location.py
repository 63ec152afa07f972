"""Locations: named places. Executors and processes refer to them by name; nobody checks that they exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.errors import UNRESOLVED_COLONY
from colonyos_gen_wire.errors import location as errors
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.methods import location as methods
from colonyos_gen_wire.types.location import Location

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import has_nul, require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.plain_text import require_name

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.location import (
        AddLocationMsg,
        GetLocationMsg,
        GetLocationsMsg,
        RemoveLocationMsg,
    )


class Locations:
    """Serves the location messages. Whether the colony exists is looked at before the rights of the signer."""

    def __init__(self, records: Records, access: Access) -> None:
        self._records = records
        self._access = access

    async def add_location(self, request: AddLocationMsg, signer: str, /) -> Location:
        location = request.location
        colonyname, name = location.colonyname, location.name
        self._require_colony(errors.ADD_LOCATION_COLONY_NOT_FOUND, colonyname)
        self._access.require(methods.ADD_LOCATION, signer, colonyname)
        require_name("location name", name)
        require_text(methods.ADD_LOCATION, name, location.locationid, location.description)
        if self._records.location(colonyname, name) is not None:
            raise Refusal(errors.ADD_LOCATION_A_LOCATION_ALREADY_EXISTS, name=name, colony=colonyname)
        return self._records.locations.put(location)

    async def get_location(self, request: GetLocationMsg, signer: str, /) -> Location:
        self._require_colony(errors.GET_LOCATION_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.GET_LOCATION, signer, request.colonyname)
        location = self._records.location(request.colonyname, request.name)
        if location is None:
            raise Refusal(errors.GET_LOCATION_LOCATION_NOT_FOUND)
        return location

    async def get_locations(self, request: GetLocationsMsg, signer: str, /) -> list[Location]:
        self._require_colony(errors.GET_LOCATIONS_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.GET_LOCATIONS, signer, request.colonyname)
        return self._records.locations_of_colony.find(request.colonyname)

    async def remove_location(self, request: RemoveLocationMsg, signer: str, /) -> None:
        self._require_colony(errors.REMOVE_LOCATION_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.REMOVE_LOCATION, signer, request.colonyname)
        location = self._records.location(request.colonyname, request.name)
        if location is None:
            raise Refusal(errors.REMOVE_LOCATION_LOCATION_NOT_FOUND, name=request.name)
        self._records.locations.remove(location)

    def _require_colony(self, error: ErrorSpec, colonyname: str) -> None:
        if has_nul((colonyname,)):
            raise Refusal(UNRESOLVED_COLONY)
        if self._records.colonies.get(colonyname) is None:
            raise Refusal(error, name=colonyname)
