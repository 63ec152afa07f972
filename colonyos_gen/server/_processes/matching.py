"""Which executor may take which process.

A process demands, an executor offers; `Demand.met_by` compares the two. Colony and executor type must be equal. The
rest can be left open: executor names, location (compared without regard to case), CPU and memory. GPUs, storage, wall
time and capabilities are descriptions only.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonyos_gen_wire.constants import MAX_NODES_MATCHABLE, MAX_STORAGE_MATCHABLE_MI, MEMORY_UNITS
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._values.quantities import UNLIMITED, parse_cpu, parse_memory

_MAX_STORAGE = MAX_STORAGE_MATCHABLE_MI * MEMORY_UNITS["Mi"]
ANY_EXECUTOR = "*"
"""A name that stands for every executor; alone, it is read back as no name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An executor that wants work, and what it has to spare for it."""

    colonyname: str
    executortype: str
    executorname: str
    location: str = ""
    cpu: int = UNLIMITED
    memory: int = UNLIMITED
    locationname: str = ""
    """The location as it is written; `location` is for comparing."""

    @classmethod
    def of(cls, executor: Executor, cpu: int, memory: int) -> Offer:
        """What `executor` offers when it has this much CPU and memory left."""
        return cls(
            colonyname=executor.colonyname,
            executortype=executor.executortype,
            executorname=executor.executorname,
            location=executor.locationname.lower(),
            cpu=cpu,
            memory=memory,
            locationname=executor.locationname,
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """What a process asks of the executor that takes it. Empty names and location admit any."""

    colonyname: str
    executortype: str
    executornames: tuple[str, ...] = ()
    location: str = ""
    cpu: int = 0
    memory: int = 0

    @classmethod
    def of(cls, process: Process, quirks: Quirks = STRICT) -> Demand | None:
        """What `process` asks for; None if no executor can ever have it."""
        conditions = process.spec.conditions
        if max(conditions.nodes, conditions.processes, conditions.processes_per_node) > MAX_NODES_MATCHABLE:
            return None
        if quirks.storage_blocks and parse_memory(conditions.storage) > _MAX_STORAGE:
            return None
        names = tuple(dict.fromkeys(conditions.executornames))
        return cls(
            colonyname=conditions.colonyname,
            executortype=conditions.executortype,
            executornames=() if ANY_EXECUTOR in names and not quirks.star_matches_nobody else names,
            location=conditions.locationname.lower(),
            cpu=parse_cpu(conditions.cpu),
            memory=parse_memory(conditions.mem),
        )

    def met_by(self, offer: Offer) -> bool:
        """Whether an executor that makes this offer may take the process."""
        return (
            self.colonyname == offer.colonyname
            and self.executortype == offer.executortype
            and (not self.executornames or offer.executorname in self.executornames)
            and self.location in ("", offer.location)
            and self.cpu <= offer.cpu
            and self.memory <= offer.memory
        )
