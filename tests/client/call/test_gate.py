"""The gate that all requests to one server pass: turns, lanes, threads and event loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time

import pytest

from colonyos_gen._call.in_flight import Gate, Lane, Turn, gate_of


def test_a_call_in_a_hurry_slows_nobody_down() -> None:
    """A short timeout tells nothing about the server, nor does one slow call among others that are answered."""
    gate = Gate()
    assert gate.timed_out(time.monotonic() - 0.5) == ""
    began = time.monotonic() - 5
    gate.answered()
    assert gate.timed_out(began) == ""
    assert gate.limit == 1, "no lane is open"
    lane = gate.open_lane(16)
    assert gate.limit == 16
    turn = asyncio.run(gate.enter(lane, time.monotonic() + 60))
    gate.leave(turn)
    gate.leave(turn)
    assert gate.under_way == 0


def test_clients_of_different_threads_wake_each_other() -> None:
    """A turn that is given back in one thread is taken in another."""
    gate = Gate()
    lanes = [gate.open_lane(1) for _ in range(8)]
    under_way: list[int] = []

    async def work(number: int) -> None:
        for _ in range(200):
            until = time.monotonic() + 60
            turn = gate.enter_at_once(lanes[number], until) or await gate.enter(lanes[number], until)
            under_way.append(gate.under_way)
            await asyncio.sleep(0)
            gate.leave(turn)

    def in_a_thread(number: int) -> None:
        asyncio.run(work(number))

    threads = [threading.Thread(target=in_a_thread, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(under_way) == 1600
    assert max(under_way) == 1
    assert gate.under_way == 0


@pytest.mark.parametrize("closed", ["while they wait", "while they are under way"])
def test_an_event_loop_that_is_closed_takes_nothing_with_it(closed: str) -> None:
    """Neither its turns, nor more of them than it had."""
    gate = Gate()
    first, second = gate.open_lane(4), gate.open_lane(4)

    async def take(lane: Lane, count: int) -> list[Turn]:
        until = time.monotonic() + 60
        return [gate.enter_at_once(lane, until) or await gate.enter(lane, until) for _ in range(count)]

    async def leave_behind() -> None:
        for _ in range(10 if closed == "while they wait" else 4):
            task = asyncio.create_task(take(first, 1))
            left.append(task)
        await asyncio.sleep(0)

    left: list[asyncio.Task[list[Turn]]] = []
    loop = asyncio.new_event_loop()
    held: list[Turn] = []
    if closed == "while they wait":
        held = asyncio.run(take(second, 4))
    loop.run_until_complete(leave_behind())
    loop.close()
    for turn in held:
        gate.leave(turn)
    left.clear()
    gc.collect()
    assert 0 <= gate.under_way <= 4

    async def go_on() -> None:
        async with asyncio.timeout(300):
            for turn in await take(second, 4):
                gate.leave(turn)

    asyncio.run(go_on())
    assert gate.under_way == 0


def test_what_a_client_may_have_holds_for_its_waits_too() -> None:
    """Those that wait for processes are a part of its lane."""
    gate = Gate()
    whole = gate.open_lane(2)
    part = gate.open_lane(2, whole)

    async def take() -> None:
        until = time.monotonic() + 60
        turns = [gate.enter_at_once(whole, until), gate.enter_at_once(part, until)]
        assert None not in turns
        assert gate.enter_at_once(whole, until) is None
        assert gate.enter_at_once(part, until) is None

    gate.open_lane(16)
    asyncio.run(take())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]", "0.0.0.0"])
def test_one_machine_has_one_gate(host: str) -> None:
    """However it is spelt."""
    assert gate_of(f"http://{host}:50080") is gate_of("http://127.0.0.1:50080/")
    assert gate_of(f"http://{host}:50081") is not gate_of("http://127.0.0.1:50080/")
