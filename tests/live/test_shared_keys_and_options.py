"""Two workers with one key, and jobs that say whom and what they need, on a server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from colonyos_gen import (
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncSession,
    PrivateKey,
    UnknownExecutorTypeWarning,
    WaitTimeout,
    Worker,
    connect,
    gather,
)
from tests.live.scene import Scene, scene


def _worker(made: Scene, key: PrivateKey) -> Worker:
    worker = Worker(
        "calculator",
        name="calculator",
        concurrency=2,
        colonyname=made.colonyname,
        prvkey=key,
        colony_key=made.colony_key,
        grace=60,
        url=made.url,
    )

    @worker.function
    async def slow(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    return worker


@contextlib.asynccontextmanager
async def _serving(worker: Worker, keys: Path) -> AsyncGenerator[None]:
    ready = asyncio.Event()
    serving = asyncio.create_task(worker.serve(environ={"COLONIES_KEYS": str(keys)}, ready=ready.set))
    started = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if serving.done():
            await serving
        yield
    finally:
        started.cancel()
        worker.stop("the test is over")
        await serving


@contextlib.asynccontextmanager
async def _session() -> AsyncGenerator[tuple[Scene, AsyncSession]]:
    async with (
        scene() as made,
        connect(made.colonyname, url=made.url, keys={"member": made.user_key}) as session,
    ):
        yield made, session


def test_two_workers_with_one_key_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """A rolling update: the new one comes up while the old one works, which is drained then."""

    async def main() -> None:
        key = PrivateKey.generate()
        async with _session() as (made, session), contextlib.AsyncExitStack() as newer:
            async with _serving(_worker(made, key), tmp_path / "one machine"):
                first = [await session.submit("slow", 3.0, to="calculator") for _ in range(2)]
                for each in first:
                    await session.rpc.subscribe_process(each.process, RUNNING, 60)
                await newer.enter_async_context(_serving(_worker(made, key), tmp_path / "another"))
                then = [await session.submit("slow", 0.1, to="calculator") for _ in range(4)]
            assert await gather(*first, *then, timeout=120) == ["done"] * 6
            assert all(each.process.retries == 0 for each in (*first, *then))

    asyncio.run(main())


def test_options_of_a_job_reach_the_server(tmp_path: Path) -> None:
    async def main() -> None:
        async with _session() as (made, session):
            with pytest.warns(UnknownExecutorTypeWarning):
                early = await session.submit("slow", 0.0, to="calculator")
            async with _serving(_worker(made, PrivateKey.generate()), tmp_path):
                assert await early.output(timeout=60) == "done"
                handle = await session.submit(
                    "slow",
                    0.0,
                    to="calculator",
                    executornames=["calculator"],
                    cpu="1m",
                    mem="1Mi",
                    nodes=1,
                    processes=1,
                    processespernode=1,
                    walltime=60,
                    maxexectime=60,
                )
                assert await handle.output(timeout=60) == "done"
                assert handle.process.state is SUCCESS
                conditions = handle.process.spec.conditions
                assert (conditions.executornames, conditions.cpu, conditions.mem) == (
                    ["calculator"],
                    "1m",
                    "1Mi",
                )
                assert (conditions.nodes, conditions.walltime) == (1, 60)
                other = await session.submit("slow", 0.0, to="calculator", executornames=["nobody"])
                with pytest.raises(WaitTimeout, match="nobody"):
                    await other.wait(timeout=2)
                assert (await session.rpc.get_process(other.processid)).state is WAITING
                await other.cancel()

    asyncio.run(main())
