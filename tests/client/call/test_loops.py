"""Clients where event loops come and go, or are not alone."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from colonyos_gen import AsyncClient, Client, NoProcessError, RPCError, Worker
from colonyos_gen.session import AsyncSession
from colonyos_gen.testing import LocalColony

ROOT = Path(__file__).parents[3]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets of a loop that was closed before its client
def test_a_client_goes_on_in_the_next_loop(colonies: LocalColony, capfd: pytest.CaptureFixture[str]) -> None:
    """Calls, waits and subscriptions, after others were cut off with the loop before."""
    worker = Worker("w")
    worker.function(name="one")(lambda: 1)
    client = AsyncClient(colonies.url, member_key=colonies.add_executor("listener").key)
    session = AsyncSession(client, colonies.name)

    async def use() -> object:
        handle = await session.submit("none", to="nobody")
        stream = client.subscribe_processes("nobody", 2, timeout=3600)
        left = [asyncio.create_task(handle.wait()), asyncio.create_task(anext(aiter(stream)))]
        answer: object = await session.call("one", to="w", timeout=60)
        assert not any(each.done() for each in left)
        return answer

    with colonies.worker(worker):
        for _ in range(3):
            assert asyncio.run(use()) == 1
        asyncio.run(client.close_connections())
    gc.collect()
    assert "Unclosed" not in capfd.readouterr().err


def test_long_polls_go_on_in_the_next_loop(colonies: LocalColony) -> None:
    """Where they stand in line for each other."""
    client = AsyncClient(colonies.url, member_key=colonies.add_executor("poller").key, pool_size=1)

    async def poll() -> list[type]:
        polls = (client.assign(colonies.name, timeout=1) for _ in range(2))
        return [type(each) for each in await asyncio.gather(*polls, return_exceptions=True)]

    async def poll_and_leave() -> None:
        polls = [asyncio.create_task(client.assign(colonies.name, timeout=100)) for _ in range(2)]
        await asyncio.wait(polls, timeout=0.1)

    for _ in range(2):
        asyncio.run(poll_and_leave())
        assert asyncio.run(poll()) == [NoProcessError, NoProcessError]
    asyncio.run(client.close_connections())


def test_two_loops_at_a_time_are_refused_with_what_to_do(colonies: LocalColony) -> None:
    client = AsyncClient(colonies.url, member_key=colonies.user_key)
    raised: list[BaseException] = []

    async def use() -> None:
        await client.get_executors(colonies.name)

    async def subscribe() -> None:
        await anext(aiter(client.subscribe_processes("nobody", 2, timeout=60)))

    def elsewhere() -> None:
        for work in (use, subscribe):
            try:
                asyncio.run(work())
            except Exception as error:
                raised.append(error)

    async def both() -> None:
        await use()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join, 60)
        await use()
        await client.close_connections()

    asyncio.run(both())
    assert [type(each) for each in raised] == [RPCError, RPCError]
    for each in raised:
        assert "in use on another event loop; make a new one for each loop, or share a Client" in str(each)


def test_a_synchronous_client_is_used_from_threads_and_within_loops(colonies: LocalColony) -> None:
    """As in notebooks."""
    with Client(colonies.url, member_key=colonies.user_key) as client:

        async def use() -> int:
            here = client.get_executors(colonies.name)
            there = await asyncio.to_thread(client.get_executors, colonies.name)
            return len(here) + len(there)

        assert [asyncio.run(use()) for _ in range(2)] == [0, 0]


GREEN = """
    from gevent import monkey
    monkey.patch_all()
    import os
    import gevent
    from colonyos_gen import connect

    others = []

    def tick():
        while True:
            others.append(1)
            gevent.sleep(0.001)

    gevent.spawn(tick)
    with connect() as session:
        jobs = [gevent.spawn(session.executors.list) for _ in range(20)]
        gevent.joinall(jobs, timeout=100)
        assert all(job.successful() for job in jobs), jobs
    assert others
"""


def test_under_gevent(colonies: LocalColony) -> None:
    """With uvloop installed, whose loops would hold up all greenlets."""
    pytest.importorskip("gevent")
    pytest.importorskip("uvloop")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "generated" / "python"), *sys.path])
    environ = os.environ | colonies.environment() | {"PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", textwrap.dedent(GREEN)], env=environ, check=True, timeout=200)
