"""What the handlers of blueprints are given to do: processes at every change, and crons in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from colonyos_gen_wire.constants import BLUEPRINT_CRON_INTERVAL_S
from colonyos_gen_wire.types.blueprint import BlueprintHandlerSpec
from colonyos_gen_wire.types.process import FunctionSpec

from colonyos_gen.server import ManualClock
from tests.server.kit.blueprint_lab import (
    HANDLER,
    NOBODY,
    add,
    blueprint,
    cron_names,
    crons,
    define,
    get,
    reconcile,
    remove,
    update,
    work,
)
from tests.server.kit.lab import COLONY, TYPE, Refused, lab

NAMELESS = BlueprintHandlerSpec(executorType=TYPE)


def described(spec: FunctionSpec) -> tuple[str, str, str, dict[str, Any]]:
    return spec.nodename, spec.funcname, spec.conditions.locationname, spec.kwargs


def test_every_change_submits_a_process() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            executor = await here.add_executor("e", locationname="attic")
            await define(here)
            await add(here, user, blueprint(location="Attic"))
            await update(here, user, blueprint(location="Attic"))
            await update(here, user, blueprint(location="Attic", spec={}))
            await update(here, user, blueprint(location="Attic", spec={}), force=True)
            process = await reconcile(here, executor)
            assert (process.initiatorid, process.initiatorname) == (executor.id, "e")
            await reconcile(here, user, force=True)
            await remove(here, user)
            one = {"kind": "Lamp", "blueprintName": "hall"}
            light = (f"{TYPE}-light", "light", "Attic", one)
            found = await work(here, user)
            assert [described(spec) for spec in found] == [
                light,
                light,
                light,
                light,
                (*light[:3], {**one, "force": True}),
                (f"{TYPE}-cleanup", "cleanup", "Attic", one),
            ]
            limits = {(spec.maxwaittime, spec.maxexectime, spec.maxretries) for spec in found}
            assert limits == {(0, -1, -1)}
            assert {(spec.conditions.colonyname, spec.conditions.executortype) for spec in found} == {
                (COLONY, TYPE)
            }
            assert (await here.assign(executor)).spec.kwargs == one

    asyncio.run(main())


def test_only_force_raises_the_generation() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here)
            await add(here, user)
            await reconcile(here, user)
            assert (await get(here, user)).metadata.generation == 1
            await reconcile(here, user, force=True)
            assert (await get(here, user)).metadata.generation == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("handler", "missing", "left"), [(NOBODY, "executor type", []), (NAMELESS, "function name", ["cleanup"])]
)
def test_a_kind_without_a_whole_handler(handler: BlueprintHandlerSpec, missing: str, left: list[str]) -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=handler)
            await add(here, user)
            await update(here, user, blueprint(spec={}))
            with pytest.raises(Refused, match=f"400 Blueprint has no handler with {missing} defined"):
                await reconcile(here, user, force=True)
            assert (await get(here, user)).metadata.generation == 2
            assert await work(here, user) == []
            assert await cron_names(here, user) == []
            await remove(here, user)
            assert [spec.funcname for spec in await work(here, user)] == left

    asyncio.run(main())


def test_owners_have_their_updates_looked_after_too() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here)
            await add(here, here.colony_key)
            await update(here, here.colony_key, blueprint(spec={}))
            assert len(await work(here, user)) == 2

    asyncio.run(main())


def test_one_cron_for_each_kind_and_location() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here)
            await define(here, "Door")
            for name, kind, place in (
                ("a", "Lamp", ""),
                ("b", "Lamp", ""),
                ("c", "Lamp", "X"),
                ("d", "Door", "X"),
            ):
                await add(here, user, blueprint(name, kind=kind, location=place))
            assert await cron_names(here, user) == ["reconcile-Door-X", "reconcile-Lamp", "reconcile-Lamp-X"]
            first, *_ = [cron for cron in await crons(here, user) if cron.name == "reconcile-Lamp"]
            assert (first.interval, first.waitforprevprocessgraph) == (BLUEPRINT_CRON_INTERVAL_S, True)
            assert (first.initiatorid, first.initiatorname) == (user.id, "u")
            await remove(here, user, "a")
            await remove(here, user, "c")
            assert await cron_names(here, user) == ["reconcile-Door-X", "reconcile-Lamp"]
            await remove(here, user, "b")
            await remove(here, user, "d")
            assert await cron_names(here, user) == []

    asyncio.run(main())


def test_the_cron_moves_with_the_blueprint() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here)
            await define(here, "Door", handler=NOBODY)
            await add(here, user)
            await update(here, user, blueprint(location="X"))
            assert await cron_names(here, user) == ["reconcile-Lamp-X"]
            await add(here, user, blueprint("other", location="X"))
            await update(here, user, blueprint())
            assert await cron_names(here, user) == ["reconcile-Lamp", "reconcile-Lamp-X"]
            await update(here, user, blueprint(kind="Door"))
            assert await cron_names(here, user) == ["reconcile-Lamp-X"]

    asyncio.run(main())


@pytest.mark.parametrize("by_owner", [False, True])
def test_the_cron_has_a_whole_kind_looked_after(by_owner: bool) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            executor = await here.add_executor("e", locationname="X")
            await define(here, handler=HANDLER)
            await add(here, here.colony_key if by_owner else user, blueprint(location="X"))
            await here.close(executor, (await here.assign(executor)).processid)
            clock.advance(BLUEPRINT_CRON_INTERVAL_S - 1)
            assert await work(here, user) == []
            clock.advance(5)
            clock.advance(3 * BLUEPRINT_CRON_INTERVAL_S)
            process = await here.assign(executor)
            assert described(process.spec) == (f"{TYPE}-light", "light", "X", {"kind": "Lamp"})
            # It waits for the run before.
            assert await work(here, user) == []
            await here.close(executor, process.processid)
            clock.advance(BLUEPRINT_CRON_INTERVAL_S + 5)
            assert len(await work(here, user)) == 1

    asyncio.run(main())
