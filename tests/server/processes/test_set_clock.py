"""Clocks that are set, and servers that were away: what counts is the time in which the server was there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.constants import (
    APPROVED,
    CLEANUP_PERIOD_S,
    RUNNING,
    STALE_EXECUTOR_S,
    UNREGISTERED,
    WAITING,
)
from colonyos_gen_wire.methods import executor
from colonyos_gen_wire.requests.executor import GetExecutorMsg
from colonyos_gen_wire.types.executor import Executor

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._clock import NS_PER_S, moment
from tests.server.kit.lab import COLONY, Lab, Refused, lab, spec

from .test_pause import stop, waiting

START = datetime(2026, 1, 1, tzinfo=UTC)
JUMPS = pytest.mark.parametrize("jump", [timedelta(minutes=20), timedelta(days=400), timedelta(minutes=-20)])


async def row(here: Lab, key: PrivateKey, name: str = "ex") -> Executor:
    request = GetExecutorMsg(colonyname=COLONY, executorname=name)
    return await here.call(key, executor.GET_EXECUTOR, request)


async def polling(here: Lab, count: int = 1) -> None:
    async with asyncio.timeout(300):
        while here.server.listeners < count:
            await asyncio.sleep(0.01)


@JUMPS
def test_a_clock_that_is_set_takes_no_work_from_anyone(jump: timedelta) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            key = await here.add_executor("ex")
            limited = spec(maxexectime=300, maxwaittime=300)
            running, queued = [await here.submit(key, limited) for _ in range(2)]
            assert (await here.assign(key)).processid == running.processid
            heard = (await row(here, user)).lastheardfromtime
            clock.set(START + jump)
            clock.advance(295)
            assert (await row(here, user)).state is APPROVED
            assert (await row(here, user)).lastheardfromtime == heard == START
            assert (await here.process(user, running.processid)).state is RUNNING
            assert (await here.process(user, queued.processid)).state is WAITING
            # The limits themselves hold as ever.
            clock.advance(10)
            assert (await here.process(user, running.processid)).retries == 1
            assert (await here.process(user, queued.processid)).errors
            clock.advance(STALE_EXECUTOR_S - 305 + CLEANUP_PERIOD_S)
            assert (await row(here, user)).state is UNREGISTERED

    asyncio.run(main())


def test_a_poll_that_waits_is_life() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            key, other = await here.add_executor("ex"), await here.add_executor("other")
            with pytest.raises(Refused, match="404"):
                await here.assign(other)
            poll = asyncio.create_task(here.assign(key, 2 * STALE_EXECUTOR_S))
            await polling(here)
            clock.advance(2 * STALE_EXECUTOR_S - 1)
            assert (await row(here, user)).state is APPROVED
            assert (await row(here, user, "other")).state is UNREGISTERED
            submitted = await here.submit(key)
            assert (await poll).processid == submitted.processid
            # From its end it counts anew.
            clock.advance(STALE_EXECUTOR_S - 1)
            assert (await here.process(user, submitted.processid)).state is RUNNING
            clock.advance(CLEANUP_PERIOD_S + 2)
            assert (await here.process(user, submitted.processid)).state is WAITING

    asyncio.run(main())


def test_a_poll_of_a_paused_colony_is_life_too() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            key = await here.add_executor("ex")
            await stop(here)
            poll = asyncio.create_task(here.assign(key, 2 * STALE_EXECUTOR_S))
            await waiting(here, at_gate=1)
            clock.set(START + timedelta(hours=5))
            clock.advance(2 * STALE_EXECUTOR_S - 1)
            assert not poll.done()
            assert (await row(here, user)).state is APPROVED
            clock.set(START)
            clock.advance(2)
            with pytest.raises(Refused, match="408"):
                await poll

    asyncio.run(main())


def test_a_caller_who_hung_up_is_silent() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            key = await here.add_executor("ex")
            poll = asyncio.create_task(here.assign(key, 10 * STALE_EXECUTOR_S))
            await polling(here)
            poll.cancel()
            async with asyncio.timeout(300):
                while here.server.listeners:
                    await asyncio.sleep(0.01)
            clock.advance(STALE_EXECUTOR_S + CLEANUP_PERIOD_S)
            assert (await row(here, user)).state is UNREGISTERED

    asyncio.run(main())


class Sleeping(ManualClock):
    """The clock of a machine that sleeps, on a system where the time that has elapsed includes that."""

    def sleep(self, hours: float) -> None:
        self._now += round(hours * 3600 * NS_PER_S)
        self.advance(0)


def test_a_machine_that_has_slept_forgets_nobody() -> None:
    async def main() -> None:
        clock = Sleeping(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            key = await here.add_executor("ex")
            submitted = await here.submit(key, spec(maxexectime=300))
            await here.assign(key)
            clock.advance(100)
            clock.sleep(hours=1)
            clock.advance(190)
            assert (await here.process(user, submitted.processid)).state is RUNNING
            clock.advance(15)
            assert (await here.process(user, submitted.processid)).state is WAITING
            assert (await row(here, user)).state is APPROVED
            clock.advance(STALE_EXECUTOR_S - 300 + CLEANUP_PERIOD_S)
            assert (await row(here, user)).state is UNREGISTERED

    asyncio.run(main())


def test_nobody_can_be_heard_while_the_server_is_away(tmp_path: Path) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock, db=tmp_path / "rows.db") as here:
            user = await here.add_user("u")
            key = await here.add_executor("ex")
            submitted = await here.submit(key)
            await here.assign(key)
            owner = here.server_key
        later = ManualClock(START + timedelta(hours=1))
        async with (
            Server(clock=later, db=tmp_path / "rows.db", server_key=owner) as server,
            aiohttp.ClientSession() as session,
        ):
            here = Lab(server, session)
            later.advance(STALE_EXECUTOR_S - 1)
            assert (await row(here, user)).state is APPROVED
            assert (await row(here, user)).lastheardfromtime == START
            assert (await here.process(user, submitted.processid)).state is RUNNING
            # The same server, stopped for an hour and started again.
            await server.stop()
            later.advance(hours=1)
            await server.start()
            later.advance(STALE_EXECUTOR_S - 1)
            assert (await row(here, user)).state is APPROVED
            later.advance(CLEANUP_PERIOD_S + 1)
            assert (await row(here, user)).state is UNREGISTERED

    asyncio.run(main())


@pytest.mark.parametrize("told", [timedelta(hours=1), timedelta(hours=-1)])
def test_whoever_registers_may_say_since_when_it_is_silent(told: timedelta) -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await here.add_executor("ex", lastheardfromtime=START - told)
            clock.advance(CLEANUP_PERIOD_S)
            state = UNREGISTERED if told > timedelta(0) else APPROVED
            assert (await row(here, user)).state is state
            clock.advance(STALE_EXECUTOR_S)
            assert (await row(here, user)).state is UNREGISTERED
            assert moment(clock.now_ns()) > START

    asyncio.run(main())
