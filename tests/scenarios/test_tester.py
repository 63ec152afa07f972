"""Scenario 8: an executor is tested with no server installed."""

from __future__ import annotations

from colonyos_gen import Worker
from colonyos_gen.testing import LocalColony

w = Worker("math")


@w.function
def add(a: int, b: int) -> int:
    return a + b


def test_add(colonies: LocalColony) -> None:  # pytest fixture: in-memory server
    with colonies.worker(w):
        assert colonies.call("add", 1, 2) == 3
    colonies.advance(hours=2)  # deadlines, crons


def test_time_passes_while_it_works(colonies: LocalColony) -> None:
    with colonies.worker(w):
        assert colonies.call("add", 1, 2) == 3
        colonies.advance(hours=2)
        assert colonies.call("add", 3, 4) == 7
