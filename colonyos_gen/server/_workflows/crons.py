"""Starting the workflows of crons when their time has come.

The first check after a cron was added, or after it has been put off, only works out when it runs, and forgets a last run
that it was added with. A run is due when
that moment has passed, and the next one is worked out from the moment of the run. So however many moments a server
has slept through, or that a clock set forward has skipped, the cron runs once and goes on from there.

A clock set back makes the moment of the next run a distant one. A cron that runs more often than that takes the next
moment by the new time, so it does not stand still; one that runs more rarely keeps its moment, so it runs no day twice.
The real server lets all of them stand still.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import CANCELLED, RUNNING, WAITING
from colonyos_gen_wire.errors import cron as errors
from colonyos_gen_wire.terminal import visible
from colonyos_gen_wire.types.cron import Cron
from msgspec.structs import replace

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import NS_PER_S, Clock, moment, nanoseconds
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.pieces import at_once
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._time.periodic import attempt
from colonyos_gen.server._workflows.agenda import Agenda
from colonyos_gen.server._workflows.cron_schedule import read_schedule
from colonyos_gen.server._workflows.stored import LONG, read_workflow
from colonyos_gen.server._workflows.workflows import Workflows

if TYPE_CHECKING:
    from colonyos_gen_wire.types.workflow import WorkflowSpec

logger: logging.Logger = logging.getLogger(__name__)

_MOST = 50
"""Crons that are looked at in one turn of the event loop."""
_AT_ONCE = datetime.min.replace(tzinfo=UTC)
_SLEWED_NS = NS_PER_S
"""Clocks that are adjusted little by little are not set."""


class CronStarter:
    """Follows the table of crons, and starts what is due.

    Cron expressions are read in `zone`, unless they name a zone of their own.
    """

    def __init__(
        self,
        records: Records,
        store: Store,
        workflows: Workflows,
        clock: Clock,
        zone: tzinfo = UTC,
        quirks: Quirks = STRICT,
    ) -> None:
        self._records = records
        self._store = store
        self._workflows = workflows
        self._clock = clock
        self._zone = zone
        self._blocking = (WAITING, RUNNING, *((CANCELLED,) if quirks.cancelled_blocks_cron else ()))
        self._nameless_stand_still = quirks.nameless_crons_stand_still
        self._agenda = Agenda()
        self._due: deque[str] = deque()
        self._ahead_ns: int | None = None
        records.crons.watch(self._follow)

    def check(self) -> bool:
        """Start crons that are due; True if there are more. One that cannot be started does not keep others from it."""
        self._heed_clock()
        if not self._due and not self._agenda:
            return False
        waiting: list[Cron] = []
        now = self._now()
        if not self._due:
            self._due.extend(self._agenda.take(now))
        for cronid in [self._due.popleft() for _ in range(min(_MOST, len(self._due)))]:
            cron = self._records.crons.get(cronid)
            if cron is None:
                continue
            if cron.nextrun is not None and cron.nextrun >= now:
                self._follow(None, cron)  # started since it fell due, or the clock was set back
                continue
            what = f"cron {cron.name} of colony {cron.colonyname}"
            if cron.nextrun is not None and (self.is_held_back(cron) or self._stands_still(cron)):
                waiting.append(cron)
            elif cron.nextrun is not None and len(cron.workflowspec) > LONG:
                self._store.pieces.add(self._start_in_pieces(cron, what))
            elif cron.nextrun is None or not attempt(self._store, partial(self.start, cron), what):
                attempt(self._store, partial(self._put_off, cron), what)
        for cron in waiting:
            self._follow(None, cron)
        return bool(self._due)

    def require_schedule(self, expression: str) -> None:
        """Refuse an expression that is not valid."""
        read_schedule(expression, self._zone)

    def is_held_back(self, cron: Cron) -> bool:
        """Whether `cron` has to wait for the workflow that it started last."""
        if not cron.waitforprevprocessgraph:
            return False
        previous = self._records.processgraphs.get(cron.prevprocessgraphid)
        return previous is not None and previous.state in self._blocking

    def start(self, cron: Cron) -> Cron:
        """Start the workflow of `cron` now, and return the cron after that. Raises Refusal if that cannot be."""
        return at_once(self.starting(cron))

    def starting(self, cron: Cron, workflow: WorkflowSpec | None = None) -> Generator[None, None, Cron]:
        """The same; if the workflow is large, in many steps, of which the last one puts everything.

        Args:
            cron: The cron.
            workflow: Its workflow, if that has been read already.
        """
        if self._stands_still(cron) or not self._records.is_known(cron.colonyname, cron.initiatorid):
            raise Refusal(errors.ADD_CRON_COULD_NOT_DERIVE_INITIATORNAME)
        workflow = workflow or read_workflow(cron.workflowspec)
        if len(cron.workflowspec) > LONG:
            yield
        graph = yield from self._workflows.starting(
            workflow,
            cron.initiatorid,
            self._records.name_of(cron.colonyname, cron.initiatorid) or cron.initiatorname,
            rootinput=self._workflows.leaf_outputs(cron.prevprocessgraphid),
        )
        started = replace(
            self._records.crons.get(cron.cronid) or cron,
            lastrun=self._now(),
            nextrun=self._next_run(cron),
            prevprocessgraphid=graph.processgraphid,
        )
        return self._records.crons.put(started)

    def _start_in_pieces(self, cron: Cron, what: str) -> Iterator[None]:
        """Start a cron that is due, unless it is removed or started by somebody else meanwhile."""
        steps = self.starting(cron)
        goes_on = True

        def step() -> None:
            nonlocal goes_on
            goes_on = next(steps, steps) is not steps

        while goes_on and self._records.crons.get(cron.cronid) is cron:
            if not attempt(self._store, step, what):
                attempt(self._store, partial(self._put_off, cron), what)
                return
            yield

    def _put_off(self, cron: Cron) -> None:
        nextrun = self._next_run(cron)
        if nextrun is None:
            logger.info("cron %s never runs", visible(cron.name))
        elif cron.nextrun is not None:
            self._records.crons.put(replace(cron, nextrun=nextrun))
        else:  # what it was added with as its last run was none
            self._records.crons.put(replace(cron, nextrun=nextrun, lastrun=None, prevprocessgraphid=""))

    def _stands_still(self, cron: Cron) -> bool:
        if not self._nameless_stand_still or self._records.executors_by_id.count(cron.initiatorid):
            return False
        return self._records.user_of(cron.colonyname, cron.initiatorid) is None

    def _next_run(self, cron: Cron, after: datetime | None = None) -> datetime | None:
        after = after or self._now()
        if cron.interval > 0:
            return after + timedelta(seconds=cron.interval)
        return read_schedule(cron.cronexpression, self._zone).next(after)

    def _heed_clock(self) -> None:
        """Find out whether the clock was set back since the last check. At the first one, only the crons may know."""
        ahead_ns = self._clock.now_ns() - self._clock.elapsed_ns()
        before_ns, self._ahead_ns = self._ahead_ns, ahead_ns
        back_ns = 0 if before_ns is None else before_ns - ahead_ns
        if before_ns is not None and back_ns <= _SLEWED_NS:
            return
        for cron in list(self._records.crons):
            what = f"cron {cron.name} of colony {cron.colonyname}"
            attempt(self._store, partial(self._set_back, cron, back_ns), what)

    def _set_back(self, cron: Cron, back_ns: int) -> None:
        """Bring the next run of `cron` forward, if the clock was set back by more than is between two of them."""
        if cron.nextrun is None:
            return
        if cron.lastrun is not None:
            back_ns = max(back_ns, nanoseconds(cron.lastrun) - self._clock.now_ns())
        if back_ns <= _SLEWED_NS:
            return
        nextrun = self._next_run(cron)
        following = None if nextrun is None else self._next_run(cron, nextrun)
        if nextrun is None or following is None or nextrun >= cron.nextrun:
            return
        if nanoseconds(following) - nanoseconds(nextrun) < back_ns:
            self._records.crons.put(replace(cron, nextrun=nextrun))

    def _now(self) -> datetime:
        return moment(self._clock.now_ns())

    def _follow(self, old: Cron | None, new: Cron | None) -> None:
        if new is not None:
            self._agenda.put(new.cronid, new.nextrun or _AT_ONCE)
        elif old is not None:
            self._agenda.drop(old.cronid)
