"""The requests that are under way, and those that were answered a moment ago.

Two requests meet when the bytes of each had arrived before the reply to the other was written. Nothing else is taken for
that: whoever waits for a reply sends the next request after it, however soon, and whoever does not need not be told.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from colonyos_gen_wire.method import Idempotency

from colonyos_gen.server._caller.access import AnyMethod
from colonyos_gen.server._store.records import Records
from colonyos_gen.server.hazards._arrival import Arrival
from colonyos_gen.server.hazards._places import Place, place_of

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
        "handled",
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
        self.handled: int | None = None
        """When all had come of it that would, though its reply may not have left."""
        self.answered: int | None = None
        """When its reply was about to be written, or its sender had left."""
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
        """The reply to a request is about to be written, or its sender has left."""
        passing.answered = now = time.monotonic_ns()
        del self._under_way[passing]
        self._answered.append(passing)
        while now - (self._answered[0].answered or now) > _KEPT_NS:
            self._forget(self._answered.popleft())

    def in_colony(
        self,
        passing: Passing,
        names: frozenset[str],
        where: Callable[[Passing], bool] = lambda _: True,
    ) -> list[Passing]:
        """The requests called `names` in the colony of `passing` that met it."""
        return [
            other
            for other in self._lately(passing.arrived)
            if other.name in names
            and other.colonyname == passing.colonyname
            and where(other)
            and self._meet(passing, other)
        ]

    def on_subject(self, passing: Passing, names: frozenset[str]) -> list[Passing]:
        """The same for requests about what `passing` is about."""
        others = self._of_subject.get(passing.subject, ())
        return [other for other in others if other.name in names and self._meet(passing, other)]

    def _lately(self, since: int) -> Iterator[Passing]:
        yield from self._under_way
        for other in reversed(self._answered):
            if (other.answered or 0) < since:
                return
            yield other

    def _meet(self, passing: Passing, other: Passing) -> bool:
        if other is passing or other.void:
            return False
        # On one connection a server answers one request after another.
        if passing.connection is not None and passing.connection is other.connection:
            return False
        if other.answered is not None and other.answered <= passing.arrived:
            return False
        return not self._seen(passing, other)

    def _seen(self, passing: Passing, other: Passing) -> bool:
        """Whether the sender of `passing` could see what had become of `other`, though that was not answered yet.

        Nobody can do more about the requests of others. Whoever removes something may have several keys and connections,
        so a look counts whoever took it, except for the sender of `other`, who has to wait for the reply.
        """
        handled = other.handled
        return handled is not None and any(
            look.reads
            and look.signer != other.signer
            and look.colonyname == other.colonyname
            and look.begun >= handled
            and look.answered is not None
            and look.answered <= passing.arrived
            for look in self._lately(handled)
        )

    def _forget(self, passing: Passing) -> None:
        if passing.reads or not passing.subject:
            return
        others = self._of_subject[passing.subject]
        del others[passing]
        if not others:
            del self._of_subject[passing.subject]
