"""What was noticed: which hazards, how often, and what met."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Collection, Sized
from dataclasses import dataclass

from colonyos_gen_wire.constants import ID_LENGTH
from colonyos_gen_wire.hazards import Hazard
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.terminal import visible

logger: logging.Logger = logging.getLogger("colonyos_gen.server.hazards")

_LAST = 5
"""Occurrences of each kind that are kept."""
_SHOWN = 6
"""Requests of an occurrence that are named."""
_SHOWN_OF_ID = 12


@dataclass(frozen=True)
class Part:
    """One of the requests that met."""

    msgtype: str
    subject: str
    """Id of the process, workflow or generator that it was about, or the name of a colony."""
    who: str
    """Name of who signed it, or their identity."""
    ms: float
    """How long before the last of them it had arrived, in milliseconds; less than 0 if it came later, but had its turn."""
    under_way: bool
    """Whether its reply had not been written when the last of them came."""

    def __str__(self) -> str:
        """The name of the call, which programs know, and the message type, which the catalogue knows."""
        about = f" of {_short(self.subject)}" if self.subject else ""
        when = "" if self.ms == 0 else f", {abs(self.ms):.1f} ms {'earlier' if self.ms > 0 else 'later'}"
        return visible(f"{METHODS[self.msgtype].name} ({self.msgtype}){about} by {_short(self.who)}{when}")


@dataclass(frozen=True)
class Occurrence:
    """A moment in which the real server could have come to harm."""

    hazard: Hazard
    parts: tuple[Part, ...]
    """The requests that met, the last one first."""
    detail: str
    """What else made it hazardous, or an empty text."""

    @property
    def name(self) -> str:
        """Name of the hazard."""
        return self.hazard.name

    @property
    def overlap(self) -> str:
        """What met, in words."""
        last, *others = self.parts
        shown = [str(part) for part in others[:_SHOWN]]
        if len(others) > _SHOWN:
            shown.append(f"{len(others) - _SHOWN} more")
        met = f"{last}, sent before the reply to {' and '.join(shown)}" if shown else str(last)
        return visible(f"{met}; {self.detail}" if self.detail else met)

    def __str__(self) -> str:
        hazard = self.hazard
        return (
            f"{hazard.name}: {self.overlap}. The real server ({hazard.versions}): {hazard.what} "
            f"To avoid it: {hazard.avoid}"
        )


class Hazards:
    """What a server has noticed since it was made, or since `clear`. May be used from any thread."""

    def __init__(self, unread: Sized = ()) -> None:
        self._lock = threading.Lock()
        self._unread = unread
        self._counts: Counter[str] = Counter()
        self._seen: dict[str, deque[Occurrence]] = {}

    @property
    def counts(self) -> Counter[str]:
        """How often each hazard was met, by its name."""
        with self._lock:
            return Counter(self._counts)

    @property
    def total(self) -> int:
        """How often any of them was."""
        return self.counts.total()

    @property
    def seen(self) -> list[Occurrence]:
        """The last few occurrences of each kind, kind by kind."""
        with self._lock:
            return [occurrence for each in self._seen.values() for occurrence in each]

    @property
    def pending(self) -> int:
        """How many are not counted yet, as who caused them may still look what has become of it."""
        return len(self._unread)

    def clear(self) -> None:
        """Forget everything that was counted."""
        with self._lock:
            self._counts.clear()
            self._seen.clear()

    def note(self, occurrence: Occurrence) -> None:
        """Count an occurrence, and log it: the first of its kind as a warning, the others for debugging."""
        with self._lock:
            first = occurrence.name not in self._counts
            self._counts[occurrence.name] += 1
            self._seen.setdefault(occurrence.name, deque(maxlen=_LAST)).append(occurrence)
        logger.log(
            logging.WARNING if first else logging.DEBUG, "%s", occurrence, extra={"occurrence": occurrence}
        )

    def report(self, *, but: Collection[str] = ()) -> str:
        """What was noticed, `but` what is named there, for people to read; empty if there is nothing."""
        counts = self.counts
        return "\n".join(
            f"- {first.name}, {_times(counts[first.name])}\n"
            f"    what met: {first.overlap}\n"
            f"    the real server ({first.hazard.versions}): {first.hazard.what}\n"
            f"    how to avoid it: {first.hazard.avoid}"
            for first in {each.name: each for each in reversed(self.seen)}.values()
            if first.name not in but
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self.counts)})"


def _short(name: str) -> str:
    return f"{name[:_SHOWN_OF_ID]}…" if len(name) == ID_LENGTH else name


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
