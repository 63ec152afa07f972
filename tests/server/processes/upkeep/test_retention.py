"""What ended long ago is forgotten, from memory and file; what has not ended stays."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.constants import FAILED, RUNNING, SUCCESS
from colonyos_gen_wire.methods import attribute, log, process
from colonyos_gen_wire.requests.attribute import AddAttributeMsg, GetAttributeMsg
from colonyos_gen_wire.requests.log import AddExecutorLogMsg, AddLogMsg
from colonyos_gen_wire.requests.process import CancelProcessMsg, CloseFailedMsg
from colonyos_gen_wire.types.attribute import Attribute

from colonyos_gen import ConfigError, PrivateKey
from colonyos_gen.cli.serve import _retention  # pyright: ignore[reportPrivateUsage] # what the environment says
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Store
from tests.server.kit.lab import COLONY, Lab, Refused, lab
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import graph, remove_all, submit
from tests.soak import months

KEPT_S = 300


class Scene:
    """A lab that forgets, its clock, and a worker."""

    def __init__(self, here: Lab, clock: ManualClock, worker: PrivateKey) -> None:
        self.lab = here
        self.clock = clock
        self.worker = worker
        self.records: Records = here.server._records  # pyright: ignore[reportPrivateUsage]

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and what it leads to happen."""
        self.clock.advance(seconds)
        store = self.lab.server._store  # pyright: ignore[reportPrivateUsage]
        while len(store.pieces) or store.busy:
            await asyncio.sleep(0.001)

    async def run(self, end: str) -> str:
        """A process that ends so; returns its id."""
        call, worker = self.lab.call, self.worker
        processid = (await self.lab.submit(worker)).processid
        if end == "cancelled":
            await call(worker, process.CANCEL_PROCESS, CancelProcessMsg(processid=processid))
        elif end != "waiting":
            assert (await self.lab.assign(worker)).processid == processid
            await call(worker, log.ADD_LOG, AddLogMsg(processid=processid, message="a line"))
            made = Attribute.new(COLONY, processid, "key", "value")
            await call(worker, attribute.ADD_ATTR, AddAttributeMsg(attr=made))
        if end == "closed":
            await self.lab.close(worker, processid, "output")
        elif end == "failed":
            await call(worker, process.FAIL, CloseFailedMsg(processid=processid))
        return processid

    def lines(self, processid: str) -> int:
        """How many log lines there are of a process."""
        return self.records.logs_of_process.count(processid)


@asynccontextmanager
async def scene(**options: Any) -> AsyncGenerator[Scene]:
    clock = ManualClock()
    options = {"retention": KEPT_S, "stale_after": 10**6} | options
    async with lab(clock=clock, **options) as here:
        yield Scene(here, clock, await here.add_executor("worker"))


