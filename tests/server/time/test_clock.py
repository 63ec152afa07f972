from __future__ import annotations

from datetime import UTC, datetime

from colonyos_gen.server._clock import ManualClock, moment


def test_advance_runs_timers_in_order_at_their_moments() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    heard: list[tuple[str, datetime]] = []

    def note(what: str) -> None:
        heard.append((what, moment(clock.now_ns())))

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
    assert heard == [
        ("early", datetime(2026, 5, 1, 0, 0, 30, tzinfo=UTC)),
        ("again", datetime(2026, 5, 1, 0, 1, 0, tzinfo=UTC)),
        ("late", datetime(2026, 5, 1, 0, 1, 30, tzinfo=UTC)),
        ("again", datetime(2026, 5, 1, 0, 2, 0, tzinfo=UTC)),
    ]
    assert moment(clock.now_ns()) == datetime(2026, 5, 1, 0, 2, 30, tzinfo=UTC)


def test_moments_have_microseconds() -> None:
    assert moment(1_999) == datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
