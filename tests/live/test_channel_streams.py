"""Channel streams over bad connections: every entry once, in order, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from colonyos_gen import (
    AsyncChannelStream,
    AsyncClient,
    ChannelEntry,
    Ended,
    NotFoundError,
    Process,
    RateLimitedError,
)
from tests.client.kit.proxy import Proxy

from .scene import Scene, play

pytestmark = pytest.mark.long

ENTRIES = 1000
CUTS = 100
MOST_MISSED = 30
"""Entries that the reader may be behind."""


async def running(scene: Scene, channel: str = "out") -> Process:
    """A process that has a channel and runs."""
    spec = scene.spec("chat")
    spec.channels = [channel]
    process = await scene.client.submit(spec)
    await scene.assign()
    return process


async def append(scene: Scene, process: Process, sequence: int, kind: str = "data", **options: Any) -> None:
    """Append an entry as the executor, as fast as the server allows."""
    options = {"prvkey": scene.executor_key} | options
    while True:
        try:
            await scene.client.channel_append(
                process.processid, "out", sequence, f"entry {sequence}", kind, 0, **options
            )
        except RateLimitedError:
            await asyncio.sleep(0.02)
        else:
            return


@asynccontextmanager
async def through(scene: Scene, **options: Any) -> AsyncGenerator[tuple[Proxy, AsyncClient]]:
    """A client behind a proxy."""
    async with (
        Proxy(scene.url, **options) as proxy,
        AsyncClient(proxy.url, member_key=scene.user_key, retries=20) as client,
    ):
        yield proxy, client


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    """A thousand entries through a connection that is cut at least a hundred times, and stalls in between."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        received: list[ChannelEntry] = []
        async with through(scene, seed=3) as (proxy, client):

            async def send() -> None:
                for sequence in range(1, ENTRIES + 1):
                    await until(lambda due=sequence * CUTS // ENTRIES: proxy.cuts >= due)
                    # All that was missed comes in one frame, which must fit into what a connection lasts for.
                    await until(lambda due=sequence - MOST_MISSED: len(received) >= due)
                    await append(scene, process, sequence, "end" if sequence == ENTRIES else "data")

            sending = asyncio.create_task(send())
            async with client.subscribe_channel(process.processid, "out", timeout=600) as stream:
                async for entry in stream:
                    received.append(entry)
            await sending
            assert proxy.cuts >= CUTS
        assert [entry.sequence for entry in received] == list(range(1, ENTRIES + 1))
        assert [entry.payload_as_string() for entry in received[:2]] == ["entry 1", "entry 2"]
        assert (stream.ended, stream.next_index) == (Ended.END, ENTRIES)

    play(act)


def test_entries_that_arrive_out_of_order_while_the_connection_is_down() -> None:
    """Late lower sequences move the others in the channel, so that counting alone would miss them."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        async with through(scene, seed=1) as (proxy, client):
            proxy.calm = True
            async with client.subscribe_channel(process.processid, "out", timeout=600) as stream:
                for sequence in (10, 20, 30):
                    await append(scene, process, sequence)
                received = [await anext(stream) for _ in range(3)]
                proxy.cut_all()
                for sequence in (5, 15, 25):
                    await append(scene, process, sequence)
                await append(scene, process, 1, prvkey=scene.user_key)
                await append(scene, process, 1, prvkey=scene.user_key)
                received += [await anext(stream) for _ in range(5)]
                await append(scene, process, 40, "end")
                received += [entry async for entry in stream]
        executor = [entry.sequence for entry in received if entry.senderid == scene.executor_key.id]
        assert executor[:3] == [10, 20, 30]
        assert sorted(executor[3:-1]) == [5, 15, 25]
        assert executor[-1] == 40
        assert [e.sequence for e in received if e.senderid == scene.user_key.id] == [1, 1]

    play(act)


def test_an_end_entry_ends_it() -> None:
    """It is delivered, and what follows it can still be had from `next_index` on."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        for sequence, kind in enumerate(["data", "end", "data"], 1):
            await append(scene, process, sequence, kind)
        stream = scene.client.subscribe_channel(process.processid, "out")
        assert [entry.msgtype async for entry in stream] == ["data", "end"]
        assert (stream.ended, stream.next_index) == (Ended.END, 2)
        rest = scene.client.subscribe_channel(process.processid, "out", stream.next_index, 0)
        assert [entry.sequence async for entry in rest] == [3]
        assert (rest.ended, rest.next_index) == (Ended.TIMEOUT, 3)

    play(act)


@pytest.mark.parametrize("end", ["close", "fail", "cancel"])
def test_the_end_of_the_process_ends_it(end: str) -> None:
    """Everything that was appended before has arrived then."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        key = scene.executor_key
        async with scene.client.subscribe_channel(process.processid, "out") as stream:
            await append(scene, process, 1)
            first = await anext(stream)
            await append(scene, process, 2)
            if end == "close":
                await scene.client.close(process.processid, prvkey=key)
            elif end == "fail":
                await scene.client.fail(process.processid, prvkey=key)
            else:
                await scene.client.cancel_process(process.processid)
            assert [entry.sequence for entry in [first] + [entry async for entry in stream]] == [1, 2]
        assert stream.ended is Ended.PROCESS

    play(act)


def test_a_process_that_ends_while_the_connection_is_down() -> None:
    """The stream ends all the same; what it did not get by then is gone."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        async with through(scene, seed=1) as (proxy, client):
            proxy.calm = True
            async with client.subscribe_channel(process.processid, "out") as stream:
                await append(scene, process, 1)
                received = [await anext(stream)]
                proxy.cut_all()
                await scene.client.close(process.processid, prvkey=scene.executor_key)
                received += [entry async for entry in stream]
        assert [entry.sequence for entry in received] == [1]
        assert stream.ended is Ended.PROCESS

    play(act)


def test_a_process_that_had_ended_before() -> None:
    """Its entries are gone, which is no empty stream but an error; so is a channel that does not exist."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        with pytest.raises(NotFoundError):
            await anext(scene.client.subscribe_channel(process.processid, "no-such-channel"))
        await scene.client.close(process.processid, prvkey=scene.executor_key)
        for timeout in (None, 0, 5):
            stream = scene.client.subscribe_channel(process.processid, "out", timeout=timeout)
            with pytest.raises(NotFoundError):
                await anext(stream)
        assert stream.ended is None

    play(act)


def test_time_is_up() -> None:
    """The timeout is this client's own: none of the server's special values shows through."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        await append(scene, process, 1)
        for timeout in (-1, 0, 0.3, 1):
            stream = scene.client.subscribe_channel(process.processid, "out", timeout=timeout)
            async with asyncio.timeout(5):
                assert [entry.sequence async for entry in stream] == [1]
            assert stream.ended is Ended.TIMEOUT

    play(act)


def test_a_wait_that_is_given_up_can_be_resumed() -> None:
    """With `async with` and without, over the same or a new connection."""

    async def act(scene: Scene) -> None:
        process = await running(scene)

        async def resume(stream: AsyncChannelStream, sequence: int) -> ChannelEntry:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(stream), 0.05)
            await append(scene, process, sequence)
            return await anext(stream)

        stream = scene.client.subscribe_channel(process.processid, "out")
        received = [await resume(stream, sequence) for sequence in (1, 2)]
        async with stream:
            received += [await resume(stream, sequence) for sequence in (3, 4)]
        assert [entry.sequence for entry in received] == [1, 2, 3, 4]
        assert stream.ended is Ended.CLOSED

    play(act)


