"""Workflows of which not all can be done in one turn of the event loop: nobody sees them half done."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from colonyos_gen_wire.constants import CANCELLED, CRON_CHECK_PERIOD_MS, FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods import colony as colony_methods
from colonyos_gen_wire.methods import cron as cron_methods
from colonyos_gen_wire.methods import statistics as statistics_methods
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.cron import AddCronMsg, RunCronMsg
from colonyos_gen_wire.requests.statistics import GetColonyStatisticsMsg
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.statistics import Statistics

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._workflows.stored import LONG
from tests.server.kit.lab import COLONY, Lab, Refused, lab
from tests.server.kit.stored import node, text
from tests.server.kit.workflow_lab import cancel, fail, graph, remove, submit

CHILDREN = 700
NODES = [node("root"), *(node(f"n{number}", "root") for number in range(CHILDREN))]
EVERY_MODE = pytest.mark.parametrize("quirks", ["strict", "v1.9"])


def counts(seen: Statistics) -> tuple[int, ...]:
    """Processes that wait, run, have succeeded, failed and been cancelled."""
    return (
        seen.waitingprocesses,
        seen.runningprocesses,
        seen.successfulprocesses,
        seen.failedprocesses,
        seen.cancelledprocesses,
    )


async def statistics(here: Lab, user: PrivateKey) -> tuple[int, ...]:
    request = GetColonyStatisticsMsg(colonyname=COLONY)
    return counts(await here.call(user, statistics_methods.GET_STATISTICS, request))


@contextlib.asynccontextmanager
async def watched(here: Lab, user: PrivateKey) -> AsyncGenerator[set[tuple[int, ...]]]:
    """What statistics say as often as they can be asked for, until the end of the block."""
    seen: set[tuple[int, ...]] = set()

    async def look() -> None:
        while True:
            seen.add(await statistics(here, user))

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


@EVERY_MODE
def test_readers_see_each_step_whole(quirks: str) -> None:
    """Whatever a reader asks for meanwhile, all members are as before, or all as after."""

    async def main() -> None:
        async with lab(quirks=quirks) as here:
            user, worker = await here.add_user("u"), await here.add_executor("w")
            async with watched(here, user) as seen:
                made = await submit(here, user, *NODES)
                root = await here.assign(worker)
                await here.close(worker, root.processid, 1)
                child = await here.assign(worker)
                await cancel(here, user, made.processgraphid)
            assert seen <= {
                (0, 0, 0, 0, 0),
                (CHILDREN + 1, 0, 0, 0, 0),
                (CHILDREN, 1, 0, 0, 0),
                (CHILDREN, 0, 1, 0, 0),
                (CHILDREN - 1, 1, 1, 0, 0),
                (0, 0, 1, 0, CHILDREN),
            }
            assert await statistics(here, user) == (0, 0, 1, 0, CHILDREN)
            assert child.spec.nodename == "n0"
            assert child.input == [1]
            drawn = await graph(here, user, made.processgraphid)
            assert drawn.state is CANCELLED
            assert len(drawn.processids) == len(drawn.nodes) == len(drawn.edges) + 1 == CHILDREN + 1
            with pytest.raises(Refused):
                await here.assign(worker)
            await remove(here, user, made.processgraphid)
            assert await statistics(here, user) == (0, 0, 0, 0, 0)

    asyncio.run(main())


@EVERY_MODE
def test_all_fail_at_once(quirks: str) -> None:
    async def main() -> None:
        async with lab(quirks=quirks) as here:
            user, worker = await here.add_user("u"), await here.add_executor("w")
            made = await submit(here, user, *NODES)
            root = await here.assign(worker)
            async with watched(here, user) as seen:
                await fail(here, worker, root, "broken")
            assert seen <= {(CHILDREN, 1, 0, 0, 0), (0, 0, 0, CHILDREN + 1, 0)}
            assert (await graph(here, user, made.processgraphid)).state is FAILED
            assert (await here.process(user, made.processids[CHILDREN])).state is FAILED
            with pytest.raises(Refused):
                await here.assign(worker)

    asyncio.run(main())


@EVERY_MODE
def test_executors_that_wait_get_the_members(quirks: str) -> None:
    """Each of them one, and the one whose child was to run gets another once all is cancelled."""

    async def main() -> None:
        async with lab(quirks=quirks) as here:
            user = await here.add_user("u")
            workers = [await here.add_executor(f"w{number}") for number in range(5)]
            polls = [asyncio.create_task(here.assign(key, timeout=60)) for key in workers]
            while here.server.listeners < len(workers):
                await asyncio.sleep(0.01)
            made = await submit(here, user, *(node(f"n{number}") for number in range(CHILDREN)))
            got = await asyncio.gather(*polls)
            assert len({process.processid for process in got}) == len(workers)
            cancelling = asyncio.create_task(cancel(here, user, made.processgraphid))
            alone = await here.submit(user)
            await cancelling
            assert (await here.assign(workers[0], timeout=60)).processid == alone.processid

    asyncio.run(main())


def test_a_colony_that_is_removed_meanwhile_gets_no_workflow() -> None:
    """The submission counts as made when everything is put, and that is too late."""

    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            submitting = asyncio.create_task(submit(here, user, *NODES * 1))
            request = RemoveColonyMsg(colony_name=COLONY)
            await here.call(here.server_key, colony_methods.REMOVE_COLONY, request)
            with contextlib.suppress(Refused):
                await submitting
            await here.add_colony()
            assert await statistics(here, await here.add_user("v")) == (0, 0, 0, 0, 0)

    asyncio.run(main())


def test_a_file_has_all_or_nothing(tmp_path: Path) -> None:
    """Also while those who follow the members are still being told of them."""

    async def main() -> None:
        file = tmp_path / "colony.db"
        key = PrivateKey.generate()
        async with lab(db=file, server_key=key) as here:
            user, worker = await here.add_user("u"), await here.add_executor("w")
            copies: list[Path] = []

            async def copy() -> None:
                while True:
                    made = tmp_path / f"copy-{len(copies)}.db"
                    for end in ("", "-wal"):
                        shutil.copy(f"{file}{end}", f"{made}{end}")
                    copies.append(made)
                    await asyncio.sleep(0)

            copying = asyncio.create_task(copy())
            made = await submit(here, user, *NODES)
            root = await here.assign(worker)
            await here.close(worker, root.processid)
            copying.cancel()
        found: set[tuple[int, ...]] = set()
        assert len(copies) > 5
        for each in copies[:: max(1, len(copies) // 12)]:
            server = Server(db=each, server_key=key)
            processes = list(server._records.processes)  # pyright: ignore[reportPrivateUsage] # without many starts
            found.add(
                tuple(sum(p.state is state for p in processes) for state in (WAITING, RUNNING, SUCCESS))
            )
            ready = sum(not p.waitforparents for p in processes if p.state is WAITING)
            assert ready in (0, 1, CHILDREN)
            await server.start()
            await server.stop()
        assert found <= {(0, 0, 0), (CHILDREN + 1, 0, 0), (CHILDREN, 1, 0), (CHILDREN, 0, 1)}
        async with Server(db=file, server_key=key) as server, lab() as other:
            here = Lab(server, other.session)
            assert await statistics(here, user) == (CHILDREN, 0, 1, 0, 0)
            assert (await here.assign(worker)).spec.nodename == "n0"
            assert (await graph(here, user, made.processgraphid)).state is RUNNING

    asyncio.run(main())


@pytest.mark.parametrize("settings", [{}, {"padding": " "}], ids=["as we write it", "as others may"])
def test_crons_start_large_workflows(settings: dict[str, str]) -> None:
    """When they are due, and when somebody runs them; each time once."""

    async def main() -> None:
        clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            workflow = text(*NODES).replace('"spec"', '"Spec"') if settings else text(*NODES)
            assert len(workflow) > LONG
            cron = Cron(colonyname=COLONY, name="c", interval=600, workflowspec=workflow)
            cron = await here.call(user, cron_methods.ADD_CRON, AddCronMsg(cron=cron))
            await here.call(user, cron_methods.RUN_CRON, RunCronMsg(cronid=cron.cronid))
            assert await statistics(here, user) == (CHILDREN + 1, 0, 0, 0, 0)
            for _ in range(700):
                clock.advance(CRON_CHECK_PERIOD_MS / 1000)
                await asyncio.sleep(0)
            async with asyncio.timeout(60):
                while await statistics(here, user) != (2 * (CHILDREN + 1), 0, 0, 0, 0):
                    await asyncio.sleep(0.01)
            clock.advance(10)
            await asyncio.sleep(0.2)
            assert await statistics(here, user) == (2 * (CHILDREN + 1), 0, 0, 0, 0)

    asyncio.run(main())
