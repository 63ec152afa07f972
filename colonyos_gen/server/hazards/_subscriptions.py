"""Subscriptions to processes: near the change they ask for, several on a connection, and left alone."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from colonyos_gen_wire import hazards
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server._caller.access import AnyMethod
from colonyos_gen.server._clock import NS_PER_S, Clock
from colonyos_gen.server._store.records import Records
from colonyos_gen.server.hazards._moments import Finding
from colonyos_gen.server.hazards._traffic import Passing

_PROCESS = "subscribe_process"
_PROCESSES = "subscribe_processes"
_CHANNEL = "subscribe_channel"
_SOON_NS = 500_000_000
"""A change that comes so soon after a subscription began meets it."""
_JUST_NS = 50_000_000
"""And so does one that was made so shortly before."""
_LONGEST_LEFT_NS = 30 * NS_PER_S
"""A subscription that has less time than this to go may be left."""

Note = Callable[[Finding, Passing], None]


class Subscription:
    """A subscription that is served."""

    def __init__(self, subscriptions: Subscriptions, passing: Passing, ends_ns: int) -> None:
        self.passing: Passing = passing
        self.state: ProcessState | None = getattr(passing.request, "state", None)
        """The state that is waited for."""
        self.ends_ns: int = ends_ns
        """When it will have timed out, on the server's clock."""
        self._subscriptions = subscriptions

    def left(self) -> None:
        """The client has closed the connection while the subscription was running."""
        self._subscriptions.left(self)

    def end(self) -> None:
        """The subscription is over, for whatever reason."""
        self._subscriptions.end(self)


class Subscriptions:
    """The subscriptions to processes that are served at the moment."""

    def __init__(self, records: Records, clock: Clock, note: Note) -> None:
        self._records = records
        self._clock = clock
        self._note = note
        self._of_process: dict[str, dict[Subscription, None]] = {}
        self._changes: deque[tuple[int, str, ProcessState]] = deque()
        records.processes.follow(self._follow)

    def begin(self, passing: Passing) -> Subscription:
        """A subscription begins."""
        subscription = Subscription(
            self, passing, self._clock.elapsed_ns() + getattr(passing.request, "timeout", 0) * NS_PER_S
        )
        if passing.name == _PROCESS:
            self._begin_single(subscription)
        elif (
            passing.name == _PROCESSES
            and subscription.state is WAITING
            and self._records.executors_by_id.count(passing.signer)
        ):
            self._note(Finding(hazards.WAITING_FEED_TAKES_WAKEUPS), passing)
        return subscription

    def beside(self, live: Passing, second: AnyMethod | None) -> None:
        """Something was sent on a connection on which `live` is served: a subscription, or anything else."""
        if live.name == _CHANNEL:
            return
        several = second is not None and second.name in (_PROCESS, _PROCESSES)
        hazard = hazards.SEVERAL_SUBSCRIPTIONS_ON_ONE_CONNECTION if several else hazards.REQUEST_BESIDE_FEED
        what = second.msgtype if second is not None else "something that is no subscription"
        self._note(Finding(hazard, detail=f"{what} was sent on the connection of the subscription"), live)

    def left(self, subscription: Subscription) -> None:
        """The client of a subscription is gone."""
        left_ns = subscription.ends_ns - self._clock.elapsed_ns()
        if subscription.passing.name != _CHANNEL and left_ns > _LONGEST_LEFT_NS:
            detail = f"left with {left_ns / NS_PER_S:.0f} s to go"
            self._note(Finding(hazards.ABANDONED_FEED, detail=detail), subscription.passing)

    def end(self, subscription: Subscription) -> None:
        """A subscription is over."""
        subscriptions = self._of_process.get(subscription.passing.subject, {})
        subscriptions.pop(subscription, None)
        if not subscriptions:
            self._of_process.pop(subscription.passing.subject, None)

    def _begin_single(self, subscription: Subscription) -> None:
        passing = subscription.passing
        if self._records.processes.get(passing.subject) is None:
            return
        self._of_process.setdefault(passing.subject, {})[subscription] = None
        for ns, processid, state in self._changes:
            if (processid, state) == (passing.subject, subscription.state):
                ago = passing.begun - ns
                if ago < _JUST_NS:
                    self._meet(passing, f"the process had become {state.name} {ago / 1e6:.0f} ms before")

    def _follow(self, old: Process | None, new: Process | None) -> None:
        if new is None or (old is not None and old.state is new.state):
            return
        now = time.monotonic_ns()
        for subscription in self._of_process.get(new.processid, ()):
            after = now - subscription.passing.begun
            if subscription.state is new.state and after < _SOON_NS:
                self._meet(
                    subscription.passing, f"the process became {new.state.name} {after / 1e6:.0f} ms after"
                )
        self._changes.append((now, new.processid, new.state))
        while now - self._changes[0][0] > _JUST_NS:
            self._changes.popleft()

    def _meet(self, passing: Passing, detail: str) -> None:
        self._note(Finding(hazards.PROCESS_SUBSCRIPTION_NEAR_CHANGE, detail=detail), passing)
