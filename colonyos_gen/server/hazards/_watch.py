"""Watches requests go by, and does what was asked for when they are hazardous."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal, TypeVar, get_args

from colonyos_gen_wire.constants import MAX_OPEN_DATABASE_CONNECTIONS
from colonyos_gen_wire.hazards import TOO_MANY_READS, Effect, Hazard
from colonyos_gen_wire.method import ErrorCode, Role

from colonyos_gen.server._caller.access import Access, AnyMethod
from colonyos_gen.server._caller.refusal import FAULT, HAZARDOUS, Refusal
from colonyos_gen.server._clock import Clock
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._store.records import Records
from colonyos_gen.server.hazards import _pairs as pairs
from colonyos_gen.server.hazards import _removals as removals
from colonyos_gen.server.hazards import _single as single
from colonyos_gen.server.hazards._arrival import current_arrival
from colonyos_gen.server.hazards._moments import Finding, Rule, Scene
from colonyos_gen.server.hazards._noticed import Hazards, Occurrence, Part
from colonyos_gen.server.hazards._reads import Reads
from colonyos_gen.server.hazards._subscriptions import Subscription, Subscriptions
from colonyos_gen.server.hazards._traffic import Passing, Traffic
from colonyos_gen.server.hazards._unread import Unread

logger: logging.Logger = logging.getLogger("colonyos_gen.server.hazards")

T = TypeVar("T")
Mode = Literal["notice", "act", "refuse", "off"]

_READING = frozenset(TOO_MANY_READS.messages)
_HARM = (Effect.ENDS, Effect.FREEZES, Effect.CORRUPTS)
"""Of which others suffer."""
_LINGER_S = 0.005
"""How long a program may take to send two requests at once, a new connection included."""

_RULES: dict[str, tuple[Rule, ...]] = {
    "remove_colony": (removals.of_colony,),
    "remove_process": (removals.of_process, pairs.met),
    "remove_all_processes": (removals.of_all_processes,),
    "remove_processgraph": (removals.of_workflow, pairs.met),
    "remove_all_processgraphs": (removals.of_all_workflows,),
    "remove_generator": (removals.of_generator, pairs.met),
    "cancel_process": (pairs.met,),
    "cancel_processgraph": (pairs.met,),
    "pack_generator": (pairs.met,),
    "close": (single.close, single.close_again, pairs.met),
    "fail": (pairs.met,),
    "add_child": (pairs.met,),
    "channel_append": (single.append,),
}
"""What is asked about a request when it has come; it counts unless the request is refused for lack of rights."""

_MEETING = (
    _RULES.keys()
    | removals.WORK
    | {"run_cron", "get_process", "get_processes", "get_process_history", "channel_read"}
    | {"get_processgraph", "get_processgraphs", "get_statistics", "get_generator", "get_generators"}
)
"""What others can meet, and what tells its sender how things stand; the rest is not remembered."""


class HazardWatch:
    """Looks at every request before and after it is handled.

    Args:
        mode: "notice" counts and warns; "act" also does what the real server would do; "refuse" answers a request that
            would end or freeze the real server, or spoil its data, with an error; "off" does nothing.
    """

    def __init__(
        self, records: Records, access: Access, clock: Clock, scheduler: Scheduler, mode: Mode
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"hazards is {mode!r}; give 'notice', 'act', 'refuse' or 'off'")
        self._unread = Unread()
        self.noticed: Hazards = Hazards(self._unread)
        """What was noticed."""
        self.died: Hazard | None = None
        """What has ended the server."""
        self.frozen: Hazard | None = None
        """What has made the server stand still."""
        self.on_death: Callable[[], None] = lambda: None
        """Called once when the server is to end."""
        self._mode: Mode = mode
        self._records = records
        self._access = access
        self._traffic = Traffic(records)
        self._scene = Scene(records, clock, scheduler, self._traffic)
        self._reads = Reads(MAX_OPEN_DATABASE_CONNECTIONS)
        self._subscriptions = Subscriptions(records, clock, self._note) if mode != "off" else None
        self._found: dict[Passing, list[tuple[Finding, Occurrence]]] = {}
        self._thaw: asyncio.Future[None] | None = None

    def begin(self, method: AnyMethod, request: Any, signer: str) -> Passing | None:
        """A request is about to be handled. To be followed by `end`."""
        if self._mode == "off":
            return None
        arrival = current_arrival()
        passing = self._traffic.passing(method, request, signer, arrival)
        if method.name not in _MEETING:
            return passing
        self._traffic.begin(passing)
        arrival.then(partial(self._answered, passing))
        if method.msgtype in _READING:
            self._read(passing)
            if method.waits is not None:
                self._reads.end(passing, time.monotonic_ns())
        if method.name == "assign":
            for finding in self._findings(passing, (single.assign,)):
                self._note(finding, passing)
        # Described now, as the names may be gone with the request.
        rules = _RULES.get(method.name)
        if rules and (found := self._findings(passing, rules)):
            self._found[passing] = [(finding, self._described(finding, passing)) for finding in found]
        return passing

    def require_harmless(self, passing: Passing | None) -> None:
        """Refuse a request that would harm the real server, if that is what was asked for. Raises Refusal."""
        if self._mode == "refuse" and passing is not None:
            for _, occurrence in self._found.get(passing, ()):
                if occurrence.hazard.effect in _HARM:
                    if Role.SERVER_OWNER not in passing.method.roles:  # whose rights are known by now
                        self._access.require(passing.method, passing.signer, passing.colonyname)
                    raise Refusal(HAZARDOUS, name=occurrence.name, avoid=occurrence.hazard.avoid)

    def end(self, passing: Passing | None, refusal: Refusal | None, *, done: bool = True) -> None:
        """A request was handled, or its sender has left before, and it is not `done`."""
        if passing is None:
            return
        denied = refusal is not None and refusal.spec.code is ErrorCode.DENIED
        in_vain = passing.name == "assign" and (refusal is not None or not done)
        passing.void = denied or in_vain
        passing.handled = time.monotonic_ns()
        if passing.connection is None and passing.name in _MEETING:
            self._answered(passing)
        if passing.reads and refusal is None and self.noticed.pending:
            self._unread.looked(passing)
        found = self._found.pop(passing, [])
        if denied:
            return
        for finding, occurrence in found:
            if finding.reader and self._mode != "refuse":
                self._unread.add(finding.reader, passing.colonyname, partial(self._count, occurrence))
            else:
                self._count(occurrence)
        if refusal is not None:
            hazard = _tried(lambda: single.refused(passing, refusal), None, passing)
            if hazard is not None:
                self._note(Finding(hazard, detail="refused here"), passing)

    async def linger(self, passing: Passing | None, refusal: Refusal | None) -> None:
        """Hold back the reply to a request that was handled, for a few milliseconds at most and for some requests only."""
        if (
            passing is not None
            and passing.connection is not None
            and passing.name in pairs.SLOW
            and refusal is None
        ):
            await asyncio.sleep(_LINGER_S)

    def subscribe(self, method: AnyMethod, request: Any, signer: str) -> Subscription | None:
        """A subscription is about to begin."""
        subscriptions = self._subscriptions
        if subscriptions is None:
            return None
        passing = self._traffic.passing(method, request, signer, current_arrival())
        if method.msgtype in _READING:
            # It reads before its first frame, and no longer.
            self._read(passing)
            self._reads.end(passing, time.monotonic_ns())
        return _tried(lambda: subscriptions.begin(passing), None, passing)

    def beside(self, live: Subscription | None, second: AnyMethod | None) -> None:
        """A frame has come on a connection on which a subscription is served."""
        if self._subscriptions is not None and live is not None:
            self._subscriptions.beside(live.passing, second)

    async def stand_still(self) -> None:
        """Return at once, or never while the server is frozen. Raises Refusal when it is stopped."""
        if self.frozen is None:
            return
        if self._thaw is None:
            self._thaw = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._thaw)
        raise Refusal(FAULT)

    def stop(self) -> None:
        """The server is being stopped: whatever stands still is let go."""
        self._unread.clear()
        if self._thaw is not None and not self._thaw.done():
            self._thaw.set_result(None)

    def restart(self) -> None:
        """The server begins anew."""
        self.died = self.frozen = self._thaw = None

    def _findings(self, passing: Passing, rules: Iterable[Rule]) -> list[Finding]:
        def look() -> list[Finding]:
            return [finding for rule in rules for finding in rule(self._scene, passing)]

        return _tried(look, list[Finding](), passing)

    def _answered(self, passing: Passing) -> None:
        self._traffic.end(passing)
        self._reads.end(passing, passing.answered or passing.begun)

    def _read(self, passing: Passing) -> None:
        if others := self._reads.begin(passing):
            detail = f"{len(others) + 1} requests that read processes were under way at once"
            self._note(Finding(TOO_MANY_READS, others, detail), passing)

    def _note(self, finding: Finding, passing: Passing) -> None:
        self._count(self._described(finding, passing))

    def _count(self, occurrence: Occurrence) -> None:
        self.noticed.note(occurrence)
        if self._mode == "act":
            self._act(occurrence.hazard)

    def _described(self, finding: Finding, passing: Passing) -> Occurrence:
        parts = tuple(self._part(each, passing) for each in (passing, *finding.others))
        return Occurrence(finding.hazard, parts, finding.detail)

    def _act(self, hazard: Hazard) -> None:
        if hazard.effect is Effect.ENDS and self.died is None:
            self.died = hazard
            self.on_death()
        elif hazard.effect is Effect.FREEZES and self.frozen is None:
            self.frozen = hazard

    def _part(self, each: Passing, last: Passing) -> Part:
        under_way = each is not last and (each.answered is None or each.answered > last.arrived)
        ms = (last.arrived - each.arrived) / 1e6
        subject = each.subject or each.colonyname
        return Part(each.method.msgtype, subject, self._who(each), ms, under_way)

    def _who(self, passing: Passing) -> str:
        if name := self._records.name_of(passing.colonyname, passing.signer):
            return name
        colony = self._records.colonies.get(passing.colonyname)
        if colony is not None and colony.colonyid == passing.signer:
            return "the colony owner"
        if passing.signer == self._access.server_id:
            return "the server owner"
        return passing.signer


def _tried(look: Callable[[], T], otherwise: T, passing: Passing) -> T:
    """What `look` finds; `otherwise` if it asks for what the schema has no more, for which nobody is refused."""
    try:
        return look()
    except AttributeError as error:
        logger.warning("the hazards of %s are not looked for: %s", passing.name, error)
        return otherwise
