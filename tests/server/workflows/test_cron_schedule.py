"""Cron expressions: what is refused, and when the others come round. The texts and times are those of the real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._workflows.cron_fields import KINDS, read_field
from colonyos_gen.server._workflows.cron_schedule import read_schedule
from tests.drawn import drawn

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
    "-1 * * * * *": 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax',
    "5/ * * * * *": 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax',
    "0 0 0 L * *": 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax',
    "0 0 0 15W * *": 'failed to parse int from 15W: strconv.Atoi: parsing "15W": invalid syntax',
    "0 0 0 * * 5#2": 'failed to parse int from 5#2: strconv.Atoi: parsing "5#2": invalid syntax',
    "0 0 0 * * L5": 'failed to parse int from L5: strconv.Atoi: parsing "L5": invalid syntax',
    "h * * * * *": 'failed to parse int from h: strconv.Atoi: parsing "h": invalid syntax',
    "r * * * * *": 'failed to parse int from r: strconv.Atoi: parsing "r": invalid syntax',
    "1.5 * * * * *": 'failed to parse int from 1.5: strconv.Atoi: parsing "1.5": invalid syntax',
    "1_0 * * * * *": 'failed to parse int from 1_0: strconv.Atoi: parsing "1_0": invalid syntax',
    "\uff15 * * * * *": 'failed to parse int from \uff15: strconv.Atoi: parsing "\uff15": invalid syntax',
    "9223372036854775808 * * * * *": (
        "failed to parse int from 9223372036854775808: "
        'strconv.Atoi: parsing "9223372036854775808": value out of range'
    ),
    "9223372036854775807 * * * * *": "end of range (9223372036854775807) above maximum (59): 9223372036854775807",
    "-0 * * * * *": 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax',
    '" * * * * *': 'failed to parse int from ": strconv.Atoi: parsing "\\"": invalid syntax',
    "\\ * * * * *": 'failed to parse int from \\: strconv.Atoi: parsing "\\\\": invalid syntax',
    "\u202e * * * * *": 'failed to parse int from \u202e: strconv.Atoi: parsing "\\u202e": invalid syntax',
    "\x7f * * * * *": 'failed to parse int from \x7f: strconv.Atoi: parsing "\\x7f": invalid syntax',
    "0 0 0 * MONDAY *": 'failed to parse int from MONDAY: strconv.Atoi: parsing "MONDAY": invalid syntax',
    "0 0 0 jan * *": 'failed to parse int from jan: strconv.Atoi: parsing "jan": invalid syntax',
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


def test_a_midnight_that_the_clock_skips_is_not_the_end_of_the_day() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    evening = datetime(2025, 4, 24, 23, 59, 59, tzinfo=cairo)  # and a second later it is 01:00 on a Friday
    found = read_schedule("0 0 * * * 5", cairo).next(evening)
    assert found is not None
    assert found.astimezone(cairo).isoformat() == "2025-04-25T01:00:00+03:00"


def test_the_years_end() -> None:
    assert read_schedule("0 0 0 1 1 *").next(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) is None
    assert read_schedule("* * * * * *", STOCKHOLM).next(datetime.max.replace(tzinfo=UTC)) is None


_ZONES = ["UTC", "Europe/Stockholm", "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns"]
_CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),
    datetime(2026, 3, 8, 5, 30, tzinfo=UTC),
    datetime(2026, 12, 31, 23, tzinfo=UTC),
]


def _field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    numbers = st.integers(lowest, highest)
    return st.one_of(
        st.just("*"),
        numbers.map(str),
        st.lists(numbers, min_size=1, max_size=4).map(lambda several: ",".join(map(str, several))),
        st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.integers(1, highest + 3).map(lambda step: f"*/{step}"),
    )


@settings(max_examples=drawn(300), deadline=None)
@given(
    st.tuples(_field(0, 59), _field(0, 23), _field(1, 31), _field(1, 12), _field(0, 6)),
    st.sampled_from(_ZONES),
    st.sampled_from(_CHANGES),
    st.integers(-6 * 60, 6 * 60),
)
def test_a_beat_is_the_first_minute_that_agrees(
    fields: tuple[str, ...], name: str, change: datetime, minutes: int
) -> None:
    zone = ZoneInfo(name)
    kinds = [read_field(text, kind) for text, kind in zip(fields, KINDS[1:], strict=True)]
    minute, hour, day, month, weekday = kinds

    def agrees(moment: datetime) -> bool:
        wall = moment.astimezone(zone)
        days = [wall.day in day.values, wall.isoweekday() % 7 in weekday.values]
        return (
            wall.minute in minute.values
            and wall.hour in hour.values
            and wall.month in month.values
            and (all(days) if day.starred or weekday.starred else any(days))
        )

    start = change + timedelta(minutes=minutes)
    looked_at = (start + timedelta(minutes=each) for each in range(1, 12 * 60))
    expected = next(filter(agrees, looked_at), None)
    found = read_schedule(" ".join(["0", *fields]), zone).next(start)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or (found > start + timedelta(minutes=12 * 60 - 1) and agrees(found))
