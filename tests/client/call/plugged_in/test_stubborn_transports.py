"""Transports that do not end when they are cancelled: neither a call nor the end of the program waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from colonyos_gen import AsyncClient, RPCTimeoutError
from colonyos_gen._call import guarded
from colonyos_gen.errors import ConnectionFailedError
from tests.client.kit.loops import in_a_loop
from tests.client.kit.odd import OddConnection, OddTransport, forever, raises
from tests.client.kit.scripted import KEY, PROCESS_ID

SOON_S = 0.2
LONG = 60.0


async def stubborn() -> Any:
    """Goes on, as often as it is cancelled."""
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


class Closing(OddTransport):
    """Does something when it is closed."""

    def __init__(self, deed: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        super().__init__()
        self.deed = deed

    async def close(self) -> None:
        await self.deed()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """`asyncio.run`, which must come to an end."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive(), "something is waited for that never ends"
    if failures:
        raise failures[0]


def test_a_call(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        transport: Any = OddTransport(stubborn)
        async with AsyncClient(transport=transport, member_key=KEY) as client:
            with pytest.raises(RPCTimeoutError) as caught:
                await client.get_process(PROCESS_ID, rpc_timeout=SOON_S)
            assert caught.value.sent
            assert (await client.get_process(PROCESS_ID)).processid == PROCESS_ID

    run(main)
    assert "OddTransport.post has not ended though it was cancelled" in caplog.text


def test_a_call_that_is_cancelled() -> None:
    async def main() -> None:
        transport: Any = OddTransport(stubborn)
        async with AsyncClient(transport=transport, member_key=KEY) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SOON_S):
                    await client.get_process(PROCESS_ID)

    run(main)


@pytest.mark.parametrize("where", ["connect", "send"])
def test_a_subscription(where: str) -> None:
    async def main() -> None:
        connects = stubborn if where == "connect" else lambda: OddConnection(send=stubborn)
        transport: Any = OddTransport(connects=connects)
        async with AsyncClient(transport=transport, member_key=KEY, timeout=SOON_S, retries=0) as client:
            with pytest.raises((RPCTimeoutError, ConnectionFailedError)):
                await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()

    run(main)


def test_a_stream_that_is_closed() -> None:
    async def main() -> None:
        transport: Any = OddTransport(connects=lambda: OddConnection(receive=stubborn))
        async with AsyncClient(transport=transport, member_key=KEY) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SOON_S):
                    await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()

    run(main)


@pytest.mark.parametrize("deed", [forever, stubborn])
def test_closing(
    deed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(guarded, "CLOSE_S", SOON_S)

    async def main() -> None:
        transport: Any = Closing(deed)
        async with AsyncClient(transport=transport, member_key=KEY):
            pass

    run(main)
    assert "Closing.close was given up" in caplog.text


@in_a_loop
async def test_a_connection_that_comes_too_late_is_dropped() -> None:
    connection = OddConnection()
    released = asyncio.Event()

    async def connect() -> Any:
        while not released.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await released.wait()
        return connection

    transport: Any = OddTransport(connects=connect)
    async with AsyncClient(transport=transport, member_key=KEY, timeout=SOON_S, retries=0) as client:
        with pytest.raises((RPCTimeoutError, ConnectionFailedError)):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()
        released.set()
        async with asyncio.timeout(LONG):
            while not connection.dropped:
                await asyncio.sleep(0)


@in_a_loop
async def test_dropping_a_connection_ends_no_program(caplog: pytest.LogCaptureFixture) -> None:
    connection = OddConnection(send=raises(ConnectionFailedError("the real one")), drop=raises(SystemExit(4)))
    transport: Any = OddTransport(connects=lambda: connection)
    async with AsyncClient(transport=transport, member_key=KEY, retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="the real one"):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()
    assert "OddConnection.drop has failed" in caplog.text
