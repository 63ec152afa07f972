"""Connections that the peer has closed while nobody looked."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from colonyos_gen import AsyncClient, FunctionSpec, RPCError
from tests.client.kit.loops import in_a_loop
from tests.client.kit.scripted import KEY, Scripted, sample

ECHO = FunctionSpec.new("echo", "cli", "dev")
TLS = Path(__file__).parents[1] / "tls"


def _loops() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    try:
        import uvloop
    except ImportError:
        return loops
    return loops | {"uvloop": uvloop.new_event_loop}


@pytest.mark.parametrize("loop", _loops().values(), ids=_loops())
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("others", [0, 3])
def test_a_connection_that_was_closed_while_the_program_computed_is_not_used(
    loop: Callable[[], asyncio.AbstractEventLoop], scheme: str, others: int
) -> None:
    """It would be said of the request that it may have been carried out."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")

    async def use(server: Scripted) -> None:
        async with AsyncClient(server.url, member_key=KEY, retries=0, insecure=True) as client:
            for _ in range(3):
                closed = server.connections
                await asyncio.gather(*(client.submit(ECHO) for _ in range(1 + others)))
                # A request that begins late may come over the connection of one that has its answer already.
                assert all(request.connection >= closed for request in server.requests[-1 - others :])
                server.hang_up()
                time.sleep(0.2)  # the program computes, and the event loop sees nothing
        assert len(server.requests) == 3 * (1 + others)

    with (
        Scripted(sample, tls=context if scheme == "https" else None) as server,
        asyncio.Runner(loop_factory=loop) as runner,
    ):
        runner.run(use(server))


@pytest.mark.parametrize("turns", range(1, 7))
@in_a_loop
async def test_a_client_is_closed_while_a_call_looks_what_was_closed(turns: int) -> None:
    """The call is told so, like any other."""
    with Scripted(sample) as server:
        client = AsyncClient(server.url, member_key=KEY, retries=0)
        await client.submit(ECHO)
        time.sleep(0.1)
        call = asyncio.create_task(client.submit(ECHO))
        for _ in range(turns):
            await asyncio.sleep(0)
        await client.close_connections()
        with pytest.raises(RPCError):
            await call
