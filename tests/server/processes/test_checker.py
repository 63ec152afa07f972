"""Deadlines and silent executors, with time in the hand of the test."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from colonyos_gen_wire.constants import (
    APPROVED,
    CLEANUP_PERIOD_S,
    FAILED,
    RAN_TOO_LONG,
    RELEASE_PERIOD_S,
    RUNNING,
    STALE_EXECUTOR_S,
    UNREGISTERED,
    WAITED_TOO_LONG,
    WAITING,
)
from colonyos_gen_wire.methods import executor, function
from colonyos_gen_wire.requests.executor import GetExecutorsMsg
from colonyos_gen_wire.requests.function import AddFunctionMsg, GetFunctionsMsg
from colonyos_gen_wire.types.common import ExecutorState
from colonyos_gen_wire.types.function import Function

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from colonyos_gen.server._clock import moment
from tests.server.kit.lab import COLONY, TYPE, Lab, Refused, lab, spec

PERIOD = 2 * RELEASE_PERIOD_S


def test_waiting_too_long() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            due, endless, at_once = [
                await here.submit(key, spec(maxwaittime=seconds)) for seconds in (60, 0, -2)
            ]
            clock.advance(PERIOD)
            assert (await here.process(key, at_once.processid)).state is FAILED
            assert (await here.process(key, due.processid)).state is WAITING
            clock.advance(60)
            process = await here.process(key, due.processid)
            assert (process.state, process.errors) == (FAILED, [WAITED_TOO_LONG])
            assert process.endtime is not None
            clock.advance(hours=100)
            assert (await here.process(key, endless.processid)).state is WAITING

    asyncio.run(main())


def test_running_too_long_returns_to_the_queue_and_fails_in_the_end() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            submitted = await here.submit(key, spec(maxexectime=10, maxretries=1))
            assert (await here.assign(key)).execdeadline == moment(clock.now_ns()) + timedelta(seconds=10)
            clock.advance(10 + PERIOD)
            process = await here.process(key, submitted.processid)
            assert (process.state, process.retries, process.isassigned) == (WAITING, 1, False)
            with pytest.raises(Refused, match=r"403 .* process is not assigned"):
                await here.close(key, submitted.processid)
            await here.assign(key)
            clock.advance(10 + PERIOD)
            process = await here.process(key, submitted.processid)
            assert (process.state, process.errors) == (FAILED, [RAN_TOO_LONG])

    asyncio.run(main())


def test_no_time_at_all_is_over_at_once_and_no_limit_never() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            none = await here.submit(key, spec(maxexectime=0, maxretries=0))
            await here.assign(key)
            clock.advance(PERIOD)
            assert (await here.process(key, none.processid)).state is FAILED
            endless = await here.submit(key, spec(maxexectime=-1))
            await here.assign(key)
            clock.advance(500)
            assert (await here.process(key, endless.processid)).state is RUNNING

    asyncio.run(main())


def test_an_expired_process_wakes_an_executor() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            submitted = await here.submit(key, spec(maxexectime=10))
            await here.assign(key)
            poll = asyncio.create_task(here.assign(key, 60))
            while here.server.listeners == 0:
                await asyncio.sleep(0.01)
            clock.advance(10 + PERIOD)
            assert (await poll).processid == submitted.processid

    asyncio.run(main())


async def states(here: Lab, key: PrivateKey) -> dict[str, ExecutorState]:
    found = await here.call(key, executor.GET_EXECUTORS, GetExecutorsMsg(colonyname=COLONY))
    return {each.executorname: each.state for each in found}


def test_silent_executors_are_unregistered() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            silent, talking = await here.add_executor("silent"), await here.add_executor("talking")
            await here.add_executor("never heard")
            submitted = await here.submit(user)
            await here.assign(silent)
            offered = Function(executorname="silent", colonyname=COLONY, funcname="f", executortype=TYPE)
            await here.call(silent, function.ADD_FUNCTION, AddFunctionMsg(function=offered))
            for _ in range(2):
                with pytest.raises(Refused, match="404"):
                    await here.assign(talking, -1, availablecpu="-1m")
                clock.advance(STALE_EXECUTOR_S / 2 + CLEANUP_PERIOD_S)
            assert await states(here, user) == {
                "silent": UNREGISTERED,
                "talking": APPROVED,
                "never heard": APPROVED,
            }
            process = await here.process(user, submitted.processid)
            assert (process.state, process.retries, process.starttime) == (WAITING, 0, None)
            assert await here.call(user, function.GET_FUNCTIONS, GetFunctionsMsg(colonyname=COLONY)) == []
            with pytest.raises(Refused, match="403"):
                await here.close(silent, submitted.processid)
            assert (await here.assign(talking)).processid == submitted.processid

    asyncio.run(main())


def test_a_time_without_a_zone_cannot_stop_the_check() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            with pytest.raises(Refused, match="400 Failed to add executor, invalid JSON"):
                await here.add_executor("odd", lastheardfromtime=datetime(2020, 1, 1))

    asyncio.run(main())


def test_reregistration() -> None:
    async def main() -> None:
        async with lab() as here:
            await here.add_executor("ex")
            with pytest.raises(Refused, match="400 Executor with name <ex> in Colony <lab> already exists"):
                await here.add_executor("ex")
        async with lab(reregister=True) as here:
            user, old = await here.add_user("u"), await here.add_executor("ex")
            submitted = await here.submit(user)
            await here.assign(old)
            new = await here.add_executor("ex")
            with pytest.raises(Refused, match="403"):
                await here.assign(old)
            assert (await here.assign(new)).processid == submitted.processid
            assert await states(here, user) == {"ex": APPROVED}

    asyncio.run(main())
