"""Pausing the assignments of a colony: nothing is handed out meanwhile, and nobody is forgotten afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import API_PATH, RUNNING, WAITING
from colonyos_gen_wire.methods import colony, executor, pause, process
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.executor import RemoveExecutorMsg
from colonyos_gen_wire.requests.pause import GetPauseStatusMsg, PauseAssignmentsMsg, ResumeAssignmentsMsg
from colonyos_gen_wire.requests.process import AssignProcessMsg
from colonyos_gen_wire.types.process import Process

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from tests.server.kit.lab import COLONY, Lab, Refused, envelope, lab, spec

NOTHING = "404 No process available for assignment"
STILL_PAUSED = "408 Assignment timeout: colony assignments are paused"
PAUSED = "503 No processes available: colony assignments are paused"


async def stop(here: Lab) -> None:
    await here.call(here.colony_key, pause.PAUSE_ASSIGNMENTS, PauseAssignmentsMsg(colonyname=COLONY))


async def go_on(here: Lab) -> None:
    await here.call(here.colony_key, pause.RESUME_ASSIGNMENTS, ResumeAssignmentsMsg(colonyname=COLONY))


async def is_paused(here: Lab, key: PrivateKey) -> bool:
    status = await here.call(key, pause.GET_PAUSE_STATUS, GetPauseStatusMsg(colonyname=COLONY))
    assert status.colonyname == COLONY
    return status.ispaused


async def waiting(here: Lab, *, at_gate: int = 0, for_work: int = 0) -> None:
    """Return when so many executors wait for the end of a pause, and so many for a process."""
    gate = here.server._pause_gate  # pyright: ignore[reportPrivateUsage]
    scheduler = here.server._scheduler  # pyright: ignore[reportPrivateUsage]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(300):
            while (gate.waiters, scheduler.waiters) != (at_gate, for_work):
                await asyncio.sleep(0.01)
    assert (gate.waiters, scheduler.waiters) == (at_gate, for_work)


def test_nothing_is_assigned_during_a_pause() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            await stop(here)
            submitted = await here.submit(key)
            assert await is_paused(here, key)
            with pytest.raises(Refused, match=PAUSED):
                await here.assign(key)
            poll = asyncio.create_task(here.assign(key, 3))
            await waiting(here, at_gate=1)
            clock.advance(2.9)
            await asyncio.sleep(0.05)
            assert not poll.done()
            clock.advance(0.1)
            with pytest.raises(Refused, match=STILL_PAUSED):
                await poll
            assert (await here.process(key, submitted.processid)).state is WAITING
            await go_on(here)
            assert not await is_paused(here, key)
            assert (await here.assign(key)).processid == submitted.processid

    asyncio.run(main())


def test_what_runs_goes_on_during_a_pause() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await here.submit(key)
            running = await here.assign(key)
            await stop(here)
            await here.close(key, running.processid, "done")
            assert (await here.process(key, running.processid)).output == ["done"]

    asyncio.run(main())


def test_the_end_of_a_pause_wakes_at_once_and_in_order() -> None:
    async def main() -> None:
        async with lab(clock=ManualClock()) as here:
            first, second = await here.add_executor("one"), await here.add_executor("two")
            await stop(here)
            polls: list[asyncio.Task[Process]] = []
            for number, key in enumerate((first, second), 1):
                polls.append(asyncio.create_task(here.assign(key, 100)))
                await waiting(here, at_gate=number)
            low = await here.submit(first)
            high = await here.submit(first, spec(priority=5))
            await go_on(here)
            assert [(await poll).processid for poll in polls] == [high.processid, low.processid]

    asyncio.run(main())


def test_an_executor_that_waited_before_the_pause_gets_nothing_during_it() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            idle, key = await here.add_executor("idle"), await here.add_executor("ex")
            polls = [asyncio.create_task(here.assign(each, 10)) for each in (idle, key)]
            await waiting(here, for_work=2)
            await stop(here)
            submitted = await here.submit(key)
            await waiting(here, at_gate=2)
            assert (await here.process(key, submitted.processid)).state is WAITING
            clock.advance(4)
            await go_on(here)
            done, pending = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
            assert [task.result().processid for task in done] == [submitted.processid]
            # The other one goes on waiting, for the six seconds that it has left.
            await waiting(here, for_work=1)
            clock.advance(5.9)
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in pending)
            clock.advance(0.1)
            with pytest.raises(Refused, match=NOTHING):
                await next(iter(pending))

    asyncio.run(main())


def test_the_time_of_every_pause_counts() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            await stop(here)
            poll = asyncio.create_task(here.assign(key, 10))
            await waiting(here, at_gate=1)
            clock.advance(4)
            await go_on(here)
            await waiting(here, for_work=1)
            clock.advance(3)
            await stop(here)
            submitted = await here.submit(key)
            await waiting(here, at_gate=1)
            clock.advance(3)
            with pytest.raises(Refused, match=STILL_PAUSED):
                await poll
            assert (await here.process(key, submitted.processid)).state is WAITING

    asyncio.run(main())


def test_a_pause_is_for_one_colony() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await here.add_colony("other")
            other = PauseAssignmentsMsg(colonyname="other")
            await here.call(here.colony_key, pause.PAUSE_ASSIGNMENTS, other)
            submitted = await here.submit(key)
            assert not await is_paused(here, key)
            assert (await here.assign(key)).processid == submitted.processid

    asyncio.run(main())


def test_nothing_is_lost_and_nothing_given_out_twice() -> None:
    async def main() -> None:
        async with lab() as here:
            keys = [await here.add_executor(f"ex{number}") for number in range(20)]
            taken: list[str] = []

            async def work(key: PrivateKey) -> None:
                for _ in range(5):
                    got = await here.assign(key, 300)
                    taken.append(got.processid)
                    await here.close(key, got.processid)

            async def flicker() -> None:
                for _ in range(10):
                    await stop(here)
                    await asyncio.sleep(0.01)
                    await go_on(here)

            workers = [asyncio.create_task(work(key)) for key in keys]
            submissions = [asyncio.create_task(here.submit(keys[0])) for _ in range(100)]
            await flicker()
            submitted = [each.processid for each in await asyncio.gather(*submissions)]
            await asyncio.gather(*workers)
            assert sorted(taken) == sorted(submitted)

    asyncio.run(main())


def test_leaving_during_a_pause() -> None:
    async def main() -> None:
        async with lab(clock=ManualClock()) as here:
            key, leaving = await here.add_executor("ex"), await here.add_executor("leaving")
            await stop(here)
            body = envelope(
                leaving, process.ASSIGN.msgtype, encode(AssignProcessMsg(colonyname=COLONY, timeout=100))
            )
            async with aiohttp.ClientSession() as session:
                hanging_up = asyncio.create_task(session.post(here.server.url + API_PATH, data=body))
                await waiting(here, at_gate=1)
                hanging_up.cancel()
                await waiting(here, at_gate=0)
            removed = asyncio.create_task(here.assign(leaving, 100))
            await waiting(here, at_gate=1)
            removal = RemoveExecutorMsg(colonyname=COLONY, executorname="leaving")
            await here.call(here.colony_key, executor.REMOVE_EXECUTOR, removal)
            submitted = await here.submit(key)
            await go_on(here)
            with pytest.raises(Refused, match="403 Access denied, not a member"):
                await removed
            got = await here.assign(key)
            assert (got.processid, got.state) == (submitted.processid, RUNNING)

    asyncio.run(main())


def test_a_new_colony_of_the_same_name_is_not_paused() -> None:
    async def main() -> None:
        async with lab() as here:
            await stop(here)
            await here.call(here.server_key, colony.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY))
            await here.add_colony()
            assert not await is_paused(here, await here.add_user("u"))

    asyncio.run(main())


def test_a_stopping_server_lets_everybody_go_and_stays_paused(tmp_path: Path) -> None:
    async def main() -> None:
        path, server_key = tmp_path / "colonies.db", PrivateKey.generate()
        async with aiohttp.ClientSession() as session:
            async with Server(db=path, server_key=server_key) as server:
                here = Lab(server, session)
                await here.add_colony()
                key = await here.add_executor("ex")
                await stop(here)
                poll = asyncio.create_task(here.assign(key, 100))
                await waiting(here, at_gate=1)
                await server.stop()
                with pytest.raises(Refused, match=STILL_PAUSED):
                    await poll
            async with Server(db=path, server_key=server_key) as server:
                here = Lab(server, session)
                assert await is_paused(here, key)
                with pytest.raises(Refused, match=PAUSED):
                    await here.assign(key)

    asyncio.run(main())
