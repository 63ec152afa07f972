"""Requests that meet, for the tests of what the server notices."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import msgspec
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import colony, process
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.process import (
    AssignProcessMsg,
    CancelProcessMsg,
    CloseSuccessfulMsg,
    RemoveAllProcessesMsg,
    RemoveProcessMsg,
)

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import COLONY, Lab, envelope, lab

LONG_S = 60


class Line:
    """A connection of its own, on which bytes are written at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, body: bytes) -> None:
        """Write a request, without giving way to others."""
        head = f"POST {API_PATH} HTTP/1.1\r\nHost: lab\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)

    async def status(self) -> int:
        """Read a reply. Raises ConnectionError or IncompleteReadError when there will be none."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(each.split(":")[1]) for each in head.splitlines() if each.lower().startswith("content-length")
        )
        await self._reader.readexactly(length)
        return int(head.split()[1])

    def close(self) -> None:
        self._writer.close()


async def dial(here: Lab) -> Line:
    """A connection that the server has accepted."""
    made = Line(*await asyncio.open_connection(here.server.host, here.server.port))
    made.send(b"no envelope")
    assert await made.status() == 400
    return made


@contextlib.asynccontextmanager
async def lines(here: Lab, count: int) -> AsyncGenerator[list[Line]]:
    """Several of them."""
    made = [await dial(here) for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            each.close()


Request = tuple[PrivateKey, Method[Any, Any], msgspec.Struct]


def sealed(request: Request) -> bytes:
    """The bytes of a request."""
    key, method, what = request
    return envelope(key, method.msgtype, encode(what))


async def at_once(here: Lab, *requests: Request) -> list[int]:
    """Send requests that all have arrived before the first is answered, and return the statuses of their replies."""
    bodies = [sealed(request) for request in requests]
    async with lines(here, len(bodies)) as made:
        for each, body in zip(made, bodies, strict=True):
            each.send(body)
        return [await each.status() for each in made]


@contextlib.asynccontextmanager
async def polling(here: Lab, executor: PrivateKey) -> AsyncGenerator[None]:
    """Within the block, an executor waits for work."""
    before = here.server.listeners
    poll = asyncio.create_task(here.assign(executor, LONG_S))
    try:
        while here.server.listeners == before:
            await asyncio.sleep(0.001)
        yield
    finally:
        poll.cancel()
        await asyncio.wait([poll])


def cancel(key: PrivateKey, processid: str) -> Request:
    return key, process.CANCEL_PROCESS, CancelProcessMsg(processid=processid)


def remove(key: PrivateKey, processid: str) -> Request:
    return key, process.REMOVE_PROCESS, RemoveProcessMsg(processid=processid)


def close(key: PrivateKey, processid: str) -> Request:
    return key, process.CLOSE, CloseSuccessfulMsg(processid=processid)


def assign(key: PrivateKey) -> Request:
    return key, process.ASSIGN, AssignProcessMsg(colonyname=COLONY, timeout=-1)


def remove_all(here: Lab, state: int) -> Request:
    request = RemoveAllProcessesMsg(colonyname=COLONY, state=state)
    return here.colony_key, process.REMOVE_ALL_PROCESSES, request


def remove_colony(here: Lab) -> Request:
    return here.server_key, colony.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY)


async def settled(here: Lab, user: PrivateKey, processid: str) -> None:
    """What a careful program does before it removes: read that the process is final."""
    assert (await here.process(user, processid)).state.is_final


def noticed(here: Lab) -> dict[str, int]:
    """How often each hazard was met."""
    return dict(here.server.hazards.counts)


def play(act: Callable[[Lab], Awaitable[None]], **options: Any) -> None:
    """Run a test in a lab."""

    async def main() -> None:
        async with asyncio.timeout(300), lab(**options) as here:
            await act(here)

    asyncio.run(main())
