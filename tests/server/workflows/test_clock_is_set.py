"""Crons and generators when somebody sets the clock: no run too many, and nothing that stands still."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from colonyos_gen.server import ManualClock, Server
from tests.server.kit import crons, generators
from tests.server.kit.lab import Lab, lab
from tests.server.kit.stored import submissions

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
FREQUENT = pytest.mark.parametrize(
    "settings", [{"interval": 10}, {"cronexpression": "*/10 * * * * *"}, {"cronexpression": "@every 10s"}]
)
RARE = pytest.mark.parametrize(
    "settings", [{"interval": 3 * 3600}, {"cronexpression": "0 0 15 * * *"}, {"cronexpression": "@every 3h"}]
)


@FREQUENT
@pytest.mark.parametrize("hours", [1, 24 * 400])
def test_a_clock_set_forward_starts_a_cron_once(settings: dict[str, Any], hours: int) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await crons.add(here, user, **settings)
            clock.advance(35)
            before = len(await submissions(here, user))
            clock.set(START + timedelta(hours=hours))
            clock.advance(2)
            assert len(await submissions(here, user)) == before + 1
            clock.advance(30)
            assert len(await submissions(here, user)) in (before + 3, before + 4)

    asyncio.run(main())


@FREQUENT
def test_a_frequent_cron_goes_on_when_the_clock_is_set_back(settings: dict[str, Any]) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await crons.add(here, user, **settings)
            clock.advance(35)
            before = len(await submissions(here, user))
            assert before >= 2
            clock.set(START - timedelta(hours=1))
            clock.advance(35)
            assert len(await submissions(here, user)) - before in (2, 3)

    asyncio.run(main())


@RARE
@pytest.mark.parametrize("back", [timedelta(seconds=2), timedelta(hours=1)])
def test_a_rare_cron_does_not_run_twice_when_the_clock_is_set_back(
    settings: dict[str, Any], back: timedelta
) -> None:
    async def main() -> None:
        clock = ManualClock(START - timedelta(seconds=5))
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await crons.add(here, user, **settings)
            clock.advance(hours=3, seconds=20)
            assert len(await submissions(here, user)) == 1
            clock.set(START + timedelta(hours=3) - back)
            clock.advance(hours=2)
            assert len(await submissions(here, user)) == 1
            clock.advance(hours=24)
            assert len(await submissions(here, user)) > 1

    asyncio.run(main())


def test_a_cron_that_has_not_run_yet_goes_on_too() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await crons.add(here, user, interval=60)
            clock.advance(30)
            clock.set(START - timedelta(days=1))
            clock.advance(62)
            assert len(await submissions(here, user)) == 1

    asyncio.run(main())


def test_a_clock_set_back_while_the_server_was_away(tmp_path: Path) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock, db=tmp_path / "rows.db") as here:
            user = await here.add_user("u")
            await crons.add(here, user, interval=10)
            await crons.add(here, user, "daily", cronexpression="0 0 12 * * *")
            clock.advance(35)
            before = len(await submissions(here, user))
            owner = here.server_key
        earlier = ManualClock(START - timedelta(hours=2))
        async with (
            Server(clock=earlier, db=tmp_path / "rows.db", server_key=owner) as server,
            aiohttp.ClientSession() as session,
        ):
            here = Lab(server, session)
            earlier.advance(35)
            assert len(await submissions(here, user)) == before + 3

    asyncio.run(main())


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_generator_waits_no_longer_than_it_is_to(hours: int) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            generator = await generators.add(here, user, trigger=10, timeout=60)
            await generators.pack(here, user, generator, "a", "b")
            clock.advance(30)
            clock.set(START + timedelta(hours=hours))
            clock.advance(33)
            assert await generators.batches(here, user) == [["a", "b"]]
            # And so it is with those that come after the first run.
            clock.advance(minutes=5)
            await generators.pack(here, user, generator, "c")
            clock.advance(2)
            assert await generators.batches(here, user) == [["a", "b"], ["c"]]
            clock.advance(hours=30)
            assert len(await generators.batches(here, user)) == 2

    asyncio.run(main())
