"""Figures of calls, with server, worker and caller in three processes: `python -m tests.bench.calls [embedded] [real]`.

Rates stand beside what the same server does for a program that does everything by hand, measured before and after.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from colonyos_gen.config import server_is_set
from tests.bench.stand import Stand, stand

CALLS = {1: 400, 16: 1000, 64: 1600, 1000: 3000}
"""How many calls are made with so many of them in flight."""
REAL_CALLS = {1: 300, 16: 600, 64: 600, 1000: 1500}
LATE_AIM = {16: 0.025, 64: 0.025, 1000: 0.100}
REQUESTS_AIM = {1: 6.0, 64: 4.0}
CPU_AIM = 0.001
SHARE_AIM = 0.1
_AT_ONCE = 16
_YARDSTICK_S = 3.0
_WAITING = 1000
_WAITING_S = 10.0


class Row(NamedTuple):
    """A figure, the yardstick and their ratio where there are such, and whether the aim is met, where there is one."""

    name: str
    ours: str
    yardstick: str = ""
    ratio: str = ""
    aim: str = ""
    verdict: str = ""


def rate(on: Stand, calls: int, flight: int, aim: float, late: float | None) -> Iterator[Row]:
    """Calls a second beside cycles by hand, and what the calls cost."""
    alone = flight == 1
    clients = 1 if alone else _AT_ONCE
    before = on.cycles(_YARDSTICK_S, clients, read=alone)
    figures = on.calls(calls, flight)
    by_hand = (before + on.cycles(_YARDSTICK_S, clients, read=alone)) / 2
    where = "one after another" if alone else f"{flight:,} in flight"
    yard = "submit, assign, close, read" if alone else f"submit, assign, close ({clients} at once)"
    ours: float = figures["rate"]
    yield Row(
        f"{where} / {yard}",
        f"{ours:.0f}/s",
        f"{by_hand:.0f}/s",
        f"{ours / by_hand:.2f}",
        f"{aim:.2f}",
        "  under" if ours < aim * by_hand else "",
    )
    median, p95 = figures["late"]
    yield _cost(
        f"  end noticed after, {where}: median", median * 1e3, "ms", None if late is None else late * 1e3
    )
    yield _cost(f"  end noticed after, {where}: p95", p95 * 1e3, "ms", None)
    yield _cost(f"  requests a call, {where}", figures["requests"], "", REQUESTS_AIM.get(flight))
    yield _cost(f"  caller's CPU a call, {where}", figures["cpu"] * 1e3, "ms", CPU_AIM * 1e3)
    if (least := figures["least_cpu"]) is not None:
        share = f"{figures['cpu'] / least:.2f}"
        yield Row(
            "  the same / two least requests",
            f"{figures['cpu'] * 1e3:.2f} ms",
            f"{least * 1e3:.2f} ms",
            share,
        )


def waiting(on: Stand) -> Iterator[Row]:
    """What it takes to wait for many that do not end."""
    figures = on.waiting(_WAITING, _WAITING_S)
    yield _cost(f"waiting for {_WAITING:,}: cores of the caller", figures["own"], "", SHARE_AIM)
    if figures["server"] is not None:
        yield _cost(f"waiting for {_WAITING:,}: cores of the server", figures["server"], "", SHARE_AIM)


def _cost(name: str, value: float, unit: str, aim: float | None) -> Row:
    verdict = "  over" if aim is not None and value > aim else ""
    return Row(name, f"{value:.2f} {unit}".strip(), aim="" if aim is None else f"{aim:g}", verdict=verdict)


def rows(*, real: bool, flights: Sequence[int] = tuple(CALLS)) -> Iterator[Row]:
    """All of them on one server, one after the other."""
    for flight in flights:
        with stand(real=real) as on:
            aim = 0.9 if flight == 1 else 0.7 if real and flight < 1000 else 0.6
            late = None if real else LATE_AIM.get(flight)
            try:
                yield from rate(on, (REAL_CALLS if real else CALLS)[flight], flight, aim, late)
            except (
                RuntimeError
            ) as error:  # a side that ended before its time; the other figures are of use all the same
                yield Row(f"{flight:,} in flight: {error}"[:64], "none", verdict="  FAILED")
    with stand(real=real) as on:
        yield from waiting(on)


def show(*, real: bool, flights: Sequence[int] = tuple(CALLS)) -> None:
    """Measure and print."""
    title = f"calls, {'the real server' if real else 'embedded server'}"
    print(f"\n{title:64} {'ours':>10} {'by hand':>10} {'ratio':>6} {'aim':>6}")
    for row in rows(real=real, flights=flights):
        print(
            f"{row.name:64} {row.ours:>10} {row.yardstick:>10} {row.ratio:>6} {row.aim:>6}{row.verdict}",
            flush=True,
        )


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print for the embedded server, and for the real one where the environment names it."""
    flights = [int(each) for each in arguments if each.isdigit()] or tuple(CALLS)
    names = [each for each in arguments if not each.isdigit()]
    if not names or "embedded" in names:
        show(real=False, flights=flights)
    if "real" in names or (not names and server_is_set()):
        show(real=True, flights=flights)


if __name__ == "__main__":
    main(sys.argv[1:])
