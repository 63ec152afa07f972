"""What once took a server down or froze it, in little. `nox -s soak` does it for longer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from colonyos_gen import AsyncClient, gather
from tests.live.scene import Scene, play
from tests.live.test_workers_and_sessions import working

CALLS = 120
BURSTS = 3
READS = 60
WAIT_S = 60.0


@pytest.mark.timeout(300)
def test_calls_one_after_another_and_many_at_once_leave_the_server_alive(tmp_path: Path) -> None:
    async def act(made: Scene) -> None:
        async with working(made, tmp_path) as session:
            for number in range(CALLS):
                assert await session.call("add", number, 1, to="calculator", timeout=WAIT_S) == number + 1
            handles = await asyncio.gather(
                *(session.submit("add", number, 1, to="calculator") for number in range(CALLS))
            )
            assert await gather(handles, timeout=WAIT_S) == [number + 1 for number in range(CALLS)]
        assert (await made.client.get_colony(made.colonyname)).name == made.colonyname

    play(act)


def test_two_clients_that_read_a_lot_leave_the_server_alive() -> None:
    async def act(made: Scene) -> None:
        process = await made.submit()
        async with (
            AsyncClient(made.url, member_key=made.user_key) as one,
            AsyncClient(made.url, member_key=made.user_key) as other,
        ):
            for _ in range(BURSTS):
                found = await asyncio.gather(
                    *(client.get_process(process.processid) for client in (one, other) for _ in range(READS))
                )
                assert {each.processid for each in found} == {process.processid}
        assert (await made.client.get_colony(made.colonyname)).name == made.colonyname

    play(act)
