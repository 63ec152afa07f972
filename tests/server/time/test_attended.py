from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from colonyos_gen.server import ManualClock
from colonyos_gen.server._clock import NS_PER_S, moment
from colonyos_gen.server._time.attended import Attended
from colonyos_gen.server._time.rate import TokenBucket

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("hours", [-1, 1])
def test_setting_the_clock_shows_another_time_and_lets_none_pass(hours: int) -> None:
    clock = ManualClock(START)
    rung: list[datetime] = []
    clock.call_later(30, lambda: rung.append(moment(clock.now_ns())))
    before = clock.elapsed_ns()
    clock.set(START + timedelta(hours=hours))
    assert (moment(clock.now_ns()), clock.elapsed_ns()) == (START + timedelta(hours=hours), before)
    clock.advance(29)
    assert not rung
    clock.advance(2)
    assert rung == [START + timedelta(hours=hours, seconds=30)]


def test_a_server_that_was_not_there_has_attended_nothing() -> None:
    clock = ManualClock()
    attended = Attended(clock)
    start = attended.now_ns()

    def passed(seconds: float) -> float:
        clock.advance(seconds)
        return (attended.now_ns() - start) / NS_PER_S

    assert [passed(1), passed(5), passed(3600), passed(1)] == [1, 6, 6, 7]


def test_a_rate_holds_whatever_the_clock_is_set_to() -> None:
    clock = ManualClock(START)
    rate = TokenBucket(clock, rate=1, burst=2)
    assert [rate.take() for _ in range(3)] == [True, True, False]
    clock.set(START + timedelta(hours=1))
    assert not rate.take()
    clock.set(START - timedelta(hours=1))
    clock.advance(1)
    assert [rate.take(), rate.take()] == [True, False]