@pytest.mark.parametrize("end", ["closed", "failed", "cancelled"])
def test_what_has_ended_goes_with_all_that_belongs_to_it(end: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.db"

    async def main() -> None:
        async with scene(db=file) as here:
            processid = await here.run(end)
            attributes = [each.attributeid for each in here.records.processes[processid].attributes]
            await here.pass_by(KEPT_S - 10)
            assert (await here.lab.process(here.worker, processid)).processid == processid
            await here.pass_by(80)
            with pytest.raises(Refused, match="404"):
                await here.lab.process(here.worker, processid)
            assert here.lines(processid) == 0
            for each in attributes:
                with pytest.raises(Refused):
                    await here.lab.call(here.worker, attribute.GET_ATTR, GetAttributeMsg(attributeid=each))

    asyncio.run(main())
    journal = SqliteJournal(file)
    kept = Records(Store(journal))
    assert len(kept.processes) == len(kept.logs) == 0
    assert len(kept.executors) == 1
    journal.close()


@pytest.mark.parametrize("end", ["waiting", "running"])
def test_what_has_not_ended_stays_with_its_lines(end: str) -> None:
    async def main() -> None:
        async with scene() as here:
            processid = await here.run(end)
            lines = here.lines(processid)
            await here.pass_by(10 * KEPT_S)
            assert (await here.lab.process(here.worker, processid)).processid == processid
            assert here.lines(processid) == lines

    asyncio.run(main())


@pytest.mark.parametrize(("retention", "left"), [(None, 1), (KEPT_S, 0)])
def test_nothing_is_forgotten_unless_it_is_asked_for(
    retention: float | None, left: int, tmp_path: Path
) -> None:
    """Not even by a server that starts again after four months."""
    file = tmp_path / "rows.db"
    later = ManualClock()
    later.advance(10**7)  # nobody is there to count these seconds

    async def main() -> None:
        async with scene(retention=None, db=file) as here:
            processid = await here.run("closed")
        async with Server(clock=later, db=file, retention=retention) as server:
            later.advance(3600)
            store = server._store  # pyright: ignore[reportPrivateUsage]
            while len(store.pieces) or store.busy:
                await asyncio.sleep(0.001)
            records = server._records  # pyright: ignore[reportPrivateUsage]
            assert len(records.processes) == records.logs_of_process.count(processid) == left

    asyncio.run(main())


def test_lines_of_nobody_go_by_their_own_age() -> None:
    async def main() -> None:
        async with scene() as here:
            request = AddExecutorLogMsg(colonyname=COLONY, executorname="worker", message="hello")
            await here.lab.call(here.worker, log.ADD_EXECUTOR_LOG, request)
            await here.pass_by(KEPT_S - 10)
            assert len(here.records.logs) == 1
            await here.pass_by(80)
            assert len(here.records.logs) == 0

    asyncio.run(main())


def test_a_workflow_goes_as_a_whole_when_all_of_it_has_ended() -> None:
    async def main() -> None:
        async with scene() as here:
            made = await submit(here.lab, here.worker, node("a"), node("b", "a"))
            first = await here.lab.assign(here.worker)
            await here.lab.close(here.worker, first.processid)
            await here.pass_by(5 * KEPT_S)
            assert (await graph(here.lab, here.worker, made.processgraphid)).state is RUNNING
            second = await here.lab.assign(here.worker)
            await here.lab.close(here.worker, second.processid)
            await here.pass_by(KEPT_S - 10)
            assert (await graph(here.lab, here.worker, made.processgraphid)).state is SUCCESS
            await here.pass_by(80)
            assert len(here.records.processgraphs) == len(here.records.processes) == 0

    asyncio.run(main())


@pytest.mark.hazards("workflows_removed_by_state")
def test_a_node_that_its_workflow_has_left_behind_goes_alone() -> None:
    async def main() -> None:
        async with scene(retention=KEPT_S, quirks="v1.9") as here:
            worker = here.worker
            stays = await submit(here.lab, worker, node("c"), node("d", "c", executortype="nobody"))
            kept = await here.lab.assign(worker)
            await here.lab.close(worker, kept.processid)
            await submit(here.lab, worker, node("a"), node("b"))
            done, failed = await here.lab.assign(worker), await here.lab.assign(worker)
            await here.lab.close(worker, done.processid)
            await here.lab.call(worker, process.FAIL, CloseFailedMsg(processid=failed.processid))
            await remove_all(here.lab, here.lab.colony_key, FAILED)
            left = {each.processid for each in here.records.processes}
            assert {done.processid, kept.processid} < left
            await here.pass_by(KEPT_S / 2)
            assert done.processid in {each.processid for each in here.records.processes}
            await here.pass_by(2 * KEPT_S)
            assert {each.processid for each in here.records.processes} == set(stays.processids)

    asyncio.run(main())


def test_a_workflow_that_has_failed_waits_for_the_member_that_runs() -> None:
    async def main() -> None:
        async with scene() as here:
            await submit(here.lab, here.worker, node("a"), node("b"))
            failed, running = await here.lab.assign(here.worker), await here.lab.assign(here.worker)
            await here.lab.call(here.worker, process.FAIL, CloseFailedMsg(processid=failed.processid))
            await here.pass_by(5 * KEPT_S)
            assert len(here.records.processes) == 2
            await here.lab.close(here.worker, running.processid)
            await here.pass_by(2 * KEPT_S)
            assert len(here.records.processgraphs) == len(here.records.processes) == 0

    asyncio.run(main())


@pytest.mark.parametrize("retention", [0, -1, float("nan")])
def test_a_time_that_is_none_is_refused(retention: float) -> None:
    with pytest.raises(ValueError, match="retention is"):
        Server(retention=retention)


def test_the_variables_of_the_real_server_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLONIES_RETENTION", raising=False)
    monkeypatch.setenv("COLONIES_RETENTION_POLICY", "604800")
    assert _retention() is None
    monkeypatch.setenv("COLONIES_RETENTION", "false")
    assert _retention() is None
    monkeypatch.setenv("COLONIES_RETENTION", "true")
    assert _retention() == 604800
    for text in ("", "0", "-1", "a week"):
        monkeypatch.setenv("COLONIES_RETENTION_POLICY", text)
        with pytest.raises(ConfigError, match="COLONIES_RETENTION_POLICY is"):
            _retention()


@pytest.mark.long
@pytest.mark.parametrize(("count", "rows_only"), [(10_000, True), (1000, False)])
def test_months_leave_nothing_behind(
    count: int, tmp_path: Path, *, rows_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many again change neither the number of rows, nor the memory, nor the file."""
    monkeypatch.setattr(months, "BATCH", count // 200)
    file = tmp_path / "months.db"

    async def main() -> None:
        here = months.Months(file, rows_only=rows_only)
        samples: list[months.Sample] = []
        tracked: list[int] = []
        async with here.server:
            for _ in range(2):
                for _ in range(100):
                    await here.second()
                    await here.settle()
                gc.collect()
                samples.append(here.sample())
                tracked.append(len(gc.get_objects()))
            for _ in range(3):
                here.clock.advance(100)
                await here.settle()
            samples.append(here.sample())
        once, twice, end = samples
        assert once.rows <= count * 0.42
        assert twice.rows <= once.rows + count * 0.1
        assert twice.file < 1.5 * once.file
        assert tracked[1] < 1.4 * tracked[0]
        assert (end.rows, end.logs) == (0, 0)
        assert end.file <= twice.file
        assert end.second_file < 20 * 2**20

    asyncio.run(main())
