"""The time zone of a server, and how the real server writes a time that is not set in it.

That is the beginning of the year 1 in UTC. Zones were local mean times then: odd in minutes and seconds, of which the
offset has the minutes only, and west of Greenwich it was still the year 0.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

IN_UTC = "0001-01-01T00:00:00Z"

_YEAR_1 = datetime(1, 1, 2, tzinfo=UTC)
"""Not the first day, which in some zones no datetime can hold."""
_DAY = timedelta(days=1)


def zone_of(zone: tzinfo | str) -> tzinfo:
    """`zone`, which may be a name such as "Europe/Stockholm". Raises ValueError if there is none of that name."""
    if isinstance(zone, tzinfo):
        return zone
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {zone!r}; give a name such as 'Europe/Stockholm'") from None


def zero_time(zone: tzinfo) -> str:
    """The time that is not set, as a server in `zone` writes it."""
    offset = _YEAR_1.astimezone(zone).utcoffset() or timedelta(0)
    if not offset:
        return IN_UTC
    day, clock = ("0000-12-31", offset + _DAY) if offset < timedelta(0) else ("0001-01-01", offset)
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta(0) else "+"
    time = (datetime.min + clock).time().isoformat("seconds")
    return f"{day}T{time}{sign}{minutes // 60:02}:{minutes % 60:02}"
