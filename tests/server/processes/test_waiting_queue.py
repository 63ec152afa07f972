from __future__ import annotations

import itertools
import random
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from colonyos_gen.server._processes.matching import Demand, Offer
from colonyos_gen.server._processes.waiting_queue import WaitingQueue
from tests.drawn import drawn

ANY = Offer("c", "t", "ex")

demands = st.builds(
    Demand,
    colonyname=st.sampled_from("cd"),
    executortype=st.sampled_from("tu"),
    executornames=st.lists(st.sampled_from(["ex", "ey", "ez"]), max_size=2, unique=True).map(tuple),
    location=st.sampled_from(["", "here", "there"]),
    cpu=st.integers(0, 2),
    memory=st.integers(0, 2),
)
offers = st.builds(
    Offer,
    colonyname=st.sampled_from("cd"),
    executortype=st.sampled_from("tu"),
    executorname=st.sampled_from(["ex", "ey"]),
    location=st.sampled_from(["", "here"]),
    cpu=st.integers(-1, 2),
    memory=st.integers(0, 2),
)
pushes = st.tuples(st.just("push"), demands, st.integers(0, 5))
pops = st.tuples(st.just("pop"), offers, st.just(0))
discards = st.tuples(st.just("discard"), st.just(None), st.integers(0, 40))


@settings(max_examples=drawn(300), deadline=None)
@given(st.lists(st.one_of(pushes, pops, discards), max_size=60))
def test_serves_like_a_search_through_a_sorted_list(
    steps: list[tuple[str, Demand | Offer | None, int]],
) -> None:
    queue = WaitingQueue()
    model: dict[str, tuple[int, int, Demand]] = {}
    for ordinal, (_, what, number) in enumerate(steps):
        if isinstance(what, Demand):
            queue.push(str(ordinal), number, what)
            model[str(ordinal)] = number, ordinal, what
        elif isinstance(what, Offer):
            fitting = [name for name, (_, _, demand) in model.items() if demand.met_by(what)]
            expected = min(fitting, key=lambda name: model[name][:2], default=None)
            assert queue.pop(what) == expected
            if expected is not None:
                del model[expected]
        else:
            queue.discard(str(number))
            model.pop(str(number), None)
        assert len(queue) == len(model)


def test_lowest_priority_time_first_and_then_by_arrival() -> None:
    queue = WaitingQueue()
    for name, prioritytime in [("b1", 2), ("c", 3), ("b2", 2), ("a", 1)]:
        queue.push(name, prioritytime, Demand("c", "t"))
    assert [queue.pop(ANY) for _ in range(5)] == ["a", "b1", "b2", "c", None]


def test_location_and_names_are_told_apart() -> None:
    queue = WaitingQueue()
    queue.push("named", 1, Demand("c", "t", ("other", "ex")))
    queue.push("there", 2, Demand("c", "t", location="there"))
    assert queue.pop(Offer("c", "t", "stranger")) is None
    assert queue.pop(Offer("c", "t", "stranger", location="there")) == "there"
    assert queue.pop(ANY) == "named"
    assert "named" not in queue


def test_a_long_queue_is_no_slower() -> None:
    """Popping takes steps by the number of kinds of demands, not by the number of processes."""

    def steps(length: int) -> int:
        queue = WaitingQueue()
        source = random.Random(1)
        for number in range(length):
            # Most of the queue is for somebody else, or too large.
            kind = source.choice([Demand("c", "t", ("other",)), Demand("c", "t", cpu=9), Demand("c", "t")])
            queue.push(str(number), source.randrange(10**9), kind)
        counted = itertools.count()
        sys.setprofile(lambda _frame, _event, _argument: next(counted) and None)
        try:
            for _ in range(50):
                assert queue.pop(Offer("c", "t", "ex", cpu=1)) is not None
        finally:
            sys.setprofile(None)
        return next(counted)

    assert steps(20_000) < 2 * steps(500)


def test_entries_of_processes_that_left_do_not_pile_up() -> None:
    queue = WaitingQueue()
    demand = Demand("c", "t")
    queue.push("first", 0, demand)
    for number in range(10_000):
        queue.push(str(number), number + 1, demand)
        queue.discard(str(number))
    [heaps] = queue._lanes.values()  # pyright: ignore[reportPrivateUsage]
    assert sum(map(len, heaps.values())) < 200
    assert queue.pop(ANY) == "first"
