"""What the soak consists of, and how its parts are run."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from colonyos_gen_wire import hazards

from tests.soak.activities import calls, guests, starters, streams, workflows
from tests.soak.colony.site import Site, note, site
from tests.soak.ground import Ground

Unit = Callable[[Site, int], Awaitable[None]]
"""Something that is done again and again; the number says for how many times it has been."""

UNIT_S = 900.0
"""Longest that one of them may take."""
_PATIENCE = 20
"""So many errors end a part."""
_TELL_S = 10.0


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    calls: int = 10_000
    teardowns: int = 200
    workers: int = 50
    minutes: float = 10.0

    def part(self, divisor: int) -> int:
        """One of something for so many calls, at least four: one of each kind."""
        return max(4, self.calls // divisor)


@dataclass(frozen=True)
class Activity:
    """A unit, and how many of it are under way at once."""

    unit: Unit
    at_once: int


@dataclass(frozen=True)
class Part:
    """A part of the soak, in a colony of its own."""

    name: str
    activities: Sequence[Activity]
    count: Callable[[Scale], int] | None
    """How many units are done, of all activities together; None to go on for the time that the scale says."""
    workers: Callable[[Scale], tuple[int, int, int]]
    """How many programs with how many workers of which concurrency serve the colony."""
    known: frozenset[str] = frozenset()
    """Hazards that it cannot do without."""


@dataclass
class Outcome:
    """What became of a part."""

    name: str
    done: int = 0
    seconds: float = 0.0
    runs: int = 0
    wrong: list[str] = field(default_factory=list[str])


# A worker learns of a cancel a little later, and streams until then.
_CANCELLED_STREAMS = frozenset({hazards.CHANNEL_NEVER_FREED.name})


def _few(scale: Scale) -> tuple[int, int, int]:
    return (1, 2, 8) if scale.workers < 8 else (2, 2, 16)


def _many(scale: Scale) -> tuple[int, int, int]:
    return (1, scale.workers, 2) if scale.workers < 10 else (5, scale.workers // 5, 2)


def _none(scale: Scale) -> tuple[int, int, int]:
    del scale
    return 0, 0, 0


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part("one-after-another", [Activity(calls.call, 1)], lambda scale: scale.calls, _few),
        Part("64-in-flight", [Activity(calls.call, 64)], lambda scale: scale.calls, _few),
        Part("gather", [Activity(calls.batch, 4)], lambda scale: scale.part(250), _few),
        Part("ten-clients", [Activity(calls.client, 10)], lambda scale: scale.part(20), _few),
        Part("many-workers", [Activity(calls.call, 64)], lambda scale: scale.part(2), _many),
        Part(
            "streams", [Activity(streams.stream, 8)], lambda scale: scale.part(50), _few, _CANCELLED_STREAMS
        ),
        Part("workflows", [Activity(workflows.run, 4)], lambda scale: scale.part(250), _few),
        Part(
            "crons",
            [Activity(starters.cron, 3), Activity(calls.call, 1)],
            lambda scale: scale.part(100),
            _few,
        ),
        Part("generators", [Activity(starters.generator, 3)], lambda scale: scale.part(100), _few),
        Part("executors", [Activity(guests.executor, 3)], lambda scale: scale.part(100), _few),
        Part("teardowns", [Activity(guests.colony, 2)], lambda scale: scale.teardowns, _none),
        Part(
            "everything",
            [
                Activity(calls.call, 16),
                Activity(calls.client, 4),
                Activity(streams.stream, 4),
                Activity(workflows.run, 2),
                Activity(starters.cron, 1),
                Activity(starters.generator, 1),
                Activity(guests.executor, 1),
                Activity(guests.colony, 1),
            ],
            None,
            _many,
            _CANCELLED_STREAMS,
        ),
    )
}


class Run:
    """One part, under way."""

    def __init__(self, part: Part, ground: Ground, scale: Scale) -> None:
        self._part = part
        self._ground = ground
        self._scale = scale
        self._outcome = Outcome(part.name)
        self._started = time.monotonic()
        count = None if part.count is None else part.count(scale)
        self._count = count
        self._end = None if count is not None else self._started + scale.minutes * 60
        self._told = self._started

    async def run(self) -> Outcome:
        """Do it, and tell what became of it. Errors are part of that."""
        outcome = self._outcome
        try:
            async with site(self._ground, outcome.wrong) as here:
                processes, count, concurrency = self._part.workers(self._scale)
                await here.start_workers(processes, count, concurrency)
                if self._end is not None:
                    self._end = time.monotonic() + self._scale.minutes * 60
                started = time.monotonic()
                await self._all(here)
                outcome.seconds = time.monotonic() - started
                outcome.runs = here.ledger.runs()
        except Exception as error:  # whatever it is, the report has to tell
            outcome.wrong.append(note(error, self._part.name))
        return outcome

    async def _all(self, here: Site) -> None:
        activities = self._part.activities
        if self._count is None:
            await asyncio.gather(*(self._repeat(here, each, itertools.count()) for each in activities))
            return
        share = -(-self._count // len(activities))
        await asyncio.gather(*(self._repeat(here, each, iter(range(share))) for each in activities))

    async def _repeat(self, here: Site, activity: Activity, numbers: Iterator[int]) -> None:
        async def go_on() -> None:
            for number in numbers:
                if self._is_over:
                    return
                await self._once(here, activity.unit, number)

        await asyncio.gather(*(go_on() for _ in range(activity.at_once)))

    async def _once(self, here: Site, unit: Unit, number: int) -> None:
        try:
            async with asyncio.timeout(UNIT_S):
                await unit(here, number)
        except Exception as error:  # an error of one is no reason to spare the server the others
            self._outcome.wrong.append(note(error, f"{unit.__module__.rpartition('.')[2]}.{unit.__name__}"))
        self._outcome.done += 1
        now = time.monotonic()
        if now - self._told >= _TELL_S:
            self._told = now
            self.tell()

    @property
    def _is_over(self) -> bool:
        late = self._end is not None and time.monotonic() >= self._end
        return late or len(self._outcome.wrong) >= _PATIENCE or not self._ground.alive

    def tell(self) -> None:
        """Tell how far it is."""
        of = "" if self._count is None else f" of {self._count}"
        seconds = time.monotonic() - self._started
        print(
            f"{self._part.name}: {self._outcome.done}{of} after {seconds:.0f} s, {len(self._outcome.wrong)} wrong; "
            f"{self._ground.look() or 'alive' if self._ground.alive else 'the server is gone'}",
            file=sys.stderr,
            flush=True,
        )
