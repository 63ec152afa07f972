"""The schedule that a cron expression stands for.

An expression has six fields that begin with the seconds, or is a descriptor such as `@daily` or `@every 1h30m`. It
may begin with `TZ=Area/City ` or `CRON_TZ=Area/City `, else it is read in the zone of the server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from colonyos_gen_wire.errors import cron as errors

from colonyos_gen.server._caller.refusal import BAD_SCHEDULE, Refusal
from colonyos_gen.server._clock import NS_PER_S
from colonyos_gen.server._workflows.beats import Beats
from colonyos_gen.server._workflows.cron_fields import KINDS, read_field

_ZONE_PREFIXES = ("TZ=", "CRON_TZ=")
_SERVER_ZONE = "Local"
_DESCRIPTORS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_EVERY = "@every "
_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
_PART = re.compile(r"([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_DURATION = re.compile(rf"[+-]?(?:0|(?:{_PART.pattern})+)")
_LONGEST_NS = 2**63 - 1
_LONGEST = 10_000


class Schedule(Protocol):
    """When something is to happen."""

    def next(self, after: datetime, /) -> datetime | None:
        """The first moment later than `after`, in UTC; None if there is none in the coming five years."""
        ...


@lru_cache(maxsize=1024)
def read_schedule(expression: str, zone: tzinfo = UTC) -> Schedule:
    """The schedule of `expression`. Raises Refusal if it is not valid."""
    if not expression:
        raise Refusal(BAD_SCHEDULE, detail="empty cron expression string")
    if len(expression) > _LONGEST:
        raise Refusal(BAD_SCHEDULE, detail=f"the cron expression has more than {_LONGEST} characters")
    if expression.startswith(_ZONE_PREFIXES):
        prefix, _, expression = expression.partition(" ")
        zone = _zone(prefix.partition("=")[2], zone)
        expression = expression.strip()
    if expression.startswith("@"):
        if expression.startswith(_EVERY):
            return _Every(_seconds(expression))
        if expression not in _DESCRIPTORS:
            raise Refusal(BAD_SCHEDULE, detail=f"unrecognized descriptor: {expression}")
        expression = _DESCRIPTORS[expression]
    texts = expression.split()
    if len(texts) != len(KINDS):
        raise Refusal(errors.ADD_CRON_BAD_CRON_EXPRESSION, n=len(texts), detail=" ".join(texts))
    return Beats([read_field(text, kind) for text, kind in zip(texts, KINDS, strict=True)], zone)


@dataclass(frozen=True)
class _Every:
    """Whole seconds apart, on whole seconds."""

    seconds: int

    def next(self, after: datetime, /) -> datetime:
        return after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=self.seconds)


def _zone(name: str, servers: tzinfo) -> tzinfo:
    if name == _SERVER_ZONE:
        return servers
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise Refusal(
            BAD_SCHEDULE, detail=f"provided bad location {name}: unknown time zone {name}"
        ) from None


def _seconds(descriptor: str) -> int:
    """The whole seconds of an `@every` descriptor, at least one."""
    text = descriptor.removeprefix(_EVERY)
    nanoseconds = Fraction(0)
    if valid := _DURATION.fullmatch(text) is not None:
        nanoseconds += sum(Fraction(number) * _UNITS_NS[unit] for number, unit in _PART.findall(text))
    if not valid or nanoseconds > _LONGEST_NS:
        detail = f'failed to parse duration {descriptor}: time: invalid duration "{text}"'
        raise Refusal(BAD_SCHEDULE, detail=detail)
    return 1 if text.startswith("-") else max(1, int(nanoseconds / NS_PER_S))
