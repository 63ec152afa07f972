"""Interceptors that do not end when they are cancelled: neither a call, nor closing, nor the end of the program waits."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from colonyos_gen import AsyncClient, Client, Interceptor, OutgoingCall, RPCError, RPCTimeoutError
from colonyos_gen.interceptors import Proceed
from tests.client.call.plugged_in.test_stubborn_transports import run
from tests.client.kit.odd import OddTransport
from tests.client.kit.scripted import KEY, PROCESS_ID

SOON_S = 0.2
LONG_S = 60.0


class Stubborn(Interceptor):
    """Lets the call through, and goes on afterwards as often as it is cancelled."""

    def __init__(self) -> None:
        self.at_it = threading.Event()

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> object:
        del call
        await proceed()
        self.at_it.set()
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)


def test_a_call(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with AsyncClient(transport=OddTransport(), member_key=KEY, interceptors=[Stubborn()]) as client:
            with pytest.raises(RPCTimeoutError, match="before an interceptor had come to its end") as caught:
                await client.get_process(PROCESS_ID, rpc_timeout=SOON_S)
            assert caught.value.sent

    run(main)
    assert "an interceptor of get_process has not ended though it was cancelled" in caplog.text


def test_a_call_that_is_cancelled() -> None:
    async def main() -> None:
        async with AsyncClient(transport=OddTransport(), member_key=KEY, interceptors=[Stubborn()]) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SOON_S):
                    await client.get_process(PROCESS_ID)

    run(main)


def test_a_call_of_a_synchronous_client() -> None:
    client = Client(transport=OddTransport(), member_key=KEY, interceptors=[Stubborn()])
    with pytest.raises(RPCTimeoutError):
        client.get_process(PROCESS_ID, rpc_timeout=SOON_S)
    client.close_connections()


def test_a_synchronous_client_that_is_closed_meanwhile() -> None:
    stubborn = Stubborn()
    client = Client(transport=OddTransport(), member_key=KEY, interceptors=[stubborn], timeout=3600)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            client.get_process(PROCESS_ID)
        except RPCError as error:
            failures.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert stubborn.at_it.wait(LONG_S)
    client.close_connections()
    thread.join(LONG_S)
    assert not thread.is_alive(), "the call of another thread never comes back"
    assert len(failures) == 1
