"""Starting the workflows of generators when enough arguments have been packed, or when the last ones have waited long.

Whatever a generator starts takes its arguments out of the queue in the same commit, so no argument is used twice and
none is lost.

Arguments have waited long when enough time has passed by the clock on the wall, or else since they were first seen here:
so a clock that is set back holds nothing up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from colonyos_gen_wire.errors import generator as errors
from colonyos_gen_wire.types.generator import Generator
from msgspec.structs import replace

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import NS_PER_S, Clock, moment
from colonyos_gen.server._store.records import PackedArgument, Records
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._time.periodic import attempt
from colonyos_gen.server._workflows.stored import read_workflow
from colonyos_gen.server._workflows.workflows import Workflows

_AT_ONCE = 20
"""Workflows that are started in one turn of the event loop."""


class GeneratorStarter:
    """Looks through the generators, and starts what can be started."""

    def __init__(self, records: Records, store: Store, workflows: Workflows, clock: Clock) -> None:
        self._records = records
        self._store = store
        self._workflows = workflows
        self._clock = clock
        self._waiting: dict[str, tuple[datetime, int]] = {}

    def check(self) -> bool:
        """Start workflows for full batches, and for the rest of a queue that has waited too long; True if there are more."""
        left = _AT_ONCE
        waiting, self._waiting = self._waiting, {}
        for generator in self._records.generators:
            size = self._records.packed_of_generator.count(generator.generatorid)
            if size >= generator.trigger:
                batches = [generator.trigger] * (size // generator.trigger)
            elif size and self._has_waited(generator, waiting.get(generator.generatorid)):
                batches = [size]
            else:
                continue
            what = f"generator {generator.name} of colony {generator.colonyname}"
            packed = iter(self._records.packed_of_generator.find(generator.generatorid))
            for batch in batches:
                if not left:
                    self._waiting = waiting | self._waiting
                    return True
                left -= 1
                arguments = [next(packed) for _ in range(batch)]
                if not attempt(self._store, partial(self._start, generator, arguments), what):
                    break
        return False

    def _has_waited(self, generator: Generator, seen: tuple[datetime, int] | None) -> bool:
        since = generator.lastrun or generator.firstpack
        if generator.timeout <= 0 or since is None:
            return False
        elapsed_ns = self._clock.elapsed_ns()
        if seen is None or seen[0] != since:
            seen = since, elapsed_ns
        self._waiting[generator.generatorid] = seen
        by_clock = self._now() - since > timedelta(seconds=generator.timeout)
        return by_clock or elapsed_ns - seen[1] > generator.timeout * NS_PER_S

    def _start(self, generator: Generator, packed: list[PackedArgument]) -> None:
        if not self._records.is_known(generator.colonyname, generator.initiatorid):
            raise Refusal(errors.ADD_GENERATOR_FAILED_TO_RESOLVE_INITIATOR)
        self._workflows.start(
            read_workflow(generator.workflowspec),
            generator.initiatorid,
            self._records.name_of(generator.colonyname, generator.initiatorid) or generator.initiatorname,
            args=[argument.arg for argument in packed],
        )
        for argument in packed:
            self._records.packed.remove(argument)
        self._records.generators.put(replace(generator, lastrun=self._now()))

    def _now(self) -> datetime:
        return moment(self._clock.now_ns())
