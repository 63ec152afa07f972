"""Interceptors that do not end when they are cancelled: neither a call, nor closing, nor the end of the program waits."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from colonyos_gen import AsyncClient, Client, Interceptor, OutgoingCall, RPCError, RPCTimeoutError
from colonyos_gen._call.apart import UNWIND_S
from colonyos_gen.interceptors import Proceed
from tests.client.call.plugged_in.test_stubborn_transports import run, stubborn
from tests.client.call.test_deadlines import Seeing
from tests.client.kit.odd import OddConnection, OddTransport
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


class Late(Interceptor):
    """Goes on with the call when it is cancelled, once it has been let go."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.over = asyncio.Event()

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> object:
        del call
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(self.wait_s)
        try:
            return await proceed()
        finally:
            self.over.set()


@pytest.mark.parametrize("wait_s", [0, UNWIND_S + 0.1], ids=["at once", "when it was let go"])
@pytest.mark.parametrize("kind", ["call", "subscription"])
def test_what_was_cancelled_is_not_sent_any_more(kind: str, wait_s: float) -> None:
    connection = OddConnection()

    async def main() -> None:
        transport, late = OddTransport(connects=lambda: connection), Late(wait_s)
        async with AsyncClient(transport=transport, member_key=KEY, interceptors=[late]) as client:
            stream = client.subscribe_processes("cli", 2)
            doing = client.get_process(PROCESS_ID) if kind == "call" else anext(stream)
            task = asyncio.ensure_future(doing)
            await asyncio.sleep(SOON_S)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
            await late.over.wait()
            assert (transport.posted, connection.sent) == (0, 0)
            await stream.close()

    run(main)


def test_an_interceptor_sees_that_a_transport_took_too_long() -> None:
    """It is not blamed itself."""
    seeing = Seeing()

    async def main() -> None:
        transport = OddTransport(stubborn)
        async with AsyncClient(transport=transport, member_key=KEY, interceptors=[seeing]) as client:
            with pytest.raises(RPCTimeoutError, match="no reply within"):
                await client.get_process(PROCESS_ID, rpc_timeout=SOON_S)

    run(main)
    assert [type(each) for each in seeing.seen] == [RPCTimeoutError]
