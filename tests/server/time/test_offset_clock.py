"""The clock that passes by itself and can be moved on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from colonyos_gen.server._clock import ManualClock, OffsetClock, moment

START = datetime(2026, 5, 1, tzinfo=UTC)


def _now(clock: OffsetClock) -> datetime:
    return moment(clock.now_ns())


def test_advance_runs_timers_in_order_at_their_moments() -> None:
    async def main() -> None:
        clock = OffsetClock(START)
        heard: list[tuple[str, int]] = []

        def note(what: str) -> None:
            heard.append((what, round((_now(clock) - START).total_seconds())))

        def again() -> None:
            note("again")
            clock.call_later(60, again)

        clock.call_later(90, lambda: note("late"))
        clock.call_later(30, lambda: note("early"))
        clock.call_later(31, lambda: note("never")).cancel()
        clock.call_later(60, again)
        clock.advance(29)
        assert heard == []
        clock.advance(minutes=2, seconds=1)
        assert heard == [("early", 30), ("again", 60), ("late", 90), ("again", 120)]
        assert _now(clock) >= START + timedelta(seconds=150)

    asyncio.run(main())


def test_time_passes_by_itself_and_timers_run() -> None:
    async def main() -> None:
        clock = OffsetClock(START)
        rung = asyncio.Event()
        clock.call_later(3600, lambda: None)
        clock.call_later(0.02, rung.set)
        cancelled = clock.call_later(0.01, lambda: pytest.fail("it was cancelled"))
        cancelled.cancel()
        await asyncio.wait_for(rung.wait(), 10)
        assert _now(clock) >= START + timedelta(seconds=0.02)
        # One that lay an hour ahead is near after a jump, and then comes by itself.
        clock.call_later(3600.02, rung.set)
        rung.clear()
        clock.advance(hours=1)
        assert not rung.is_set()
        await asyncio.wait_for(rung.wait(), 10)

    asyncio.run(main())


def test_a_timer_set_by_a_real_timer_runs_too() -> None:
    async def main() -> None:
        clock = OffsetClock()
        rung = asyncio.Event()

        def again() -> None:
            clock.call_later(0.005, rung.set)

        clock.call_later(0.005, again)
        await asyncio.wait_for(rung.wait(), 10)

    asyncio.run(main())


def test_one_timer_that_fails_does_not_stop_the_others() -> None:
    async def main() -> None:
        clock = OffsetClock(START)
        rung = asyncio.Event()

        def fail() -> None:
            raise LookupError("on purpose")

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # noqa: ARG005
        clock.call_later(0.005, fail)
        clock.call_later(0.01, rung.set)
        await asyncio.wait_for(rung.wait(), 10)

        clock.call_later(5, fail)
        with pytest.raises(LookupError):
            clock.advance(10)
        assert _now(clock) >= START + timedelta(seconds=10)

    asyncio.run(main())


def test_without_a_start_it_shows_the_time_of_the_machine() -> None:
    before = datetime.now(UTC)
    clock = OffsetClock()
    shown = _now(clock)
    assert before - timedelta(seconds=1) <= shown <= datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize("kind", [ManualClock, OffsetClock])
def test_time_does_not_go_back(kind: type[ManualClock] | type[OffsetClock]) -> None:
    clock = kind()
    before = clock.now_ns()
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
    assert clock.now_ns() >= before
