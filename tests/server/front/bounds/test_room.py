"""Room for large bodies: in turn, whoever they are from, and never for all by one."""

from __future__ import annotations

import asyncio

import pytest

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front.bounds import room
from colonyos_gen.server._front.bounds.room import Room
from tests.server.front.skipping_loop import run

LONG_S = 1000.0


async def settled(*tasks: asyncio.Task[None]) -> list[bool]:
    """Which of them have got their room."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() and not task.cancelled() and task.exception() is None for task in tasks]


def asking(here: Room, *wanted: tuple[str, int]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(here.take(address, size, LONG_S)) for address, size in wanted]


def test_bodies_wait_in_turn() -> None:
    async def main() -> None:
        here = Room(100, 100)
        tasks = asking(here, ("a", 60), ("b", 50), ("c", 10), ("d", 40))
        assert await settled(*tasks) == [True, False, False, False]
        assert (here.taken, here.waiting) == (60, 3)
        here.give_back("a", 60)
        assert await settled(*tasks) == [True, True, True, True]
        assert (here.taken, here.waiting) == (100, 0)

    run(main())


def test_large_ones_are_not_passed_by_small_ones_for_ever() -> None:
    async def main() -> None:
        here = Room(100, 100)
        first, large, small = asking(here, ("a", 60), ("b", 90), ("c", 10))
        assert await settled(first, large, small) == [True, False, False]
        here.give_back("a", 60)
        assert await settled(large, small) == [True, True]

    run(main())


def test_an_address_with_its_share_holds_up_nobody_else() -> None:
    async def main() -> None:
        here = Room(100, 50)
        tasks = asking(here, ("a", 50), *[("a", 10)] * 5, ("b", 50))
        assert await settled(tasks[0], tasks[-1]) == [True, True]
        assert not any(await settled(*tasks[1:-1]))
        here.give_back("b", 50)
        assert not any(await settled(*tasks[1:-1]))
        here.give_back("a", 50)
        assert all(await settled(*tasks[1:-1]))

    run(main())


def test_whoever_waits_too_long_is_sent_away() -> None:
    async def main() -> None:
        here = Room(100, 100)
        await here.take("a", 100, LONG_S)
        with pytest.raises(Refusal, match=r"^429 Too many large requests"):
            await here.take("b", 1, 3)
        assert (here.taken, here.waiting) == (100, 0)

    run(main())


def test_whoever_comes_when_many_wait_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_WAITING", 4)
    monkeypatch.setattr(room, "MOST_WAITING_OF_ONE", 2)

    async def main() -> None:
        here = Room(100, 100)
        await here.take("a", 100, LONG_S)
        waiting = asking(here, ("a", 1), ("a", 1), ("b", 1))
        await settled(*waiting)
        with pytest.raises(Refusal, match=r"^429 "):
            await here.take("a", 1, LONG_S)
        waiting += asking(here, ("c", 1))
        await settled(*waiting)
        with pytest.raises(Refusal, match=r"^429 "):
            await here.take("d", 1, LONG_S)
        for task in waiting:
            task.cancel()

    run(main())


@pytest.mark.parametrize("admitted", [False, True])
def test_whoever_leaves_gives_back(*, admitted: bool) -> None:
    """Also at the very moment at which there is room."""

    async def main() -> None:
        here = Room(100, 100)
        await here.take("a", 100, LONG_S)
        [leaving, next_one] = asking(here, ("b", 100), ("c", 60))
        await settled(leaving, next_one)
        if admitted:
            here.give_back("a", 100)
            leaving.cancel()
        else:
            leaving.cancel()
            await settled(leaving)
            here.give_back("a", 100)
        assert await settled(next_one) == [True]
        assert (here.taken, here.waiting) == (60, 0)

    run(main())


def test_who_has_to_hurry() -> None:
    """Those who hold what somebody waits for, and nobody else."""

    async def main() -> None:
        here = Room(100, 50)
        with here.share("a") as ours, here.share("b") as theirs:
            await ours.take(50, LONG_S)
            await theirs.take(10, LONG_S)
            assert not ours.is_wanted
            [waiting] = asking(here, ("a", 10))
            await settled(waiting)
            assert ours.is_wanted
            assert not theirs.is_wanted
            waiting.cancel()
            await settled(waiting)
            [waiting] = asking(here, ("c", 50))
            await settled(waiting)
            assert ours.is_wanted
            assert theirs.is_wanted
            ours.give_back()
            await waiting
            assert not theirs.is_wanted
        assert here.taken == 50

    run(main())
