"""How long a test waits for the testing kit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from colonyos_gen.testing import LocalColony

START_UP_AIM = 0.150
CALL_AIM = 0.001


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
    return _calls(times, sockets=True)


def call_without_sockets(times: int = 300, rounds: int = 5) -> tuple[float, float]:
    """The same without sockets, and over loopback in turn with it: medians of both."""
    pairs = [(_calls(times, sockets=False), _calls(times, sockets=True)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _calls(times: int, *, sockets: bool) -> float:
    with LocalColony(sockets=sockets) as colony:
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
        print(f"{name:40} {taken * 1e3:8.2f}ms {'':>10} {'':>7} {aim * 1e3:4.0f}ms{verdict}", flush=True)
    without, over = call_without_sockets()
    name = "LocalColony: a call, without sockets / with"
    print(f"{name:40} {without * 1e3:8.2f}ms {over * 1e3:8.2f}ms {without / over:7.2f}", flush=True)


if __name__ == "__main__":
    main()
