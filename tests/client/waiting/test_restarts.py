"""Waiting while the server is restarted: on the same port, with the same rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from colonyos_gen import (
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncClient,
    Colony,
    Ended,
    Executor,
    FunctionSpec,
    PrivateKey,
    Process,
)
from colonyos_gen.server import Server


@dataclass
class Place:
    """A server with one process that waits for an executor."""

    server: Server
    client: AsyncClient
    process: Process

    async def append(self, *sequences: int, kind: str = "data") -> None:
        for sequence in sequences:
            await self.client.channel_append(self.process.processid, "out", sequence, "x", kind, 0)

    async def restart(self, pause: float = 0.3) -> None:
        await self.server.stop()
        await asyncio.sleep(pause)
        await self.server.start()


@asynccontextmanager
async def place() -> AsyncGenerator[Place]:
    owner, key = PrivateKey.generate(), PrivateKey.generate()
    async with (
        Server() as server,
        AsyncClient(
            server.url, server_key=server.server_key, colony_key=owner, member_key=key, retries=10
        ) as client,
    ):
        await client.add_colony(Colony(colonyid=owner.id, name="dev"))
        await client.add_executor(Executor.new("worker", key.id, "cli", "dev"))
        await client.approve_executor("dev", "worker")
        spec = FunctionSpec.new("chat", "cli", "dev")
        spec.channels = ["out"]
        yield Place(server, client, await client.submit(spec))


def test_a_wait_for_a_process_goes_on() -> None:
    """The change may come after the restart, or be there when the server is back."""

    async def act() -> None:
        async with place() as made:
            waiting = asyncio.create_task(made.client.subscribe_process(made.process, RUNNING, 100))
            await asyncio.sleep(0.1)
            await made.restart()
            await made.client.assign("dev", 5)
            assert (await waiting).state is RUNNING
            waiting = asyncio.create_task(made.client.subscribe_process(made.process, SUCCESS, 100))
            await asyncio.sleep(0.1)
            await made.client.close(made.process.processid, output=["done"])
            await made.server.stop()
            await made.server.start()
            assert (await waiting).output == ["done"]

    asyncio.run(act())


def test_events_of_a_process_go_on() -> None:
    """None comes twice."""

    async def act() -> None:
        async with place() as made:
            events = made.client.process_events(made.process, 100)
            assert (await anext(events)).state is WAITING
            await made.restart()
            await made.client.assign("dev", 5)
            assert (await anext(events)).state is RUNNING
            await made.restart()
            await made.client.close(made.process.processid)
            assert [process.state async for process in events] == [SUCCESS]
            assert events.ended is Ended.PROCESS

    asyncio.run(act())


def test_a_server_that_does_not_come_back() -> None:
    """The wait lasts until its timeout: it might have come back."""

    async def act() -> None:
        async with place() as made:
            events = made.client.process_events(made.process, 3)
            await anext(events)
            await made.server.stop()
            assert [process async for process in events] == []
            assert events.ended is Ended.TIMEOUT

    asyncio.run(act())


def test_a_channel_goes_on() -> None:
    """Whether the server kept the channel or lost it: nothing comes twice, and nothing new is missed."""

    async def act() -> None:
        async with place() as made:
            await made.client.assign("dev", 5)
            async with made.client.subscribe_channel(made.process.processid, "out") as stream:
                await made.append(1, 2, 3)
                received = [(await anext(stream)).sequence for _ in range(3)]
                await made.restart()
                await made.append(4, 5)
                received += [(await anext(stream)).sequence for _ in range(2)]
                await made.restart(0)
                await made.append(6, kind="end")
                received += [entry.sequence async for entry in stream]
            assert received == [1, 2, 3, 4, 5, 6]
            assert stream.ended is Ended.END

    asyncio.run(act())


def test_a_process_that_ends_during_the_restart() -> None:
    """Its stream ends as well."""

    async def act() -> None:
        async with place() as made:
            await made.client.assign("dev", 5)
            async with made.client.subscribe_channel(made.process.processid, "out") as stream:
                await made.append(1)
                received = [(await anext(stream)).sequence]
                rest = asyncio.create_task(stream.take())
                await made.restart()
                await made.client.close(made.process.processid)
                assert await rest is None
            assert received == [1]
            assert stream.ended is Ended.PROCESS

    asyncio.run(act())
