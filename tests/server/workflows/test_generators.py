"""Generators, with time in the hand of the test."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from colonyos_gen_wire.constants import GENERATOR_CHECK_PERIOD_MS
from colonyos_gen_wire.methods import colony as colony_methods
from colonyos_gen_wire.methods import generator as methods
from colonyos_gen_wire.methods import user as user_methods
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.generator import (
    GetGeneratorsMsg,
    ResolveGeneratorMsg,
)
from colonyos_gen_wire.requests.user import RemoveUserMsg

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from tests.server.kit.generators import add, batches, get, pack, remove
from tests.server.kit.lab import COLONY, Lab, Refused, lab
from tests.server.kit.stored import node, text

PERIOD = GENERATOR_CHECK_PERIOD_MS / 1000
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_every_full_batch_starts_a_workflow() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user, executor = await here.add_user("u"), await here.add_executor("ex")
            spec = text(node("root", args=["gone"], kwargs={"gone": 1}), node("leaf", "root", args=["kept"]))
            generator = await add(here, user, workflowspec=spec)
            assert (generator.firstpack, generator.lastrun, generator.queuesize) == (None, None, 0)
            clock.advance(hours=1)
            await pack(here, executor, generator, *"abcde")
            generator = await get(here, user, generator)
            assert (generator.queuesize, generator.checkerperiod) == (5, GENERATOR_CHECK_PERIOD_MS)
            assert (generator.firstpack, generator.lastrun) == (START + timedelta(hours=1), None)
            clock.advance(hours=1)
            generator = await get(here, user, generator)
            assert generator.queuesize == 1
            assert generator.lastrun == START + timedelta(hours=1, seconds=PERIOD)
            for args in (["a", "b"], ["c", "d"]):
                process = await here.assign(executor)
                assert (process.spec.funcname, process.spec.args, process.spec.kwargs) == ("root", args, {})
                assert (process.initiatorid, process.initiatorname) == (user.id, "u")
                await here.close(executor, process.processid)
            assert await batches(here, user) == [["kept"], ["kept"]]
            await pack(here, user, generator, "f")
            clock.advance(PERIOD)
            assert ["e", "f"] in await batches(here, user)

    asyncio.run(main())


def test_what_has_waited_too_long_starts_a_workflow_too() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            patient = await add(here, user, "patient", trigger=10)
            generator = await add(here, user, trigger=10, timeout=60)
            clock.advance(hours=1)
            await pack(here, user, patient, "stays")
            await pack(here, user, generator, "a")
            clock.advance(30)
            await pack(here, user, generator, "b")
            clock.advance(30)
            assert await batches(here, user) == []
            clock.advance(PERIOD)
            assert await batches(here, user) == [["a", "b"]]
            lastrun = (await get(here, user, generator)).lastrun
            assert lastrun == START + timedelta(hours=1, seconds=60 + PERIOD)
            # From now on the time counts from the last run.
            clock.advance(30)
            await pack(here, user, generator, "c")
            clock.advance(30)
            assert len(await batches(here, user)) == 1
            clock.advance(PERIOD)
            assert await batches(here, user) == [["a", "b"], ["c"]]
            clock.advance(hours=10)
            assert len(await batches(here, user)) == 2
            assert (await get(here, user, patient)).queuesize == 1

    asyncio.run(main())


@pytest.mark.hazards("generator_without_trigger", "unknown_dependency")
def test_what_cannot_start_is_not_added() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await add(here, user, "taken")
            for settings, answer in (
                ({"trigger": 0}, "400 Generator trigger must be larger than 0"),
                ({"trigger": -1}, "400 Generator trigger must be larger than 0"),
                ({"trigger": 2**31}, 'pq: value "2147483648" is out of range for type integer'),
                ({"timeout": 2**31}, 'pq: value "2147483648" is out of range for type integer'),
                ({"workflowspec": ""}, "400 unexpected end of JSON input"),
                (
                    {"workflowspec": text(node("a", "b"))},
                    "400 Failed to submit workflow, invalid dependencies",
                ),
                ({"workflowspec": text(colonyname="x")}, "400 The workflow is for Colony <x>"),
                ({"name": "taken"}, "400 Generator with name <taken> in Colony <lab> already exists"),
                ({"name": "a\0b"}, "400 pq: invalid byte sequence"),
            ):
                fields: dict[str, Any] = {"name": "new", **settings}
                with pytest.raises(Refused) as caught:
                    await add(here, user, **fields)
                assert answer in str(caught.value)
            with pytest.raises(Refused, match="403 Access denied, not a member"):
                await add(here, here.colony_key)

    asyncio.run(main())


@pytest.mark.hazards("generator_removed_at_trigger")
def test_lookups_and_removal() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            first, second = [await add(here, user, name) for name in "ab"]
            await pack(here, user, first, "x")
            request = ResolveGeneratorMsg(colonyname=COLONY, generatorname="a")
            resolved = await here.call(user, methods.RESOLVE_GENERATOR, request)
            assert (resolved.generatorid, resolved.queuesize, resolved.checkerperiod) == (
                first.generatorid,
                0,
                0,
            )
            for count, names in ((100, ["a", "b"]), (1, ["a"]), (0, [])):
                listing = GetGeneratorsMsg(colonyname=COLONY, count=count)
                found = await here.call(user, methods.GET_GENERATORS, listing)
                assert [each.name for each in found] == names
            with pytest.raises(Refused, match="400 pq: LIMIT must not be negative"):
                await here.call(user, methods.GET_GENERATORS, GetGeneratorsMsg(colonyname=COLONY, count=-1))
            with pytest.raises(Refused, match="403"):
                await pack(here, PrivateKey.generate(), first, "y")
            with pytest.raises(Refused, match="500 pq: invalid byte sequence"):
                await pack(here, user, first, "\0")
            # Full, and removed before anything starts: the real server crashes if the two coincide.
            await pack(here, user, first, "y", "z")
            await remove(here, user, first)
            with pytest.raises(Refused, match="500 Failed to remove generator, generator is nil"):
                await remove(here, user, first)
            with pytest.raises(Refused, match="500 Failed to increment generator, generator is nil"):
                await pack(here, user, first, "y")
            clock.advance(10)
            assert await batches(here, user) == []
            await pack(here, user, second, "y", "z")
            await here.call(
                here.server_key, colony_methods.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY)
            )
            await here.add_colony()
            user = await here.add_user("u")
            clock.advance(10)
            with pytest.raises(Refused, match="500 Failed to get generator, generator is nil"):
                await get(here, user, second)
            assert await batches(here, user) == []

    asyncio.run(main())


def test_nothing_is_lost_while_a_generator_cannot_start() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user, gone = await here.add_user("u"), await here.add_user("gone")
            orphan, well = await add(here, gone, "orphan"), await add(here, user, "well")
            leave = RemoveUserMsg(colonyname=COLONY, name="gone")
            await here.call(here.colony_key, user_methods.REMOVE_USER, leave)
            await pack(here, user, orphan, "a", "b")
            await pack(here, user, well, "c", "d")
            clock.advance(10)
            assert await batches(here, user) == [["c", "d"]]
            assert (await get(here, user, orphan)).queuesize == 2

    asyncio.run(main())


def test_the_queue_outlives_the_server(tmp_path: Path) -> None:
    async def main() -> None:
        clock, key = ManualClock(START), PrivateKey.generate()
        async with lab(clock=clock, server_key=key, db=tmp_path / "db") as here:
            user = await here.add_user("u")
            generator = await add(here, user, trigger=3)
            await pack(here, user, generator, "b", "a")
        again = Server(clock=clock, server_key=key, db=tmp_path / "db")
        async with again as server, aiohttp.ClientSession() as session:
            here = Lab(server, session)
            assert (await get(here, user, generator)).queuesize == 2
            await pack(here, user, generator, "c")
            clock.advance(PERIOD)
            assert await batches(here, user) == [["b", "a", "c"]]

    asyncio.run(main())
