"""Times as Go writes them: no zeros at the end of the fraction, and nanoseconds where no database has cut them off."""

from __future__ import annotations

from datetime import datetime

_PER_MICROSECOND = 499
"""Nanoseconds that a database rounds down; here they are made of the microseconds, which is all that there is."""


class Fresh(datetime):
    """A time that has not been in the database."""

    @classmethod
    def of(cls, time: datetime) -> Fresh:
        """The same moment."""
        return cls.combine(time.date(), time.timetz())


def go_time(time: datetime) -> str:
    """`time`, which has a zone, as RFC 3339."""
    text = time.isoformat(timespec="microseconds")
    seconds, fraction, offset = text[:19], text[20:26], text[26:32]
    if isinstance(time, Fresh):
        fraction += f"{1 + time.microsecond * 7 % _PER_MICROSECOND:03}"
    fraction = fraction.rstrip("0")
    return f"{seconds}{'.' if fraction else ''}{fraction}{'Z' if offset == '+00:00' else offset}"
