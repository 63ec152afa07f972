"""Workers, and sessions that give them work, on a server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from colonyos_gen import (
    CANCELLED,
    FAILED,
    SUCCESS,
    AsyncProcessHandle,
    AsyncSession,
    Context,
    PrivateKey,
    ProcessCancelled,
    ProcessFailed,
    Worker,
    as_completed,
    connect,
    gather,
    workflow,
)
from tests.live.scene import Scene, scene


def add(*numbers: int, ctx: Context) -> int:
    inputs: list[int] = ctx.inputs
    return sum(numbers) + sum(inputs)


def divide(a: int, b: int) -> float:
    return a / b


async def tell(text: str, ctx: Context) -> int:
    ctx.log("it begins")
    ctx.progress(0.5, "half of it")
    async with ctx.stream("out") as out:
        for word in text.split():
            await out.send(word + " ")
    return len(text)


async def endless(ctx: Context) -> None:
    await ctx.wait_cancelled()


@contextlib.asynccontextmanager
async def working(made: Scene, tmp_path: Path) -> AsyncGenerator[AsyncSession]:
    """A session, while a worker of the type `calculator` works in the same colony."""
    worker = Worker(
        "calculator",
        concurrency=4,
        colonyname=made.colonyname,
        prvkey=PrivateKey.generate(),
        colony_key=made.colony_key,
        grace=5,
        url=made.url,
    )
    for function in (add, divide, tell, endless):
        worker.function(function)
    ready = asyncio.Event()
    serving = asyncio.create_task(worker.serve(environ={"COLONIES_KEYS": str(tmp_path)}, ready=ready.set))
    started = asyncio.create_task(ready.wait())
    await asyncio.wait([serving, started], return_when=asyncio.FIRST_COMPLETED)
    try:
        if serving.done():
            await serving
        async with connect(made.colonyname, url=made.url, keys={"member": made.user_key}) as session:
            yield session
    finally:
        started.cancel()
        worker.stop("the test is over")
        worker.stop("at once")
        await serving


def play(tmp_path: Path, act: Callable[[AsyncSession], Awaitable[None]]) -> None:
    async def run() -> None:
        async with scene() as made, working(made, tmp_path) as session:
            await act(session)

    asyncio.run(run())


def test_calls(tmp_path: Path) -> None:
    async def act(session: AsyncSession) -> None:
        assert await session.call("add", 1, 2, timeout=60) == 3
        handles = [await session.submit("add", n, to="calculator") for n in range(5)]
        assert await gather(*handles) == [0, 1, 2, 3, 4]
        with pytest.raises(ProcessFailed, match="division by zero") as caught:
            await session.call("divide", 1, 0, timeout=60)
        assert caught.value.process.state is FAILED

    play(tmp_path, act)


def test_handles_are_done_as_they_end(tmp_path: Path) -> None:
    async def act(session: AsyncSession) -> None:
        slow = await session.submit("endless", to="calculator")
        quick = await session.submit("add", 1, to="calculator")
        ended: list[AsyncProcessHandle] = []
        async for handle in as_completed([slow, quick], timeout=60):
            ended.append(handle)
            if handle is quick:
                await slow.cancel()
        assert ended == [quick, slow]
        assert slow.state is CANCELLED
        with pytest.raises(ProcessCancelled):
            await slow.output(timeout=60)

    play(tmp_path, act)


def test_text_streams_and_logs(tmp_path: Path) -> None:
    async def act(session: AsyncSession) -> None:
        text = "a few words that come one by one"
        handle = await session.submit("tell", text, to="calculator", channels=["out"])
        assert "".join([part async for part in handle.stream("out", timeout=60)]) == text + " "
        assert await handle.output(timeout=60) == len(text)
        lines = [log.message async for log in handle.logs()]
        assert any("it begins" in line for line in lines)

    play(tmp_path, act)


def test_workflows(tmp_path: Path) -> None:
    async def act(session: AsyncSession) -> None:
        with workflow("fan", to="calculator") as wf:
            first = wf.task("add", 100, name="first")
            parts = [wf.task("add", n, name=f"part-{n}", after=first) for n in range(4)]
            wf.task("add", name="last", after=parts)
        handle = await session.submit(wf)
        await handle.wait(timeout=60)
        assert handle.state is SUCCESS
        assert await handle.output("last") == 406
        assert (await handle.to_svg()).startswith("<svg")

    play(tmp_path, act)


def test_a_workflow_that_fails_says_where(tmp_path: Path) -> None:
    async def act(session: AsyncSession) -> None:
        with workflow("broken", to="calculator") as wf:
            wf.task("add", 1, name="last", after=wf.task("divide", 1, 0, name="first"))
        handle = await session.submit(wf)
        await handle.wait(timeout=60)
        assert handle.state is FAILED
        failures = await handle.failures()
        assert "division by zero" in str(failures["first"])

    play(tmp_path, act)
