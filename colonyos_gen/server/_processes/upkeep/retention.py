"""Forgetting what ended long ago, so that a server can run for months.

A process goes with its attributes, which are part of it, and its log lines; a member of a workflow goes with the
workflow, when all of it has ended. Other log lines go when they are as old themselves. What has not ended stays.

The real server goes by when something was submitted, and forgets only what has succeeded; see `Quirks.narrow_retention`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from colonyos_gen_wire.constants import SUCCESS
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.workflow import ProcessGraph

from colonyos_gen.server._clock import NS_PER_S, Clock, moment
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.latest_first import LatestFirst
from colonyos_gen.server._store.pieces import PIECE
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store

RETENTION_PERIOD_S = 60.0
"""How often the real server looks for what is to go."""
_AT_ONCE = 300
"""Processes that go in one turn of the event loop."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ALL = "all"


class Retention:
    """Forgets what ended more than `seconds` ago."""

    def __init__(
        self, records: Records, store: Store, clock: Clock, seconds: float, quirks: Quirks = STRICT
    ) -> None:
        self._records = records
        self._store = store
        self._clock = clock
        self._age = timedelta(seconds=seconds)
        self._quirks = quirks
        self.period: float = (
            RETENTION_PERIOD_S if quirks.narrow_retention else min(RETENTION_PERIOD_S, seconds)
        )
        """Seconds from one `check` to the next."""
        self._under_way = False
        self._alone: LatestFirst[Process] = LatestFirst(
            records.processes,
            lambda process: None if process.processgraphid else self._group(process),
            self._time,
        )
        self._members: LatestFirst[Process] | None = None
        """Those of workflows, if they can be left behind by one."""
        if quirks.state_removal_leaves_nodes:
            self._members = LatestFirst(
                records.processes,
                lambda process: self._group(process) if process.processgraphid else None,
                self._time,
            )
        self._graphs: LatestFirst[ProcessGraph] = LatestFirst(records.processgraphs, self._group, self._time)

    def check(self) -> None:
        """Begin to forget, unless that is under way."""
        if not self._under_way:
            self._under_way = True
            self._store.pieces.add(self._steps())

    def _group(self, row: Process | ProcessGraph) -> str | None:
        goes = row.state is SUCCESS if self._quirks.narrow_retention else row.state.is_final
        return _ALL if goes else None

    def _time(self, row: Process | ProcessGraph) -> datetime:
        submitted = row.submissiontime or _LONG_AGO
        return submitted if self._quirks.narrow_retention else row.endtime or submitted

    def _steps(self) -> Iterator[None]:
        limit_ns = self._clock.now_ns() - round(self._age.total_seconds() * NS_PER_S)
        if limit_ns > 0:
            try:
                yield from self._processes(moment(limit_ns))
                yield from self._workflows(moment(limit_ns))
                yield from self._left_behind(moment(limit_ns))
                yield from self._lines(limit_ns)
            finally:
                self._under_way = False
        self._under_way = False

    def _processes(self, limit: datetime) -> Iterator[None]:
        while found := self._alone.before(_ALL, limit, _AT_ONCE):
            for process in found:
                self._forget(process)
            self._store.commit()
            yield

    def _workflows(self, limit: datetime) -> Iterator[None]:
        over = [graph.processgraphid for graph in self._graphs.before(_ALL, limit)]
        while over:
            removed = 0
            while over and removed < _AT_ONCE:
                graph = self._records.processgraphs.get(over.pop())
                members = [] if graph is None else self._records.members_of_graph.find(graph.processgraphid)
                # Of a workflow that has failed, a member may still run.
                if graph is None or not all(member.state.is_final for member in members):
                    continue
                for member in members:
                    self._forget(member)
                self._records.processgraphs.remove(graph)
                removed += 1 + len(members)
            self._store.commit()
            yield

    def _left_behind(self, limit: datetime) -> Iterator[None]:
        members = [] if self._members is None else self._members.before(_ALL, limit)
        for begin in range(0, len(members), _AT_ONCE):
            for member in members[begin : begin + _AT_ONCE]:
                if self._records.processgraphs.get(member.processgraphid) is None:
                    self._forget(member)
            self._store.commit()
            yield

    def _lines(self, limit_ns: int) -> Iterator[None]:
        lines = itertools.takewhile(lambda line: line.timestamp < limit_ns, self._records.logs)
        while piece := list(itertools.islice(lines, PIECE)):
            for line in piece:
                kept = line.processid and self._records.processes.get(line.processid) is not None
                if self._quirks.narrow_retention or not kept:
                    self._records.logs.remove(line)
            self._store.commit()
            yield

    def _forget(self, process: Process) -> None:
        for line in self._records.logs_of_process.find(process.processid):
            self._records.logs.remove(line)
        self._records.processes.remove(process)
