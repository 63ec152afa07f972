"""What the rules have in common: what they look at, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from colonyos_gen_wire.hazards import Hazard

from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._store.records import Records
from colonyos_gen.server.hazards._traffic import Passing, Traffic


@dataclass(frozen=True)
class Scene:
    """What a rule may look at."""

    records: Records
    clock: Clock
    scheduler: Scheduler
    traffic: Traffic

    def now(self) -> datetime:
        """The time on the server's clock."""
        return moment(self.clock.now_ns())


class Finding(NamedTuple):
    """A hazard, with the requests that a request has met."""

    hazard: Hazard
    others: Sequence[Passing] = ()
    detail: str = ""
    reader: str = ""
    """Identity that can make up for it by reading what has become of it; empty if nobody can."""


Rule = Callable[[Scene, Passing], Iterator[Finding]]
"""Looks at a request that is about to be handled."""