def test_two_readers_of_one_stream() -> None:
    """Each entry goes to one of them."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        async with scene.client.subscribe_channel(process.processid, "out") as stream:

            async def read() -> list[int]:
                return [entry.sequence async for entry in stream]

            readers = [asyncio.create_task(read()) for _ in range(2)]
            for sequence in range(1, 21):
                await append(scene, process, sequence, "end" if sequence == 20 else "data")
            parts = await asyncio.gather(*readers)
        assert sorted(parts[0] + parts[1]) == list(range(1, 21))

    play(act)


def test_a_callback_decides_when_it_ends() -> None:
    """An `end` entry is its business then; the end of the process ends it anyway."""

    async def act(scene: Scene) -> None:
        process = await running(scene)
        for sequence, kind in enumerate(["data", "end", "data"], 1):
            await append(scene, process, sequence, kind)
        batches: list[list[int]] = []

        def take(entries: list[ChannelEntry]) -> bool:
            batches.append([entry.sequence for entry in entries])
            return entries[-1].sequence != 5

        listening = asyncio.create_task(scene.client.subscribe_channel(process.processid, "out", 1, 20, take))
        await until(lambda: batches)
        for sequence in (4, 5, 6):
            await append(scene, process, sequence)
        received = await listening
        assert [entry.sequence for entry in received][:4] == [2, 3, 4, 5]
        assert batches[0] == [2, 3]
        batches.clear()
        listening = asyncio.create_task(
            scene.client.subscribe_channel(
                process.processid, "out", 0, None, lambda entries: take(entries) or True
            )
        )
        await until(lambda: batches)
        await scene.client.close(process.processid, prvkey=scene.executor_key)
        assert [entry.sequence for entry in await listening] == [1, 2, 3, 4, 5, 6]

    play(act)
