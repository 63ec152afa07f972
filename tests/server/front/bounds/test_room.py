"""Room for large bodies: never for all by one, and never so that everybody waits for each other."""

from __future__ import annotations

import asyncio
import random

import pytest

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front.bounds import room
from colonyos_gen.server._front.bounds.room import STEP, Room, Share
from tests.server.front.skipping_loop import run

LONG_S = 1000.0
A, B, C, D = (f"192.0.2.{number}" for number in range(1, 5))
HERE = "127.0.0.1"


def body(here: Room, address: str, steps: int) -> Share:
    """One that may have so many steps of bytes."""
    share = Share(here, address)
    share.expect(steps * STEP)
    return share


async def get(share: Share, steps: int, seconds: float = LONG_S) -> None:
    """Let so much of a body come."""
    if not share.has(steps * STEP):
        await share.wait_for(steps * STEP, seconds)


async def settled(*tasks: asyncio.Task[None]) -> list[bool]:
    """Which of the tasks are done, once everybody has had a turn."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


def getting(*wanted: tuple[Share, int]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(get(share, steps)) for share, steps in wanted]


def test_what_is_announced_takes_no_room() -> None:
    here = Room(10 * STEP, 10 * STEP)
    bodies = [body(here, A, 10) for _ in range(100)]
    assert all(each.has(1000) for each in bodies)
    assert here.taken == 0
    assert bodies[0].has(STEP)
    assert here.taken == STEP
    bodies[0].give_back()
    assert here.taken == 0


def test_those_who_have_little_left_pass_by() -> None:
    async def main() -> None:
        here = Room(10 * STEP, 10 * STEP)
        first, second, small = body(here, A, 10), body(here, B, 10), body(here, C, 2)
        await get(first, 6)
        [waiting] = getting((second, 5))
        assert await settled(waiting) == [False]  # neither would come to its end
        await get(small, 2)
        small.give_back()
        assert await settled(waiting) == [False]
        await get(first, 10)
        first.give_back()
        assert await settled(waiting) == [True]

    run(main())


def test_an_address_with_its_share_holds_up_nobody_else() -> None:
    async def main() -> None:
        here = Room(10 * STEP, 5 * STEP)
        first, others, theirs = body(here, A, 5), [body(here, A, 1) for _ in range(3)], body(here, B, 5)
        await get(first, 5)
        tasks = getting(*[(each, 1) for each in others])
        await get(theirs, 5)
        theirs.give_back()
        assert not any(await settled(*tasks))
        first.give_back()
        assert all(await settled(*tasks))

    run(main())


def test_this_machine_is_not_counted_as_an_address() -> None:
    here = Room(10 * STEP, 5 * STEP)
    assert body(here, HERE, 5).has(5 * STEP)
    assert body(here, HERE, 5).has(5 * STEP)


def test_whoever_waits_too_long_is_sent_away() -> None:
    async def main() -> None:
        here = Room(10 * STEP, 10 * STEP)
        await get(body(here, A, 10), 10)
        with pytest.raises(Refusal, match=r"^429 Too many large requests"):
            await get(body(here, B, 1), 1, 3)
        assert (here.taken, here.waiting) == (10 * STEP, 0)

    run(main())


def test_when_many_wait_the_largest_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_WAITING", 3)
    monkeypatch.setattr(room, "MOST_WAITING_OF_ONE", 2)

    async def main() -> None:
        here = Room(10 * STEP, 10 * STEP)
        await get(body(here, A, 10), 10)
        waiting = getting((body(here, A, 2), 1), (body(here, A, 3), 1), (body(here, B, 9), 1))
        await settled(*waiting)
        with pytest.raises(Refusal, match=r"^429 "):
            await get(body(here, A, 4), 1)
        with pytest.raises(Refusal, match=r"^429 "):
            await get(body(here, C, 9), 1)
        waiting += getting((body(here, A, 1), 1))
        assert await settled(*waiting) == [False, True, False, False]
        waiting += getting((body(here, C, 1), 1), (body(here, D, 1), 1))
        assert await settled(*waiting) == [True, True, True, False, False, False]
        for task in waiting:
            task.cancel()
        for task in waiting[:3]:
            with pytest.raises(Refusal, match=r"^429 "):
                await task

    run(main())


@pytest.mark.parametrize("admitted", [False, True])
def test_whoever_leaves_gives_back(*, admitted: bool) -> None:
    """Also in the moment between being let in and knowing it."""

    async def main() -> None:
        here = Room(10 * STEP, 10 * STEP)
        first, leaving, next_one = body(here, A, 10), body(here, B, 10), body(here, C, 6)
        await get(first, 10)
        tasks = getting((leaving, 10), (next_one, 6))
        await settled(*tasks)
        if admitted:
            first.give_back()
            tasks[0].cancel()
            await settled(*tasks)
            leaving.give_back()
        else:
            tasks[0].cancel()
            await settled(*tasks)
            first.give_back()
        assert await settled(tasks[1]) == [True]
        assert (here.taken, here.waiting) == (6 * STEP, 0)

    run(main())


def test_who_has_to_hurry() -> None:
    """Only those who hold room, as long as somebody waits for it that could have it."""

    async def main() -> None:
        here = Room(10 * STEP, 5 * STEP)
        ours, theirs = body(here, A, 5), body(here, B, 1)
        await get(ours, 5)
        await get(theirs, 1)
        assert not ours.is_wanted
        for address, steps, wanted in ((A, 1, (True, False)), (C, 5, (True, True))):
            [waiting] = getting((body(here, address, steps), steps))
            await settled(waiting)
            assert (ours.is_wanted, theirs.is_wanted) == wanted
            waiting.cancel()
            await settled(waiting)
        assert not ours.is_wanted

    run(main())


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_all_come_to_an_end(seed: int) -> None:
    """A hundred bodies, some of which do not say how long they are, one piece after the other: nobody waits in a ring."""
    chance = random.Random(seed)
    most = 0

    async def come(here: Room, address: str, steps: int, pieces: int) -> None:
        nonlocal most
        with here.share(address) as share:
            share.expect(steps * STEP)
            for piece in range(1, pieces + 1):
                await get(share, piece, LONG_S * 1000)
                most = max(most, here.taken)
                await asyncio.sleep(chance.choice([0, 0, 0, 0.1]))
            share.complete()
            await asyncio.sleep(chance.random())

    async def main() -> None:
        here = Room(20 * STEP, chance.choice([10, 20]) * STEP)
        async with asyncio.TaskGroup() as group:
            for _ in range(100):
                steps = chance.randint(1, 10)
                group.create_task(
                    come(here, chance.choice([A, B, HERE]), steps, chance.randint(1, steps)),
                )
        assert (here.taken, here.waiting) == (0, 0)
        assert 10 * STEP < most <= 20 * STEP

    run(main())
