"""How long a test waits for the testing kit."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable

from colonyos_gen import AsyncClient, PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.testing import InProcessTransport, LocalColony
from tests.bench import Beside, beside

START_UP_AIM = 0.150
CALL_AIM = 0.001
WITHOUT_SOCKETS_AIM = 0.5


def start_up(times: int = 20) -> float:
    """Median seconds from `LocalColony()` to a colony that answers calls, once everything is imported."""
    return statistics.median(_start_up() for _ in range(times + 1))


def _start_up() -> float:
    started = time.perf_counter()
    with LocalColony() as colony:
        colony.client.get_colony(colony.name)
        return time.perf_counter() - started


def call(times: int = 1000) -> float:
    """Median seconds of a call to it from synchronous code, over loopback."""
    with LocalColony() as colony:
        return _calls(colony, times)


def call_without_sockets(times: int = 40, rounds: int = 40) -> Beside:
    """The same without sockets, and over loopback in turn with it."""
    with LocalColony(sockets=False) as without, LocalColony() as over:
        return beside((_calls(without, times), _calls(over, times)) for _ in range(rounds + 1))


def acall_without_sockets(times: int = 40, rounds: int = 40) -> Beside:
    """The same of coroutines on the event loop of the server, so that no thread waits for another one."""
    return asyncio.run(_acall_without_sockets(times, rounds))


async def _acall_without_sockets(times: int, rounds: int) -> Beside:
    owner = PrivateKey.generate()
    async with (
        Server(server_key=owner) as server,
        AsyncClient(server.url, server_key=owner) as over,
        AsyncClient(transport=InProcessTransport(server), server_key=owner) as without,
    ):
        return beside(
            [(await _acalls(without, times), await _acalls(over, times)) for _ in range(rounds + 1)]
        )


async def _acalls(client: AsyncClient, times: int) -> float:
    taken: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        await client.get_colonies()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _calls(colony: LocalColony, times: int) -> float:
    client, name = colony.client, colony.name
    return statistics.median(_call(lambda: client.get_colony(name)) for _ in range(times))


def _call(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


ROWS: list[tuple[str, Callable[[], float], float]] = [
    ("LocalColony: start-up and a first call", start_up, START_UP_AIM),
    ("LocalColony: a call", call, CALL_AIM),
]


def main() -> None:
    """Measure and print: what was measured, the median, and the aim."""
    for name, measure, aim in ROWS:
        taken = measure()
        verdict = "" if taken <= aim else "  over"
        print(f"{name:44} {taken * 1e3:8.2f}ms {'':>10} {'':>7} {aim * 1e3:4.0f}ms{verdict}", flush=True)
    for name, compare in (
        ("LocalColony: a call, without sockets / with", call_without_sockets),
        ("the same, of coroutines", acall_without_sockets),
    ):
        print(compare().row(name, WITHOUT_SOCKETS_AIM), flush=True)


if __name__ == "__main__":
    main()
