"""The requests that are under way, and those that were answered a moment ago."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from colonyos_gen_wire.method import Idempotency
from colonyos_gen_wire.requests.workflow import AddChildMsg

from colonyos_gen.server.access import AnyMethod
from colonyos_gen.server.hazards.arrival import Arrival
from colonyos_gen.server.records import Records, colony_of

_KEPT_NS = 1_000_000_000
"""How long a request is remembered after its reply."""


@dataclass(slots=True, eq=False)
class Passing:
    """A request on its way through the server, with times of `time.monotonic_ns`."""

    method: AnyMethod
    request: Any
    signer: str
    subject: str
    """Id of the process, workflow or generator that it is about, or an empty text."""
    colonyname: str
    connection: object | None
    arrived: int
    begun: int
    answered: int | None = None
    denied: bool = False
    """Whether it was refused for lack of rights, so that nothing can have come of it."""

    @property
    def name(self) -> str:
        """Name of the call."""
        return self.method.name

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method.idempotency is Idempotency.READ


class Traffic:
    """Remembers requests."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._under_way: dict[Passing, None] = {}
        self._answered: deque[Passing] = deque()
        self._of_subject: dict[str, dict[Passing, None]] = {}

    def passing(self, method: AnyMethod, request: Any, signer: str, arrival: Arrival) -> Passing:
        """A request, without remembering it."""
        subject, colonyname = _place(self._records, request)
        now = time.monotonic_ns()
        return Passing(method, request, signer, subject, colonyname, arrival.connection, arrival.ns, now)

    def begin(self, method: AnyMethod, request: Any, signer: str, arrival: Arrival) -> Passing:
        """A request is about to be handled."""
        passing = self.passing(method, request, signer, arrival)
        self._under_way[passing] = None
        if passing.subject:
            self._of_subject.setdefault(passing.subject, {})[passing] = None
        return passing

    def end(self, passing: Passing) -> None:
        """The reply of a request is about to be written, or its sender has left."""
        passing.answered = now = time.monotonic_ns()
        del self._under_way[passing]
        self._answered.append(passing)
        while now - (self._answered[0].answered or now) > _KEPT_NS:
            self._forget(self._answered.popleft())

    def in_colony(
        self,
        passing: Passing,
        names: frozenset[str],
        near_ns: int,
        where: Callable[[Passing], bool] = lambda _: True,
    ) -> list[Passing]:
        """The requests called `names` in the colony of `passing` that met it, or were answered `near_ns` before."""
        return [
            other
            for other in self._lately(passing.arrived - near_ns)
            if other.name in names
            and other.colonyname == passing.colonyname
            and where(other)
            and self._meet(passing, other, near_ns)
        ]

    def on_subject(self, passing: Passing, names: frozenset[str], near_ns: int) -> list[Passing]:
        """The same for requests about what `passing` is about."""
        others = self._of_subject.get(passing.subject, ())
        return [other for other in others if other.name in names and self._meet(passing, other, near_ns)]

    def _lately(self, since: int) -> Iterator[Passing]:
        yield from self._under_way
        for other in reversed(self._answered):
            if (other.answered or 0) < since:
                return
            yield other

    def _meet(self, passing: Passing, other: Passing, near_ns: int) -> bool:
        if other is passing or other.denied:
            return False
        if other.answered is None or other.answered > passing.arrived:
            return True
        return passing.arrived - other.answered < near_ns and not self._knows(passing, other, other.answered)

    def _knows(self, passing: Passing, other: Passing, answered: int) -> bool:
        """Whether the sender of `passing` knew what had become of `other`, which was answered before."""
        if passing.connection is None or other.connection is None:
            return True
        if passing.signer == other.signer or passing.connection is other.connection:
            return True
        return any(
            look.reads
            and (look.signer == passing.signer or look.connection is passing.connection)
            and look.colonyname == other.colonyname
            and look.begun > other.begun
            and (look.answered or passing.arrived) < passing.arrived
            for look in self._lately(answered)
        )

    def _forget(self, passing: Passing) -> None:
        if not passing.subject:
            return
        others = self._of_subject[passing.subject]
        del others[passing]
        if not others:
            del self._of_subject[passing.subject]


def _place(records: Records, request: Any) -> tuple[str, str]:
    """What a request is about, and the colony that this is in."""
    if isinstance(request, AddChildMsg):
        return request.parentprocessid, request.spec.conditions.colonyname
    if processid := _text(request, "processid"):
        process = records.processes.get(processid)
        return processid, "" if process is None else colony_of(process)
    if processgraphid := _text(request, "processgraphid"):
        graph = records.processgraphs.get(processgraphid)
        return processgraphid, "" if graph is None else graph.colonyname
    if generatorid := _text(request, "generatorid"):
        generator = records.generators.get(generatorid)
        return generatorid, "" if generator is None else generator.colonyname
    if cronid := _text(request, "cronid"):
        cron = records.crons.get(cronid)
        return cronid, "" if cron is None else cron.colonyname
    return "", _colonyname(request)


def _colonyname(part: object, depth: int = 2) -> str:
    """The name of the colony in a request, or in an object of it."""
    if colonyname := _text(part, "colonyname") or _text(part, "colony_name"):
        return colonyname
    if depth and isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            if colonyname := _colonyname(getattr(part, name), depth - 1):
                return colonyname
    return ""


def _text(part: object, name: str) -> str:
    value: object = getattr(part, name, "")
    return value if isinstance(value, str) else ""
