"""The time of a call holds whatever its transport and its interceptors do, and its error says rightly whether it was sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from colonyos_gen import AsyncClient, Client, Interceptor, OutgoingCall, RPCTimeoutError
from colonyos_gen.errors import ConnectionFailedError
from colonyos_gen.interceptors import Proceed
from tests.client.kit.loops import in_a_loop
from tests.client.kit.odd import OddConnection, OddTransport, forever, raises
from tests.client.kit.scripted import HANG, KEY, PROCESS_ID, Scripted, sample

SOON_S = 1.0


class Before(Interceptor):
    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        del call
        await forever()
        return await proceed()


class After(Interceptor):
    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        del call
        reply = await proceed()
        await forever()
        return reply


class AfterError(Interceptor):
    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        del call
        try:
            return await proceed()
        finally:
            await forever()


class Seeing(Interceptor):
    def __init__(self) -> None:
        self.seen: list[BaseException] = []

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        del call
        try:
            return await proceed()
        except BaseException as error:
            self.seen.append(error)
            raise


async def late(client: AsyncClient) -> RPCTimeoutError:
    """The error of a call, which comes long before somebody gives up on it."""
    async with asyncio.timeout(60):
        with pytest.raises(RPCTimeoutError) as caught:
            await client.get_process(PROCESS_ID, rpc_timeout=SOON_S)
    assert caught.value.method == "get_process"
    assert client._pipeline._gate.under_way == 0  # pyright: ignore[reportPrivateUsage]
    return caught.value


@in_a_loop
async def test_a_transport_that_hangs() -> None:
    """Interceptors see the same error as the caller; the turn is free again, so that the next call has one."""
    seeing = Seeing()
    transport: Any = OddTransport(forever, url="odd://hangs")
    async with AsyncClient(
        transport=transport, member_key=KEY, interceptors=[seeing], max_in_flight=1, pool_size=1
    ) as client:
        error = await late(client)
        assert error.sent
        assert seeing.seen == [error]
        assert (await client.get_process(PROCESS_ID)).processid == PROCESS_ID


@pytest.mark.parametrize("make", [Before, After], ids=["before", "after"])
@in_a_loop
async def test_an_interceptor_that_hangs(make: type[Interceptor]) -> None:
    transport: Any = OddTransport(url=f"odd://{make.__name__}")
    async with AsyncClient(transport=transport, member_key=KEY, interceptors=[make()]) as client:
        error = await late(client)
        assert error.sent is (make is After)
        assert transport.posted == (1 if make is After else 0)
        assert ("not sent" in error.hint) is not error.sent


@pytest.mark.parametrize("make", [Before, After], ids=["before", "after"])
@in_a_loop
async def test_an_interceptor_that_hangs_over_sockets(make: type[Interceptor]) -> None:
    with Scripted(sample) as server:
        async with AsyncClient(server.url, member_key=KEY, interceptors=[make()]) as client:
            error = await late(client)
            assert error.sent is (make is After)
            assert len(server.requests) == (1 if make is After else 0)


@in_a_loop
async def test_what_provably_was_not_sent_is_not_said_to_be() -> None:
    """Although it got as far as the transport."""
    transport: Any = OddTransport(
        *[raises(ConnectionFailedError("no way", sent=False))] * 9, url="odd://unsent"
    )
    async with AsyncClient(transport=transport, member_key=KEY, interceptors=[AfterError()]) as client:
        error = await late(client)
        assert transport.posted > 0
        assert not error.sent


@in_a_loop
async def test_a_try_that_was_not_sent_after_one_that_may_have_been() -> None:
    """The error is the last one, but what it says of the request is about all tries."""
    transport: Any = OddTransport(
        raises(ConnectionFailedError("broke", sent=True)),
        *[raises(ConnectionFailedError("no way", sent=False))] * 3,
        url="odd://mixed",
    )
    async with AsyncClient(transport=transport, member_key=KEY) as client:
        with pytest.raises(ConnectionFailedError, match="no way") as caught:
            await client.get_process(PROCESS_ID)
    assert transport.posted == 4
    assert caught.value.sent
    assert "may have been carried out" in caught.value.hint


@in_a_loop
async def test_a_client_without_interceptors_keeps_the_words_of_its_transport() -> None:
    with Scripted(HANG) as server:
        async with AsyncClient(server.url, member_key=KEY) as client:
            assert "no reply within" in str(await late(client))


def test_a_synchronous_client_keeps_the_time() -> None:
    transport: Any = OddTransport(forever, url="odd://sync")
    with Client(transport=transport, member_key=KEY, timeout=SOON_S) as client:
        with pytest.raises(RPCTimeoutError):
            client.get_process(PROCESS_ID)
        assert client.get_process(PROCESS_ID, rpc_timeout=60).processid == PROCESS_ID


HANGING = {
    "connect": (forever, ConnectionFailedError),
    "send": (lambda: OddConnection(send=forever), RPCTimeoutError),
}


@pytest.mark.parametrize("where", HANGING)
@in_a_loop
async def test_a_subscription_that_cannot_be_opened(where: str) -> None:
    """It has no end of its own, and ends all the same."""
    connects, kind = HANGING[where]
    transport: Any = OddTransport(connects=connects, url=f"odd://subscribe-{where}")
    async with (
        asyncio.timeout(60),
        AsyncClient(transport=transport, member_key=KEY, timeout=SOON_S, retries=1) as client,
    ):
        with pytest.raises(kind):
            await client.subscribe_channel(PROCESS_ID, "out", 0, 3600).take()


@in_a_loop
async def test_an_interceptor_that_hangs_around_a_subscription() -> None:
    transport: Any = OddTransport(url="odd://subscribe")
    async with (
        asyncio.timeout(60),
        AsyncClient(
            transport=transport, member_key=KEY, timeout=SOON_S, retries=1, interceptors=[Before()]
        ) as client,
    ):
        with pytest.raises(RPCTimeoutError) as caught:
            await client.subscribe_channel(PROCESS_ID, "out", 0, 3600).take()
    assert not caught.value.sent
