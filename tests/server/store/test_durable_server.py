"""A server with a file, stopped and started again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from colonyos_gen_wire.constants import FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods.process import REMOVE_PROCESS
from colonyos_gen_wire.requests.process import RemoveProcessMsg

from colonyos_gen import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._store.sqlite_journal import JournalError, SqliteJournal
from tests.server.kit.lab import Lab, Refused, spec

OWNER, COLONY_OWNER = PrivateKey.generate(), PrivateKey.generate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "server.db"


@contextlib.asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[Lab, None]:
    """A lab whose keys are the same every time, and that makes no colony."""
    async with Server(server_key=OWNER, **options) as server, aiohttp.ClientSession() as session:
        lab = Lab(server, session)
        lab.colony_key = COLONY_OWNER
        yield lab


def test_a_server_goes_on_where_the_last_one_ended(file: Path) -> None:
    async def live() -> None:
        async with running(db=file) as lab:
            await lab.add_colony()
            worker = await lab.add_executor("worker")
            user = await lab.add_user("ada")
            first, second, third = [await lab.submit(user, spec(args=[number])) for number in range(3)]
            await lab.assign(worker)
            await lab.close(worker, first.processid, "done")
            running_ = await lab.assign(worker)
            assert running_.processid == second.processid
            before = [await lab.process(user, each.processid) for each in (first, second, third)]
        async with running(db=file) as lab:
            after = [await lab.process(user, each.processid) for each in (first, second, third)]
            assert after == before
            assert [process.state for process in after] == [SUCCESS, RUNNING, WAITING]
            # The indexes, the queue and the rights are there again, too.
            await lab.close(worker, second.processid, 2)
            assert (await lab.assign(worker)).processid == third.processid
            with pytest.raises(Refused, match="already exists"):
                await lab.add_colony()

    asyncio.run(live())


def test_deadlines_go_on_while_no_server_runs(file: Path) -> None:
    async def live() -> None:
        clock = ManualClock()
        async with running(db=file, clock=clock) as lab:
            await lab.add_colony()
            worker, user = await lab.add_executor("worker"), await lab.add_user("ada")
            runs = await lab.submit(worker, spec(maxexectime=60, maxretries=1))
            await lab.assign(worker)
            waits = await lab.submit(worker, spec(maxwaittime=90))
            late = await lab.submit(worker, spec(maxwaittime=3600))
        clock.advance(minutes=2)
        async with running(db=file, clock=clock) as lab:
            clock.advance(5)
            again = await lab.process(user, runs.processid)
            assert (again.state, again.retries) == (WAITING, 1)
            assert (await lab.process(user, waits.processid)).state is FAILED
            assert (await lab.process(user, late.processid)).state is WAITING
            clock.advance(hours=1)
            assert (await lab.process(user, late.processid)).state is FAILED

    asyncio.run(live())


def test_a_server_that_was_stopped_can_be_started_again(file: Path) -> None:
    async def live() -> None:
        async with running(db=file) as lab:
            await lab.add_colony()
            await lab.server.stop()
            await lab.server.start()
            worker = await lab.add_executor("worker")
            await lab.server.stop()
            async with running(db=file) as other:
                process = await other.submit(worker)
                assert process.state is WAITING
            with pytest.raises(JournalError, match="used by another server meanwhile"):
                await lab.server.start()

    asyncio.run(live())


def test_a_file_has_one_server(file: Path) -> None:
    async def live() -> None:
        async with running(db=file) as lab:
            with pytest.raises(JournalError, match=f"{file} is in use by another server"):
                Server(db=file)
            await lab.add_colony()
        # A server that could not listen lets go of the file.
        async with running() as lab:
            blocked = Server(db=file, port=lab.server.port)
            with pytest.raises(OSError, match="address already in use"):
                await blocked.start()
            Server(db=file)

    asyncio.run(live())


def test_a_file_and_a_journal_exclude_each_other(file: Path) -> None:
    with pytest.raises(ValueError, match="not both"):
        Server(db=file, journal=SqliteJournal(file))


def test_a_full_disk_refuses_requests_and_the_server_stays_alive(file: Path) -> None:
    async def live() -> None:
        journal = SqliteJournal(file, size_limit=128 * 1024)
        async with running(journal=journal) as lab:
            await lab.add_colony()
            worker = await lab.add_executor("worker")
            accepted: list[str] = []
            with contextlib.suppress(Refused):
                while len(accepted) < 100:
                    accepted.append((await lab.submit(worker, spec(args=["x" * 4000]))).processid)
            assert 5 < len(accepted) < 100
            for _ in range(3):
                with pytest.raises(Refused, match="500"):
                    await lab.submit(worker, spec(args=["x" * 40_000]))
            assert await states(lab, worker, accepted) == [WAITING] * len(accepted)
            # As soon as there is room again, everything goes on.
            await lab.call(worker, REMOVE_PROCESS, RemoveProcessMsg(processid=accepted.pop()))
            assert (await lab.assign(worker)).processid == accepted[0]
        journal.close()
        async with running(db=file) as lab:
            assert await states(lab, worker, accepted) == [RUNNING] + [WAITING] * (len(accepted) - 1)
            for processid in accepted[1:]:
                assert (await lab.assign(worker)).processid == processid
            # Nothing of what was refused is there.
            with pytest.raises(Refused, match="No process"):
                await lab.assign(worker, 1)

    async def states(lab: Lab, key: PrivateKey, processids: list[str]) -> list[int]:
        return [(await lab.process(key, processid)).state for processid in processids]

    asyncio.run(live())


class TornJournal(SqliteJournal):
    """A journal whose disk can fail."""

    torn = False

    def write(self, changes: Any, /) -> None:
        if self.torn:
            raise JournalError("the disk is gone")
        super().write(changes)


def test_an_assignment_that_cannot_be_written_leaves_the_process_to_others(file: Path) -> None:
    async def live() -> None:
        journal = TornJournal(file)
        async with running(journal=journal) as lab:
            await lab.add_colony()
            worker = await lab.add_executor("worker")
            submitted = await lab.submit(worker)
            journal.torn = True
            with pytest.raises(Refused, match="500"):
                await lab.assign(worker)
            journal.torn = False
            assert (await lab.assign(worker)).processid == submitted.processid
            # An executor that waits does not get a process that is not there.
            waiting = asyncio.create_task(lab.assign(worker, 300))
            while lab.server.listeners == 0:
                await asyncio.sleep(0.01)
            journal.torn = True
            with pytest.raises(Refused, match="500"):
                await lab.submit(worker)
            with pytest.raises(Refused, match="500"):
                await waiting
            journal.torn = False
            later = await lab.submit(worker)
            assert (await lab.assign(worker)).processid == later.processid
        journal.close()

    asyncio.run(live())


def test_requests_that_come_together_are_written_together(file: Path) -> None:
    class Counting(SqliteJournal):
        writes = 0

        def write(self, changes: Any, /) -> None:
            self.writes += 1
            super().write(changes)

    async def live() -> None:
        journal = Counting(file)
        async with running(journal=journal) as lab:
            await lab.add_colony()
            worker = await lab.add_executor("worker")
            journal.writes = 0
            await asyncio.gather(*(lab.submit(worker) for _ in range(200)))
            assert 0 < journal.writes < 200
        journal.close()

    asyncio.run(live())
