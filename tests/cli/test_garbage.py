"""When the garbage collector looks at what, in the process of `colonyos-gen serve`."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from colonyos_gen.cli.garbage import NEVER, Garbage, looked_through_at_leisure

HOUR = 3600.0


class Ring:
    """Something that refers to itself."""

    def __init__(self) -> None:
        self.ring = self


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(before[0], before[1], NEVER)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
    gc.collect()


def aged() -> tuple[Ring, weakref.ref[Ring]]:
    """A ring that has become old, after much has become half old."""
    ring = Ring()
    for _ in range(25):
        gc.collect(1)
    return ring, weakref.ref(ring)


def test_old_garbage_goes_at_a_quiet_moment() -> None:
    garbage = Garbage(0)
    ring, is_there = aged()
    del ring
    garbage.tick(1, 0.5)
    garbage.tick(2, 1.0)
    assert is_there() is not None
    garbage.tick(3, 1.001)
    assert is_there() is None


def test_it_goes_after_an_hour_without_one() -> None:
    garbage = Garbage(0)
    ring, is_there = aged()
    del ring
    garbage.tick(HOUR - 1, HOUR)
    assert is_there() is not None
    garbage.tick(HOUR, HOUR + 1)
    assert is_there() is None


def test_a_little_is_not_worth_a_look() -> None:
    garbage = Garbage(0)
    gc.collect(1)
    before = gc.get_stats()[2]["collections"]
    garbage.tick(1, 0)
    assert gc.get_stats()[2]["collections"] == before


def test_what_was_in_use_at_a_look_goes_later() -> None:
    garbage = Garbage(0)
    ring, is_there = aged()
    garbage.tick(1, 0)
    del ring
    _ = aged()
    garbage.tick(2, 0)
    assert is_there() is None


def test_what_is_young_goes_all_the_time() -> None:
    """And in a program of somebody else, nothing changes."""

    async def main() -> None:
        before = gc.get_threshold()
        async with looked_through_at_leisure():
            assert gc.get_threshold() == (*before[:2], NEVER)
            is_there = weakref.ref(Ring())
            kept = [[number] for number in range(50_000)]
            assert len(kept) == 50_000
            assert is_there() is None
        assert gc.get_threshold() == before

    asyncio.run(main())
