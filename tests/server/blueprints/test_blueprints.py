"""Blueprints, their generations and versions, and the definitions of their kinds, beyond what is recorded."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from colonyos_gen_wire.methods import blueprint as methods
from colonyos_gen_wire.methods import colony as colony_methods
from colonyos_gen_wire.requests.blueprint import (
    AddBlueprintMsg,
    GetBlueprintDefinitionsMsg,
    GetBlueprintsMsg,
    RemoveBlueprintDefinitionMsg,
    UpdateBlueprintStatusMsg,
)
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.types.blueprint import BlueprintHandlerSpec

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._clock import moment
from tests.server.kit.blueprint_lab import (
    KIND,
    NOBODY,
    add,
    blueprint,
    define,
    get,
    history,
    locations,
    names,
    reconcile,
    remove,
    update,
    work,
)
from tests.server.kit.lab import COLONY, Lab, Refused, lab

OWN_ID = "ab" * 32


async def definition_names(here: Lab, key: PrivateKey) -> list[str]:
    request = GetBlueprintDefinitionsMsg(colonyname=COLONY)
    found = await here.call(key, methods.GET_BLUEPRINT_DEFINITIONS, request)
    return [each.metadata.name for each in found]


async def set_status(here: Lab, key: PrivateKey, **status: Any) -> None:
    request = UpdateBlueprintStatusMsg(colonyname=COLONY, name="hall", status=status)
    await here.call(key, methods.UPDATE_BLUEPRINT_STATUS, request)


async def undefine(here: Lab, name: str) -> None:
    request = RemoveBlueprintDefinitionMsg(colonyname=COLONY, name=name)
    await here.call(here.colony_key, methods.REMOVE_BLUEPRINT_DEFINITION, request)


def test_lists_go_by_name_and_can_be_narrowed() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, "Lamp", name="zz")
            await define(here, "Door", name="Aa")
            assert await definition_names(here, user) == ["Aa", "zz"]
            for name, kind, place in (("b", "Lamp", "Attic"), ("Z", "Lamp", ""), ("a", "Door", "attic")):
                await add(here, user, blueprint(name, kind=kind, location=place))
            assert await names(here, user) == ["Z", "a", "b"]
            assert await names(here, user, "Lamp") == ["Z", "b"]
            assert await names(here, user, "Lamp", "aTTic") == ["b"]
            assert await names(here, user, "", "Attic") == ["Z", "a", "b"]
            assert await names(here, user, "Window") == []

    asyncio.run(main())


def test_the_generation_follows_the_spec() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY)
            added = await add(here, user)
            specs: list[tuple[Any, int]] = [
                ({"on": True}, 1),
                ({"on": 1}, 2),
                ({"on": 1.0}, 2),
                ({"on": [{"a": 1}]}, 3),
                ({"on": [{"a": True}]}, 4),
                ({"on": [{"a": True}, None]}, 5),
                ({"off": None}, 6),
                ({}, 7),
            ]
            for spec, generation in specs:
                clock.advance(1)
                updated = await update(here, user, blueprint(spec=spec))
                assert (updated.spec, updated.metadata.generation) == (spec, generation)
                assert updated.blueprintid == added.blueprintid
            last = await get(here, user)
            assert (last.spec, last.metadata.generation) == ({}, 7)
            assert (await update(here, user, last, force=True)).metadata.generation == 8
            found = await history(here, user, added)
            assert [(each.generation, each.changetype) for each in found] == [
                *((n, "update") for n in range(8, 1, -1)),
                (1, "create"),
            ]
            assert found[0].timestamp == moment(clock.now_ns())
            assert {each.changedby for each in found} == {user.id}
            assert await history(here, user, added, 2) == found[:2]
            assert await history(here, user, added, -1) == found

    asyncio.run(main())


def test_an_update_replaces_everything_and_a_status_only_itself() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY)
            await add(here, user, blueprint(status={"seen": True}))
            await set_status(here, user, ready=[1])
            stored = await get(here, user)
            assert (stored.status, stored.metadata.generation) == ({"ready": [1]}, 1)
            labelled = blueprint()
            labelled.metadata.labels = {"floor": "2"}
            labelled.metadata.generation = 99
            updated = await update(here, user, labelled)
            assert (updated.status, updated.metadata.labels) == ({}, {"floor": "2"})
            assert updated.metadata.generation == 1

    asyncio.run(main())


def test_owners_may_write_blueprints_but_not_report() -> None:
    async def main() -> None:
        async with lab() as here:
            owner, stranger, pending = (
                here.colony_key,
                PrivateKey.generate(),
                await here.add_executor("p", approve=False),
            )
            await define(here)
            added = await add(here, owner)
            await update(here, owner, blueprint(spec={}))
            assert (await history(here, owner, added))[0].changedby == owner.id
            for refused in (set_status(here, owner), reconcile(here, owner)):
                with pytest.raises(Refused, match="403 Access denied, not a member of Colony"):
                    await refused
            for key in (stranger, pending, here.server_key):
                for call in (add, get, remove, names, definition_names):
                    with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                        await call(here, key)
                with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                    await history(here, key, added)
            executor = await here.add_executor("e")
            for key in (stranger, executor):
                with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                    await define(here, "Door", key=key)
            await remove(here, owner)

    asyncio.run(main())


def test_a_colony_that_is_not_there() -> None:
    async def main() -> None:
        async with lab() as here:
            with pytest.raises(Refused, match="403 Empty Colony name"):
                await here.call(here.colony_key, methods.GET_BLUEPRINTS, GetBlueprintsMsg(colonyname=""))
            with pytest.raises(Refused, match="403 Colony with name <nope> does not exists"):
                await here.call(here.colony_key, methods.GET_BLUEPRINTS, GetBlueprintsMsg(colonyname="nope"))

    asyncio.run(main())


def test_ids_may_be_chosen_but_are_unique() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            assert (await define(here, handler=NOBODY, identity=OWN_ID)).blueprintdefinitionid == OWN_ID
            for kind in ("Door", KIND):  # the real server looks at the id first
                with pytest.raises(
                    Refused, match=r'500 pq: duplicate key .* "prod_blueprintdefinitions_pkey"'
                ):
                    await define(here, kind, identity=OWN_ID)
            with pytest.raises(Refused, match='"prod_blueprintdefinitions_colony_name_name_key"'):
                await define(here)
            assert (await add(here, user, blueprint(blueprintid=OWN_ID))).blueprintid == OWN_ID
            with pytest.raises(Refused, match=r'500 pq: duplicate key .* "prod_blueprints_pkey"'):
                await add(here, user, blueprint("other", blueprintid=OWN_ID))
            assert await names(here, user) == ["hall"]

    asyncio.run(main())


def test_of_two_definitions_of_a_kind_the_first_by_name_counts() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, name="b", handler=BlueprintHandlerSpec(executorType="b", functionName="b"))
            await define(here, name="a", handler=BlueprintHandlerSpec(executorType="a", functionName="a"))
            await add(here, user)
            await update(here, user, blueprint(spec={}))
            await reconcile(here, user)
            await remove(here, user)
            assert {spec.conditions.executortype for spec in await work(here, user)} == {"a"}

    asyncio.run(main())


def test_a_definition_in_another_colony_is_none_of_ours() -> None:
    async def main() -> None:
        async with lab() as here:
            user, other = await here.add_user("u"), PrivateKey.generate()
            await here.add_colony("other", other)
            await define(here, key=other, colonyname="other")
            with pytest.raises(Refused, match="400 BlueprintDefinition for kind 'Lamp' not found"):
                await add(here, user)
            await define(here, handler=NOBODY)
            await add(here, user)
            with pytest.raises(Refused, match="400 Blueprint has no handler with executor type defined"):
                await reconcile(here, user)
            await remove(here, user)
            assert await work(here, user) == []

    asyncio.run(main())


def test_a_definition_stays_while_it_is_used() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here)
            await add(here, user)
            await add(here, user, blueprint("attic"))
            with pytest.raises(Refused, match=r"409 cannot remove .*: 2 blueprint\(s\) of kind 'Lamp'"):
                await undefine(here, "lamp")
            await remove(here, user)
            await remove(here, user, "attic")
            await undefine(here, "lamp")
            assert await definition_names(here, user) == []

    asyncio.run(main())


@pytest.mark.hazards("colon_in_name")
def test_a_location_is_made_when_it_is_first_named() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY)
            await add(here, user, blueprint("a", location="Attic"))
            await add(here, user, blueprint("b", location="Attic"))
            await update(here, user, blueprint("b", location="Cellar"))
            found = await locations(here, user)
            assert [each.name for each in found] == ["Attic", "Cellar"]
            assert found[0].locationid
            with pytest.raises(Refused, match="400 Invalid location name <x:y>"):
                await add(here, user, blueprint("c", location="x:y"))
            assert await names(here, user) == ["a", "b"]

    asyncio.run(main())


def test_texts_that_cannot_be_kept() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            with pytest.raises(Refused, match="500 pq: invalid byte sequence"):
                await define(here, handler=BlueprintHandlerSpec(executorType="a\0", functionName="f"))
            await define(here, handler=NOBODY)
            with pytest.raises(Refused, match="500 pq: invalid byte sequence"):
                await add(here, user, blueprint("a\0"))
            kept = await add(here, user, blueprint("a:b", spec={"nul": "\0"}))
            assert await get(here, user, "a:b") == kept
            # The database reads the whole blueprint when its status is set.
            await add(here, user, blueprint("plain"))
            for name, status in (("a:b", {}), ("plain", {"a": ["\0"]}), ("plain", {"\0": 1})):
                request = UpdateBlueprintStatusMsg(colonyname=COLONY, name=name, status=status)
                with pytest.raises(Refused, match="500 pq: unsupported Unicode escape sequence"):
                    await here.call(user, methods.UPDATE_BLUEPRINT_STATUS, request)
            assert (await get(here, user, "plain")).status == {}

    asyncio.run(main())


def test_a_blueprint_that_is_gone() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here)
            added = await add(here, user)
            await remove(here, user)
            for call in (get, remove, reconcile, set_status):
                with pytest.raises(Refused, match="404 Blueprint not found"):
                    await call(here, user)
            with pytest.raises(Refused, match="404 Blueprint not found"):
                await history(here, user, added)
            with pytest.raises(Refused, match="404 blueprint 'hall' not found in namespace 'lab'"):
                await update(here, user, blueprint(kind=""))

    asyncio.run(main())


def test_a_new_colony_of_the_same_name_starts_without_blueprints() -> None:
    async def main() -> None:
        async with lab() as here:
            await define(here)
            await add(here, here.colony_key, blueprint(blueprintid=OWN_ID))
            await here.call(
                here.server_key, colony_methods.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY)
            )
            await here.add_colony()
            assert await names(here, here.colony_key) == []
            assert await definition_names(here, here.colony_key) == []
            await define(here, handler=NOBODY)
            again = await add(here, here.colony_key, blueprint(blueprintid=OWN_ID))
            assert len(await history(here, here.colony_key, again)) == 1

    asyncio.run(main())


def test_blueprints_outlive_the_server(tmp_path: Path) -> None:
    async def main() -> None:
        key = PrivateKey.generate()
        async with lab(db=tmp_path / "db", server_key=key) as here:
            await define(here, handler=NOBODY)
            await add(here, here.colony_key)
            last = await update(here, here.colony_key, blueprint(spec={"on": [1.5, None]}))
        async with Server(db=tmp_path / "db", server_key=key) as server, aiohttp.ClientSession() as session:
            again = Lab(server, session)
            again.colony_key = here.colony_key
            assert await get(again, again.colony_key) == last
            assert [each.generation for each in await history(again, again.colony_key, last)] == [2, 1]
            assert await definition_names(again, again.colony_key) == ["lamp"]

    asyncio.run(main())


@pytest.mark.parametrize("quirks", ["strict", "v1.9"])
def test_times_come_back_as_they_were_sent(tmp_path: Path, quirks: str) -> None:
    """In the zone of whoever sent them, also from a file."""
    sent = ["2026-01-01T12:00:00+00:00", "2026-01-01T12:00:00.500000+02:00"]

    async def shown(here: Lab) -> list[str]:
        metadata = (await get(here, here.colony_key)).metadata
        return [str(time and time.isoformat()) for time in (metadata.createdAt, metadata.updatedAt)]

    async def main() -> None:
        options: dict[str, Any] = {"quirks": quirks, "zone": "Europe/Stockholm"}
        options |= {"db": tmp_path / "db", "server_key": PrivateKey.generate()}
        async with lab(**options) as here:
            await define(here, handler=NOBODY)
            made = blueprint()
            made.metadata.createdAt, made.metadata.updatedAt = map(datetime.fromisoformat, sent)
            await here.call(here.colony_key, methods.ADD_BLUEPRINT, AddBlueprintMsg(blueprint=made))
            assert await shown(here) == sent
        async with Server(**options) as server, aiohttp.ClientSession() as session:
            again = Lab(server, session)
            again.colony_key = here.colony_key
            assert await shown(again) == sent

    asyncio.run(main())
