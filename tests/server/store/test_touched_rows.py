"""What a request costs follows from what it asks for, not from what is stored; and the loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from colonyos_gen_wire.codec import decode_reply, encode
from colonyos_gen_wire.constants import APPROVED
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import colony, identity, process, statistics, workflow
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.identity import ChangeExecutorIDMsg, ChangeUserIDMsg
from colonyos_gen_wire.requests.process import (
    GetProcessesMsg,
    GetProcessHistMsg,
    RemoveAllProcessesMsg,
)
from colonyos_gen_wire.requests.statistics import GetColonyStatisticsMsg
from colonyos_gen_wire.requests.workflow import GetProcessGraphsMsg
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from tests.bench.loop_held.crowd import BIG, Crowd
from tests.server.kit.lab import envelope, opened

from .touched import touched

COUNT = 3000


class Crowded:
    """A server with many processes, and whoever signs."""

    def __init__(self, **options: Any) -> None:
        self.people = Crowd(COUNT, time.time_ns())
        self.server = Server(server_key=self.people.server, hazards="off", **options)
        self.records = self.server._records  # pyright: ignore[reportPrivateUsage]
        self.people.fill(self.records)
        self.records.store.commit()

    async def call(self, key: PrivateKey, method: Method[Any, Any], request: Any) -> Any:
        """Make a call without a network."""
        answer = await self.server.answer(envelope(key, method.msgtype, encode(request)))
        _, error, payload = opened(answer.body)
        assert not error, payload
        return decode_reply(method, encode(payload))


async def turns(work: Awaitable[Any]) -> tuple[Any, int]:
    """What comes of it, and how many turns the loop has meanwhile had for others."""
    count = 0

    async def others() -> None:
        nonlocal count
        while True:
            count += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    try:
        return await work, count
    finally:
        beside.cancel()


def _list(state: ProcessState) -> GetProcessesMsg:
    return GetProcessesMsg(colonyname=BIG, count=10, state=state)


@pytest.mark.parametrize(
    ("method", "request_of"),
    [
        *[(process.GET_PROCESSES, lambda state=state: _list(ProcessState(state))) for state in range(5)],
        (
            workflow.GET_PROCESSGRAPHS,
            lambda: GetProcessGraphsMsg(colonyname=BIG, count=2, state=ProcessState.WAITING),
        ),
        (statistics.GET_STATISTICS, lambda: GetColonyStatisticsMsg(colonyname=BIG)),
    ],
)
def test_few_rows_are_looked_at_for_few(
    method: Method[Any, Any], request_of: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        here = Crowded()
        with touched(monkeypatch) as count:
            assert await here.call(here.people.user, method, request_of())
        assert count.rows < 200

    asyncio.run(main())


def test_history_goes_in_pieces_and_is_what_was_there_when_it_was_asked_for() -> None:
    async def main() -> None:
        here = Crowded()
        request = GetProcessHistMsg(colonyname=BIG, seconds=10**6, state=ProcessState.SUCCESS)
        there = here.records.processes_in_state.find((BIG, ProcessState.SUCCESS))
        asked = turns(here.call(here.people.user, process.GET_PROCESS_HISTORY, request))
        removal = RemoveAllProcessesMsg(colonyname=BIG, state=ProcessState.SUCCESS)

        async def remove() -> None:
            await asyncio.sleep(0)
            await here.call(here.people.colony, process.REMOVE_ALL_PROCESSES, removal)

        (found, count), _ = await asyncio.gather(asked, remove())
        assert [each.processid for each in found] == [each.processid for each in there]
        assert found == there
        assert count > len(there) / 200

    asyncio.run(main())


@pytest.mark.parametrize("field", ["executortype", "initiator", "label"])
def test_a_filter_finds_what_a_look_at_all_finds(field: str) -> None:
    value = {"executortype": "worker", "initiator": "user-0", "label": "label-7"}[field]

    def fits(each: Process) -> bool:
        return field != "label" or each.spec.label == value

    async def check(here: Crowded, listed: ProcessState) -> None:
        request = GetProcessesMsg(colonyname=BIG, count=100, state=listed, **{field: value})
        found = await here.call(here.people.user, process.GET_PROCESSES, request)
        rows = [each for each in here.records.processes_in_state.find((BIG, listed)) if fits(each)]
        if listed is ProcessState.WAITING:
            rows.sort(key=lambda each: each.prioritytime)
        elif listed is ProcessState.RUNNING:
            rows.sort(key=lambda each: str(each.starttime))
        else:
            rows.sort(key=lambda each: (each.endtime, each.processid), reverse=True)
        assert [each.processid for each in found] == [each.processid for each in rows[:100]]

    async def main() -> None:
        here = Crowded()
        for state in range(5):
            await check(here, ProcessState(state))

    asyncio.run(main())


def test_a_colony_is_gone_at_once_and_let_go_of_in_pieces() -> None:
    async def main() -> None:
        here = Crowded()
        await here.call(here.people.server, colony.REMOVE_COLONY, RemoveColonyMsg(colony_name=BIG))
        assert here.records.processes_of_colony.count(BIG) == 0
        assert len(here.records.store.pieces) > 1
        rest = len(here.records.processes)
        steps = 0
        while len(here.records.store.pieces):
            steps += 1
            assert len(here.records.processes) == rest
            await asyncio.sleep(0)
        assert steps > COUNT / 400
        assert all(each.spec.conditions.colonyname != BIG for each in here.records.processes)

    asyncio.run(main())


def test_rows_follow_a_change_of_identity_in_pieces_and_after_a_restart(tmp_path: Any) -> None:
    file, new = tmp_path / "rows.db", PrivateKey.generate()

    async def main() -> None:
        here = Crowded(db=file)
        total = len(here.records.processes_of_colony.find(BIG))
        async with here.server:
            request = ChangeUserIDMsg(colonyname=BIG, userid=new.id)
            await here.call(here.people.user, identity.CHANGE_USER_ID, request)
            running = here.records.processes_in_state.find((BIG, ProcessState.RUNNING))
            assert {each.initiatorid for each in running} == {new.id}
            assert len(here.records.successions) == 1
        followed = [each for each in here.records.processes if each.initiatorid == new.id]
        assert len(running) <= len(followed) < total

        again = Server(server_key=here.people.server, db=file)
        records = again._records  # pyright: ignore[reportPrivateUsage]
        async with again:
            while len(records.successions):
                await asyncio.sleep(0.001)
        assert {each.initiatorid for each in records.processes_of_colony.find(BIG)} == {new.id}

    asyncio.run(main())


def test_all_executors_of_an_identity_are_followed_in_pieces() -> None:
    """Each by what its name has initiated, and by what was assigned to the identity."""
    old, new = PrivateKey.generate(), PrivateKey.generate()

    async def main() -> None:
        here = Crowded()
        records = here.records
        template = next(iter(records.executors_of_colony.find(BIG)))
        for name in ("one", "other"):
            records.executors.put(replace(template, executorname=name, executorid=old.id, state=APPROVED))
        rows = records.processes_of_colony.find(BIG)
        for number, row in enumerate(rows):
            if number % 3 == 2:
                records.processes.put(replace(row, assignedexecutorid=old.id))
            else:
                name = ("one", "other")[number % 3]
                records.processes.put(replace(row, initiatorid=old.id, initiatorname=name))
        records.store.commit()
        await here.call(
            old, identity.CHANGE_EXECUTOR_ID, ChangeExecutorIDMsg(colonyname=BIG, executorid=new.id)
        )
        assert {each.executorid for each in records.executors_of_colony.find(BIG)} >= {new.id}
        assert not records.executors_with(BIG, old.id)
        while len(records.successions):
            await asyncio.sleep(0)
        for number, row in enumerate(rows):
            now = records.processes[row.processid]
            assert now.assignedexecutorid == new.id if number % 3 == 2 else now.initiatorid == new.id

    asyncio.run(main())
