"""The requests that are under way, and those that were answered a moment ago."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from colonyos_gen_wire.method import Idempotency

from colonyos_gen.server.access import AnyMethod
from colonyos_gen.server.hazards.arrival import Arrival
from colonyos_gen.server.hazards.places import Place, place_of
from colonyos_gen.server.records import Records

_KEPT_NS = 1_000_000_000
"""How long a request is remembered after its reply."""


class Passing:
    """A request on its way through the server, with times of `time.monotonic_ns`."""

    __slots__ = (
        "_place",
        "_records",
        "answered",
        "arrived",
        "begun",
        "connection",
        "method",
        "request",
        "signer",
        "void",
    )

    def __init__(
        self, records: Records, method: AnyMethod, request: Any, signer: str, arrival: Arrival
    ) -> None:
        self.method: AnyMethod = method
        self.request: Any = request
        self.signer: str = signer
        self.connection: object | None = arrival.connection
        self.arrived: int = arrival.ns
        self.begun: int = time.monotonic_ns()
        self.answered: int | None = None
        self.void: bool = False
        """Whether nothing can have come of it: it was refused for lack of rights, or has waited for work in vain."""
        self._records = records
        # What a request changes may be gone when it is asked for; of what it reads that makes no difference.
        self._place = None if self.reads else place_of(records, request)

    @property
    def name(self) -> str:
        """Name of the call."""
        return self.method.name

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method.idempotency is Idempotency.READ

    @property
    def subject(self) -> str:
        """Id of the process, workflow, generator or cron that it is about, or an empty text."""
        return self._found().subject

    @property
    def colonyname(self) -> str:
        """Name of the colony that it is about, or an empty text."""
        return self._found().colonyname

    def _found(self) -> Place:
        if self._place is None:
            self._place = place_of(self._records, self.request)
        return self._place


class Traffic:
    """Remembers requests."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._under_way: dict[Passing, None] = {}
        self._answered: deque[Passing] = deque()
        self._of_subject: dict[str, dict[Passing, None]] = {}

    def passing(self, method: AnyMethod, request: Any, signer: str, arrival: Arrival) -> Passing:
        """A request, without remembering it."""
        return Passing(self._records, method, request, signer, arrival)

    def begin(self, passing: Passing) -> None:
        """A request is about to be handled."""
        self._under_way[passing] = None
        if not passing.reads and passing.subject:
            self._of_subject.setdefault(passing.subject, {})[passing] = None

    def end(self, passing: Passing) -> None:
        """The reply of a request is about to be written, or its sender has left."""
        passing.answered = now = time.monotonic_ns()
        if passing not in self._under_way:
            return
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
        if other is passing or other.void:
            return False
        if other.answered is None or other.answered > passing.arrived:
            return True
        return passing.arrived - other.answered < near_ns and not self._knows(passing, other, other.answered)

    def _knows(self, passing: Passing, other: Passing, answered: int) -> bool:
        """Whether the sender of `passing` knew what had become of `other`, which was answered before.

        Whoever removes something may have several keys and connections, so a look counts whoever took it, except for the
        sender of `other`.
        """
        if passing.connection is None or other.connection is None:
            return True
        if passing.signer == other.signer or passing.connection is other.connection:
            return True
        return any(
            look.reads
            and look.signer != other.signer
            and look.colonyname == other.colonyname
            and look.begun > other.begun
            and (look.answered or passing.arrived) < passing.arrived
            for look in self._lately(answered)
        )

    def _forget(self, passing: Passing) -> None:
        if passing.reads or not passing.subject:
            return
        others = self._of_subject[passing.subject]
        del others[passing]
        if not others:
            del self._of_subject[passing.subject]
