"""A wait for a frame that is cancelled, at whatever moment, leaves the frame to the next one, with any transport."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_CHANNEL

from colonyos_gen._call.guarded import Guarded
from colonyos_gen.transport import Connection, Transport
from tests.client.kit.loops import in_a_loop


class Queued(Connection):
    """Receives what is put into a queue."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()

    @property
    def heard_at(self) -> float:
        return 0.0

    async def send(self, body: bytes) -> None:
        del body

    async def receive(self) -> bytes:
        return await self.frames.get()

    async def ping(self) -> None:
        pass

    def drop(self) -> None:
        pass


class Answering(Queued):
    """Answers its cancellation by returning what has arrived."""

    async def receive(self) -> bytes:
        try:
            return await self.frames.get()
        except asyncio.CancelledError:
            if self.frames.empty():
                raise
            return self.frames.get_nowait()


class OneConnection(Transport):
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def url(self) -> str:
        return "http://nowhere"

    async def post(
        self, body: bytes, *, method: Any, headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        raise NotImplementedError

    async def connect(self, *, method: Any, headers: Mapping[str, str] | None, timeout: float) -> Connection:
        del method, headers, timeout
        return self.connection

    async def close(self) -> None:
        pass


def frame_first(connection: Queued, waiting: asyncio.Task[bytes]) -> None:
    connection.frames.put_nowait(b"1")
    waiting.cancel()


def cancelled_first(connection: Queued, waiting: asyncio.Task[bytes]) -> None:
    waiting.cancel()
    connection.frames.put_nowait(b"1")


@pytest.mark.parametrize("kind", [Queued, Answering])
@pytest.mark.parametrize("happens", [frame_first, cancelled_first])
@pytest.mark.parametrize("turns", range(4))
@in_a_loop
async def test_a_wait_that_is_cancelled_when_a_frame_comes(
    kind: type[Queued], happens: Callable[[Queued, asyncio.Task[bytes]], None], turns: int
) -> None:
    queued = kind()
    connection = await Guarded(OneConnection(queued)).connect(
        method=SUBSCRIBE_CHANNEL, headers=None, timeout=60
    )
    waiting = asyncio.create_task(connection.receive())
    for _ in range(10):
        await asyncio.sleep(0)
    happens(queued, waiting)
    for _ in range(turns):
        await asyncio.sleep(0)
    queued.frames.put_nowait(b"2")
    await asyncio.wait({waiting})
    received = [] if waiting.cancelled() else [waiting.result()]
    while len(received) < 2:
        received.append(await asyncio.wait_for(connection.receive(), 60))
    assert received == [b"1", b"2"]


class Deaf(Queued):
    """Does not hear that a wait is cancelled."""

    async def receive(self) -> bytes:
        getting = asyncio.create_task(self.frames.get())
        while not getting.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({getting})
        return getting.result()


@in_a_loop
async def test_frames_come_in_order_after_a_wait_that_did_not_end() -> None:
    """Whoever waits next gets what it was waiting for."""
    queued = Deaf()
    connection = await Guarded(OneConnection(queued)).connect(
        method=SUBSCRIBE_CHANNEL, headers=None, timeout=60
    )
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await connection.receive()
    waiting = asyncio.create_task(connection.receive())
    for _ in range(10):
        await asyncio.sleep(0)
    queued.frames.put_nowait(b"1")
    assert await asyncio.wait_for(waiting, 60) == b"1"
    queued.frames.put_nowait(b"2")
    assert await asyncio.wait_for(connection.receive(), 60) == b"2"
