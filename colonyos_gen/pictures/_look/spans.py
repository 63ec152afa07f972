"""Spans of time in words."""

from __future__ import annotations

from datetime import datetime


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from `start` to `end`; None if one of them is unknown, or they are the wrong way round."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


def span(seconds: float) -> str:
    """`seconds` in the units that fit, such as `340 ms`, `12.3 s`, `5 min 2 s` or `3 d 4 h`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    if whole < 3600:
        return _two(whole // 60, "min", whole % 60, "s")
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return _two(minutes // 60, "h", minutes % 60, "min")
    hours = round(seconds / 3600)
    return _two(hours // 24, "d", hours % 24, "h")


def _two(major: int, unit: str, minor: int, part: str) -> str:
    return f"{major} {unit} {minor} {part}" if minor else f"{major} {unit}"
