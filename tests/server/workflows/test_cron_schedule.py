"""Cron expressions: what is refused, and when the others come round. The texts and times are those of the real server."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._workflows.cron_schedule import read_schedule

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 24, 9, 12, 12, 100_000, tzinfo=STOCKHOLM)
"""A Tuesday."""

REFUSED = {
    "": "empty cron expression string",
    "   ": "expected exactly 6 fields, found 0: []",
    "* * * * *": "expected exactly 6 fields, found 5: [* * * * *]",
    "0 0 3 * * * 2026": "expected exactly 6 fields, found 7: [0 0 3 * * * 2026]",
    " @daily": "expected exactly 6 fields, found 1: [@daily]",
    "tz=UTC 0 0 3 * * *": "expected exactly 6 fields, found 7: [tz=UTC 0 0 3 * * *]",
    "TZ=UTC  ": "expected exactly 6 fields, found 0: []",
    "0 0 0 * * 7": "end of range (7) above maximum (6): 7",
    "0 0 0 * * 0-7": "end of range (7) above maximum (6): 0-7",
    "60 * * * * *": "end of range (60) above maximum (59): 60",
    "0 60 * * * *": "end of range (60) above maximum (59): 60",
    "0 0 24 * * *": "end of range (24) above maximum (23): 24",
    "0 0 0 0 * *": "beginning of range (0) below minimum (1): 0",
    "0 0 0 32 * *": "end of range (32) above maximum (31): 32",
    "0 0 0 1 0 *": "beginning of range (0) below minimum (1): 0",
    "0 0 0 1 13 *": "end of range (13) above maximum (12): 13",
    "5-1 * * * * *": "beginning of range (5) beyond end of range (1): 5-1",
    "0 0 0 * * fri-mon": "beginning of range (5) beyond end of range (1): fri-mon",
    "*/0 * * * * *": "step of range should be a positive number: */0",
    "*/-2 * * * * *": "negative number (-2) not allowed: -2",
    "1/2/3 * * * * *": "too many slashes: 1/2/3",
    "1-2-3 * * * * *": "too many hyphens: 1-2-3",
    "-1 * * * * *": "failed to parse int from ",
    "5/ * * * * *": "failed to parse int from ",
    "0 0 0 L * *": "failed to parse int from L",
    "0 0 0 15W * *": "failed to parse int from 15W",
    "0 0 0 * * 5#2": "failed to parse int from 5#2",
    "0 0 0 * * L5": "failed to parse int from L5",
    "h * * * * *": "failed to parse int from h",
    "r * * * * *": "failed to parse int from r",
    "1.5 * * * * *": "failed to parse int from 1.5",
    "1_0 * * * * *": "failed to parse int from 1_0",
    "\uff15 * * * * *": "failed to parse int from \uff15",
    "9223372036854775808 * * * * *": "failed to parse int from 9223372036854775808",
    "0 0 0 * MONDAY *": "failed to parse int from MONDAY",
    "0 0 0 jan * *": "failed to parse int from jan",
    "@Daily": "unrecognized descriptor: @Daily",
    "@reboot": "unrecognized descriptor: @reboot",
    "@every": "unrecognized descriptor: @every",
    "@EVERY 5s": "unrecognized descriptor: @EVERY 5s",
    "@every  5s": 'failed to parse duration @every  5s: time: invalid duration " 5s"',
    "@every 10": 'failed to parse duration @every 10: time: invalid duration "10"',
    "@every 2d": 'failed to parse duration @every 2d: time: invalid duration "2d"',
    "@every 9999999999h": 'failed to parse duration @every 9999999999h: time: invalid duration "9999999999h"',
    "TZ=Nowhere/City 0 0 3 * * *": "provided bad location Nowhere/City: unknown time zone Nowhere/City",
    "TZ=../x 0 0 3 * * *": "provided bad location ../x: unknown time zone ../x",
    "TZ=Europe 0 0 3 * * *": "provided bad location Europe: unknown time zone Europe",
    "1," * 10_000 + "2 * * * * *": "the cron expression has more than 10000 characters",
}

ACCEPTED = {
    "* * * * * *": "2026-11-24T09:12:13",
    "? ? ? ? ? ?": "2026-11-24T09:12:13",
    "*,5 * * * * *": "2026-11-24T09:12:13",
    "*-5 * * * * *": "2026-11-24T09:12:13",
    "* * * * * *\u00a0": "2026-11-24T09:12:13",
    "?/2 * * * * *": "2026-11-24T09:12:14",
    "*/15 * * * * *": "2026-11-24T09:12:15",
    "3/10 * * * * *": "2026-11-24T09:12:13",
    "1-30/7 * * * * *": "2026-11-24T09:12:15",
    "*/61 * * * * *": "2026-11-24T09:13:00",
    "1,,2 * * * * *": "2026-11-24T09:13:01",
    "+5 * * * * *": "2026-11-24T09:13:05",
    "  0   0 3 * * *  ": "2026-11-25T03:00:00",
    "0\t0 3 * * *": "2026-11-25T03:00:00",
    "0 0 0 1,15 * ?": "2026-12-01T00:00:00",
    "0 0 0 ? * MON": "2026-11-30T00:00:00",
    "0 0 0 * * MON,WED,fri": "2026-11-25T00:00:00",
    "0 0 0 * jan-mar,DEC sun": "2026-12-06T00:00:00",
    "0 0 12 * * SUN/2": "2026-11-24T12:00:00",
    "0 0 0 1-31 * MON": "2026-11-25T00:00:00",
    "0 0 0 */2 * MON": "2026-11-25T00:00:00",
    "0 0 0 */1 * MON": "2026-11-30T00:00:00",
    "0 0 0 1 * 0-6": "2026-11-25T00:00:00",
    "0 0 0 31 4 FRI": "2027-04-02T00:00:00",
    "0 0 0 , * MON": "2026-11-30T00:00:00",
    "0 0 0 29 2 *": "2028-02-29T00:00:00",
    "0 0 0 30 2 *": None,
    ", * * * * *": None,
    "0 0 0 , * *": None,
    "@yearly": "2027-01-01T00:00:00",
    "@annually": "2027-01-01T00:00:00",
    "@monthly": "2026-12-01T00:00:00",
    "@weekly": "2026-11-29T00:00:00",
    "@daily": "2026-11-25T00:00:00",
    "@midnight": "2026-11-25T00:00:00",
    "@hourly": "2026-11-24T10:00:00",
    "@every 1h30m": "2026-11-24T10:42:12",
    "@every .5h": "2026-11-24T09:42:12",
    "@every +5s": "2026-11-24T09:12:17",
    "@every 1.5s": "2026-11-24T09:12:13",
    "@every 5\u00b5s": "2026-11-24T09:12:13",
    "@every -5s": "2026-11-24T09:12:13",
    "@every 0": "2026-11-24T09:12:13",
    "TZ=America/New_York @every 1h": "2026-11-24T10:12:12",
    "TZ=UTC 0 0 3 * * *": "2026-11-25T04:00:00",
    "TZ= 0 0 3 * * *": "2026-11-25T04:00:00",
    "TZ=UTC @daily": "2026-11-25T01:00:00",
    "TZ=Local 0 0 3 * * *": "2026-11-25T03:00:00",
    "CRON_TZ=Asia/Tokyo 0 0 3 * * *": "2026-11-24T19:00:00",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_refused(expression: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_schedule(expression, STOCKHOLM)
    assert (caught.value.status, caught.value.message) == (400, REFUSED[expression])


@pytest.mark.parametrize("expression", ACCEPTED)
def test_accepted(expression: str) -> None:
    found = read_schedule(expression, STOCKHOLM).next(NOW)
    expected = ACCEPTED[expression]
    if found is not None:
        assert found.tzinfo is UTC
        found = found.astimezone(STOCKHOLM)
    assert found == (expected and datetime.fromisoformat(expected).replace(tzinfo=STOCKHOLM))


def beats(expression: str, start: datetime, count: int) -> list[str]:
    schedule, found = read_schedule(expression, STOCKHOLM), [start]
    while len(found) <= count:
        beat = schedule.next(found[-1])
        assert beat is not None
        found.append(beat)
    return [beat.astimezone(STOCKHOLM).strftime("%d %H:%M %z") for beat in found[1:]]


def test_an_hour_that_the_clock_skips_has_no_beats() -> None:
    evening = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert beats("0 30 2 * * *", evening, 2) == ["30 02:30 +0200", "31 02:30 +0200"]
    assert beats("0 30 1-3 * * *", evening, 3) == ["29 01:30 +0100", "29 03:30 +0200", "30 01:30 +0200"]


def test_an_hour_that_the_clock_repeats_has_its_beats_twice() -> None:
    evening = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert beats("0 30 2 * * *", evening, 3) == ["25 02:30 +0200", "25 02:30 +0100", "26 02:30 +0100"]


def test_a_beat_is_later_than_the_moment_that_is_asked_about() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    schedule = read_schedule("0 0 12 * * *")
    assert schedule.next(noon) == noon + timedelta(days=1)
    assert schedule.next(noon - timedelta(microseconds=1)) == noon


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "croniter", None)
    with pytest.raises(Refusal, match=r"501 .* needs croniter .*pip install 'colonyos-gen\[server\]'"):
        read_schedule("0 59 23 31 12 *")
    assert read_schedule("@every 61m").next(NOW) == NOW.replace(microsecond=0) + timedelta(minutes=61)
