"""Who gets which process while much is removed, and when that comes to nothing."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec, Process
from msgspec.structs import replace

from colonyos_gen.server import ManualClock
from colonyos_gen.server._processes.matching import Offer
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._store.tables import Store, Table
from tests.server.store.test_many_rows import Slow

COUNT = 300
OFFER = Offer("c", "t", "e")


class Scene:
    """Waiting processes, in a table whose journal writes when it is let, or fails to."""

    def __init__(self) -> None:
        self.journal = Slow()
        self.store = Store(self.journal)
        self.table: Table[Process] = self.store.table("processes", Process, lambda row: row.processid)
        self.clock = ManualClock()
        self.scheduler = Scheduler(self.table, self.clock)
        for number in range(COUNT):
            self.table.put(Process(processid=f"p{number}", spec=FunctionSpec.new("f", "t", "c")))
        self.store.commit()

    @classmethod
    async def written(cls) -> Scene:
        """With all of it in the journal."""
        scene = cls()
        scene.journal.may.set()
        await scene.store.written()
        scene.journal.may.clear()
        return scene

    def remove_all(self) -> asyncio.Task[None]:
        self.table.remove_all({row.processid: row for row in self.table})
        self.store.commit()
        return asyncio.create_task(self.store.written())

    async def fail(self, removal: asyncio.Task[None]) -> None:
        self.journal.full = True
        self.journal.may.set()
        with pytest.raises(OSError, match="no space left"):
            await removal

    def claim(self, processid: str) -> Process:
        return self.table.put(replace(self.table[processid], state=ProcessState.RUNNING))

    async def assigned(self) -> set[str]:
        """All that one executor can get."""
        found: set[str] = set()
        while (process := await self.scheduler.acquire(OFFER, 0, self.claim)) is not None:
            self.store.commit()
            found.add(process.processid)
        return found


def test_a_removal_that_fails_takes_nothing_from_anyone() -> None:
    """Also if somebody looked for a process meanwhile, found none, and went."""

    async def main() -> None:
        scene = await Scene.written()
        removal = scene.remove_all()
        await asyncio.sleep(0)
        assert await scene.assigned() == set()
        await scene.fail(removal)
        assert scene.scheduler.queued == COUNT
        assert await scene.assigned() == {f"p{number}" for number in range(COUNT)}

    asyncio.run(main())


def test_who_waits_meanwhile_gets_one_when_it_has_failed() -> None:
    async def main() -> None:
        scene = await Scene.written()
        removal = scene.remove_all()
        waiting = asyncio.create_task(scene.scheduler.acquire(OFFER, 100, scene.claim))
        await asyncio.sleep(0)
        assert scene.scheduler.waiters == 1
        await scene.fail(removal)
        process = await asyncio.wait_for(waiting, 60)
        assert process is not None
        assert len({process.processid} | await scene.assigned()) == COUNT

    asyncio.run(main())


def test_a_removal_that_holds_leaves_nothing_to_get() -> None:
    async def main() -> None:
        scene = await Scene.written()
        removal = scene.remove_all()
        scene.journal.may.set()
        await removal
        assert await scene.assigned() == set()
        assert scene.scheduler.queued == 0

    asyncio.run(main())
