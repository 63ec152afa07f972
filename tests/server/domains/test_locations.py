"""Locations, and what their names do for executors and processes."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.methods import colony, location
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.location import (
    AddLocationMsg,
    GetLocationMsg,
    GetLocationsMsg,
    RemoveLocationMsg,
)
from colonyos_gen_wire.types.location import Location

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import COLONY, Lab, Refused, lab, spec

NOTHING = "404 No process available for assignment"


async def add(here: Lab, name: str, colonyname: str = COLONY) -> Location:
    row = Location(name=name, colonyname=colonyname, description="d", long=22.15, lat=65.58)
    return await here.call(here.colony_key, location.ADD_LOCATION, AddLocationMsg(location=row))


async def listed(here: Lab, key: PrivateKey) -> list[str]:
    found = await here.call(key, location.GET_LOCATIONS, GetLocationsMsg(colonyname=COLONY))
    return [each.name for each in found]


@pytest.mark.hazards("colon_in_name")
def test_names_are_unique_in_a_colony_and_tell_case_apart() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            await here.add_colony("other")
            await add(here, "attic")
            await add(here, "Attic")
            await add(here, "attic", "other")
            with pytest.raises(Refused, match="400 A location with name <attic> already exists"):
                await add(here, "attic")
            with pytest.raises(Refused, match="400 Invalid location name"):
                await add(here, "a:b")
            with pytest.raises(Refused, match="400 pq: invalid byte sequence"):
                await add(here, "a\0b")
            assert await listed(here, key) == ["attic", "Attic"]
            removal = RemoveLocationMsg(colonyname=COLONY, name="attic")
            await here.call(here.colony_key, location.REMOVE_LOCATION, removal)
            assert await listed(here, key) == ["Attic"]
            await here.call(here.server_key, colony.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY))
            await here.add_colony()
            assert await listed(here, await here.add_user("u")) == []

    asyncio.run(main())


def test_executors_in_any_state_may_look_and_the_owner_may_not() -> None:
    async def main() -> None:
        async with lab() as here:
            made = await add(here, "attic")
            pending = await here.add_executor("ex", approve=False)
            request = GetLocationMsg(colonyname=COLONY, name="attic")
            assert await here.call(pending, location.GET_LOCATION, request) == made
            assert await listed(here, pending) == ["attic"]
            for key in (here.colony_key, here.server_key):
                with pytest.raises(Refused, match="403 Access denied, not a member"):
                    await here.call(key, location.GET_LOCATION, request)
            outsider = AddLocationMsg(location=Location(name="roof", colonyname=COLONY))
            with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                await here.call(pending, location.ADD_LOCATION, outsider)

    asyncio.run(main())


def test_processes_go_to_executors_at_their_location() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            nowhere = await here.add_executor("nowhere")
            cellar = await here.add_executor("cellar", locationname="cellar")
            attic = await here.add_executor("attic", locationname="Attic")
            bound = await here.submit(user, spec(locationname="aTTic"))
            for key in (nowhere, cellar):
                with pytest.raises(Refused, match=NOTHING):
                    await here.assign(key)
            # Nobody has added such a location: only the name counts.
            assert (await here.assign(attic)).processid == bound.processid
            anywhere = [(await here.submit(user)).processid for _ in range(3)]
            assert [(await here.assign(key)).processid for key in (nowhere, cellar, attic)] == anywhere

    asyncio.run(main())
