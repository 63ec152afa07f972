"""When the wall clock of a zone agrees with the six fields of a cron expression.

An hour that the clock skips has no beats, and one that it repeats has its beats twice. The real server does the same, but
for days without a midnight, of which it loses all beats, and changes by half an hour, after which it loses some.
"""

from __future__ import annotations

import bisect
import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from colonyos_gen.server._workflows.cron_fields import Field

_HORIZON_YEARS = 5
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


class Beats:
    """The moments that `fields` stand for: second, minute, hour, day of the month, month and day of the week."""

    def __init__(self, fields: Sequence[Field], zone: tzinfo) -> None:
        second, minute, hour, self._day, month, self._weekday = fields
        self._seconds, self._minutes, self._hours, self._months = (
            sorted(field.values) for field in (second, minute, hour, month)
        )
        self._zone = zone

    def next(self, after: datetime, /) -> datetime | None:
        """The first moment later than `after`, in UTC; None if there is none in this year and the coming five."""
        if not (self._seconds and self._minutes and self._hours):
            return None
        try:
            start = after.astimezone(UTC).replace(microsecond=0) + _SECOND
            last = start.astimezone(self._zone).year + _HORIZON_YEARS
            while True:
                # Between two changes of the zone's offset its wall clock just goes on.
                offset = self._offset(start)
                wall = self._agreeing((start + offset).replace(tzinfo=None), last)
                if wall is None:
                    return None
                found = wall.replace(tzinfo=UTC) - offset
                change = self._change(start, found)
                if change is None:
                    return found
                start = change
        except OverflowError:  # the years of a datetime are over
            return None

    def _agreeing(self, wall: datetime, last: int) -> datetime | None:
        """The first time of the wall clock from `wall` on, and not after the year `last`, that agrees with all fields."""
        today = wall.date()
        if self._is_day(today):
            left = self._from(wall.time())
            if left is not None:
                return datetime.combine(today, left)
        first = time(self._hours[0], self._minutes[0], self._seconds[0])
        for year in range(today.year, last + 1):
            for month in self._months:
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day > today and self._is_day(day):
                        return datetime.combine(day, first)
        return None

    def _is_day(self, day: date) -> bool:
        """A day has to agree with the day of the month and that of the week if one of them is starred, else with one."""
        if day.month not in self._months:
            return False
        of_month = day.day in self._day.values
        of_week = day.isoweekday() % 7 in self._weekday.values
        if self._day.starred or self._weekday.starred:
            return of_month and of_week
        return of_month or of_week

    def _from(self, now: time) -> time | None:
        """The first time of a day from `now` on."""
        hour, minute, second = now.hour, now.minute, now.second
        if hour in self._hours:
            if minute in self._minutes and (found := _least(self._seconds, second)) is not None:
                return time(hour, minute, found)
            if (found := _least(self._minutes, minute + 1)) is not None:
                return time(hour, found, self._seconds[0])
        if (found := _least(self._hours, hour + 1)) is not None:
            return time(found, self._minutes[0], self._seconds[0])
        return None

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self._zone).utcoffset() or timedelta(0)

    def _change(self, start: datetime, end: datetime) -> datetime | None:
        """The first second after `start`, and not after `end`, at which the offset of the zone is another one."""
        if self._zone is UTC:
            return None
        offset = self._offset(start)
        while start < end:
            until = min(start + _DAY, end)
            if self._offset(until) == offset:
                start = until
                continue
            while until - start > _SECOND:
                middle = start + timedelta(seconds=(until - start) // _SECOND // 2)
                if self._offset(middle) == offset:
                    start = middle
                else:
                    until = middle
            return until
        return None


def _least(values: Sequence[int], bound: int) -> int | None:
    """The least of the sorted `values` that is not below `bound`."""
    index = bisect.bisect_left(values, bound)
    return values[index] if index < len(values) else None
