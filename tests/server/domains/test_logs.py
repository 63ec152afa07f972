"""Reading and searching logs, beyond what is recorded."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.methods import log
from colonyos_gen_wire.requests.log import AddExecutorLogMsg, GetLogsMsg, SearchLogsMsg

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from tests.server.kit.lab import COLONY, Lab, lab


async def write(here: Lab, key: PrivateKey, *messages: str) -> None:
    for message in messages:
        line = AddExecutorLogMsg(colonyname=COLONY, executorname="ex", message=message)
        await here.call(key, log.ADD_EXECUTOR_LOG, line)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["alpha one", "beta 100%", "line\nbreak", "Alpha"]),
        ("alpha", ["alpha one"]),
        ("a%e", ["alpha one"]),
        ("_lpha", ["alpha one", "Alpha"]),
        ("100\\%", ["beta 100%"]),
        ("e_b", ["line\nbreak"]),
        ("one%alpha", []),
        ("[a-z]", []),
        ("\\", []),
    ],
)
def test_search(text: str, found: list[str]) -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await write(here, key, "alpha one", "beta 100%", "line\nbreak", "Alpha")
            request = SearchLogsMsg(colonyname=COLONY, text=text)
            lines = await here.call(key, log.SEARCH_LOGS, request)
            assert [line.message for line in lines] == found

    asyncio.run(main())


def test_a_search_with_many_wildcards_comes_to_an_end() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await write(here, key, "a" * 10_000)
            # To try every way to match would take longer than the age of the world.
            request = SearchLogsMsg(colonyname=COLONY, text="%a" * 1000 + "%b")
            assert await here.call(key, log.SEARCH_LOGS, request) == []

    asyncio.run(main())


def test_search_looks_back_as_far_as_asked() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            await write(here, key, "old")
            clock.advance(hours=30)
            await write(here, key, "new")
            for days, found in [(2, ["old", "new"]), (1, ["new"]), (0, []), (-(2**31), [])]:
                request = SearchLogsMsg(colonyname=COLONY, text="", days=days)
                lines = await here.call(key, log.SEARCH_LOGS, request)
                assert [line.message for line in lines] == found

    asyncio.run(main())


def test_paging_finds_every_line_once_although_time_stands_still() -> None:
    async def main() -> None:
        async with lab(clock=ManualClock()) as here:
            key = await here.add_executor("ex")
            written = [str(number) for number in range(25)]
            await write(here, key, *written)
            read: list[str] = []
            since = 0
            while lines := await here.call(
                key, log.GET_LOGS, GetLogsMsg(colonyname=COLONY, executorname="ex", count=10, since=since)
            ):
                read += [line.message for line in lines]
                since = lines[-1].timestamp
            assert read == written

    asyncio.run(main())


def test_executors_of_one_name_do_not_see_each_others_lines() -> None:
    """On the real server they do, across colonies."""

    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await here.add_colony("other")
            await here.add_executor("ex", approve=False, colonyname="other")
            await write(here, key, "mine")
            request = GetLogsMsg(colonyname=COLONY, executorname="ex")
            assert [line.colonyname for line in await here.call(key, log.GET_LOGS, request)] == [COLONY]
            stranger = await here.add_user("u")
            lines = await here.call(stranger, log.GET_LOGS, request)
            assert [line.message for line in lines] == ["mine"]

    asyncio.run(main())
