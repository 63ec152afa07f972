"""A server that goes away and comes back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from colonyos_gen import RUNNING, SUCCESS, ConnectionFailedError, FunctionSpec, RPCError
from colonyos_gen.testing import LocalColony


def test_a_restart_keeps_records_and_port() -> None:
    with LocalColony() as colony:
        url, worker = colony.url, colony.add_executor("worker")
        asked = colony.client.submit(FunctionSpec.new("work", "worker", colony.name))
        worker.client.assign(colony.name, timeout=10)
        for _ in range(3):
            colony.restart()
            assert colony.url == url
            assert colony.client.get_process(asked.processid).state is RUNNING
        assert worker.client.get_colony(colony.name).name == colony.name
        worker.client.close(asked.processid)
        assert colony.client.get_process(asked.processid).state is SUCCESS


def test_during_an_outage_nobody_answers() -> None:
    with LocalColony() as colony:
        client = colony.client
        client.get_colonies()
        with colony.outage():
            with pytest.raises(ConnectionFailedError) as caught:
                client.submit(FunctionSpec.new("work", "worker", colony.name), rpc_timeout=0.5)
            assert not caught.value.sent
        client.submit(FunctionSpec.new("work", "worker", colony.name))
        assert colony.client.get_statistics(colony.name).waitingprocesses == 1


def test_what_may_be_repeated_survives_a_short_outage() -> None:
    with LocalColony() as colony:
        client = colony.client
        client.get_colonies()
        names: list[str] = []
        with colony.outage():
            thread = threading.Thread(
                target=lambda: names.extend(each.name for each in client.get_colonies())
            )
            thread.start()
        thread.join(300)
        assert names == [colony.name]


def test_a_restart_breaks_a_long_poll_instead_of_answering_it() -> None:
    async def main() -> None:
        async with LocalColony() as colony:
            worker = colony.add_executor("worker")
            poll = asyncio.create_task(worker.aclient.assign(colony.name, timeout=60))
            while not colony.waiting:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(colony.restart)
            with pytest.raises(ConnectionFailedError):
                await poll
            assert colony.waiting == 0
            asked = await colony.aclient.submit(FunctionSpec.new("work", "worker", colony.name))
            assert (await worker.aclient.assign(colony.name, timeout=10)).processid == asked.processid

    asyncio.run(main())


def test_cut_breaks_what_is_under_way_and_nothing_else() -> None:
    async def main() -> None:
        async with LocalColony() as colony:
            worker = colony.add_executor("worker")
            await colony.aclient.get_colonies()
            poll = asyncio.create_task(worker.aclient.assign(colony.name, timeout=60))
            while not colony.waiting:
                await asyncio.sleep(0.005)
            colony.faults.cut()
            with pytest.raises(ConnectionFailedError):
                await poll
            await colony.aclient.submit(FunctionSpec.new("work", "worker", colony.name))

    asyncio.run(main())


def test_the_server_comes_back_when_the_block_fails() -> None:
    with LocalColony() as colony:
        with pytest.raises(LookupError), colony.outage():
            raise LookupError("on purpose")
        assert colony.client.get_colony(colony.name).name == colony.name


@pytest.mark.hazards("colon_in_name")
def test_a_colony_whose_set_up_fails_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with pytest.raises(RPCError), LocalColony("no:colons"):
        pytest.fail("it was entered")
    assert set(threading.enumerate()) <= before
