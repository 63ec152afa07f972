"""Telling those who wait for processes, with as few reads as that takes."""

from __future__ import annotations

import asyncio
import functools
import logging
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES
from colonyos_gen_wire.method import Key

from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.retry import passes
from colonyos_gen._waiting import late_errors
from colonyos_gen._waiting.colony import Colony
from colonyos_gen._waiting.pace import (
    AGAIN_S,
    FIRST_LOOK_S,
    LONGEST_PAUSE_S,
    FirstLooks,
    pause_after,
)
from colonyos_gen._waiting.reading import Reading
from colonyos_gen._waiting.wait import Wait, function_of
from colonyos_gen.errors import RPCError, closed_error

_READERS = 3
"""Processes that are read at the same time, beside lists: one turn of the lane stays free for those."""

_logger = logging.getLogger("colonyos_gen")


class Watcher:
    """Tells when processes reach a state: for all who wait for them over one client, in the name of one signer.

    A process is read again 2 ms after the wait began, or when those of the same function have mostly ended if that is soon,
    and then ever later: after at most a twentieth of the time that it has been waited for, and never more than 2 seconds.
    Where more than a few are waited for, the lists of the processes that ended last answer for all of them at once, at a
    pace that follows how often processes end and what a list costs. What no list shows is read one by one: those that became
    FAILED or CANCELLED with their workflow, those that were removed, and states that are not final.

    Restarts of the server and broken connections are bridged for as long as somebody waits. Nothing runs unless somebody
    does. All methods belong to the event loop of the client.

    Args:
        pipeline: What makes the reads.
        prvkey: Key that signs them, instead of that of the client.
    """

    def __init__(self, pipeline: Pipeline, prvkey: Key | None = None) -> None:
        self._pipeline = pipeline
        self._reading = Reading(pipeline, prvkey)
        self._colonies: dict[str, Colony] = {}
        self._singles: dict[Wait, None] = {}
        """Those that no list can show."""
        self._waits: dict[tuple[str, frozenset[ProcessState]], Wait] = {}
        self._first_looks = FirstLooks()
        self._timer: asyncio.Handle | None = None
        """For the next look."""
        self._next = math.inf
        """When that is."""
        self._tasks: set[asyncio.Task[None]] = set()
        """The reads that are under way."""
        self._line: dict[Wait, None] = {}
        """Those that are to be read one by one, as soon as there is a reader for them."""
        self._readers = 0
        self._alone = 0
        self._warned = False

    async def final(self, process: Process) -> Process:
        """The process as it is stored once it has reached a final state; at least one read is made.

        Cancelling the wait leaves the process as it is.

        Raises:
            RPCError: The process cannot be read: it was removed, or the signer may not; or the client is closed.
        """
        return await self._reaching(process, FINAL_PROCESS_STATES)

    async def reaches(self, process: Process, state: ProcessState) -> Process:
        """The same once it is in `state`, or in a final one. A state that lasts for a moment only may go unseen."""
        return await self._reaching(process, FINAL_PROCESS_STATES | {state})

    async def changed(self, process: Process) -> Process:
        """The same once it is in another state than `process`, which must not be final."""
        return await self._reaching(process, frozenset(ProcessState) - {process.state})

    def close(self) -> None:
        """End all waits: they raise what using a closed client raises."""
        for wait in list(self._waits.values()):
            wait.settle(closed_error())

    async def _reaching(self, process: Process, goal: frozenset[ProcessState]) -> Process:
        self._pipeline.require_open()
        key = process.processid, goal
        wait = self._waits.get(key)
        if wait is None or wait.reached.done():
            first_look = self._first_looks.of(function_of(process))
            wait = self._waits[key] = Wait(process, goal, first_look)
            self._reading.blocking += wait.blocks_a_loop
            self._place(wait)
            self._look_by(wait.due)
        wait.waiters += 1
        try:
            return await asyncio.shield(wait.reached)
        finally:
            wait.waiters -= 1
            if not wait.waiters:
                self._forget(key, wait)

    def _place(self, wait: Wait) -> None:
        """Let it be looked for in the lists of its colony, if these can show it."""
        if not wait.shown_by_lists:
            self._singles[wait] = None
            return
        self._singles.pop(wait, None)
        colony = self._colonies.get(wait.colonyname)
        if colony is None:
            colony = self._colonies[wait.colonyname] = Colony(self._reading, wait.colonyname)
        colony.add(wait, asyncio.get_running_loop().time())

    def _forget(self, key: tuple[str, frozenset[ProcessState]], wait: Wait) -> None:
        wait.reached.cancel()
        self._reading.blocking -= wait.blocks_a_loop
        self._singles.pop(wait, None)
        if wait.colonyname in self._colonies:
            self._colonies[wait.colonyname].discard(wait)
        if self._waits.get(key) is wait:
            del self._waits[key]
        if not self._waits and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, error: BaseException) -> None:
        for wait in list(self._waits.values()):
            if not wait.reached.done():
                wait.reached.set_exception(error)

    def _look_by(self, when: float) -> None:
        """See to it that there is a look at `when`, on the clock of the event loop, or sooner."""
        if self._timer is not None:
            if self._next <= when:
                return
            self._timer.cancel()
        self._next = when
        self._timer = asyncio.get_running_loop().call_at(when, self._look)

    def _look(self) -> None:
        """Begin what is due, and come back when something else is."""
        self._timer = None
        if not self._waits:
            return
        try:
            self._look_by(self._begin_what_is_due(asyncio.get_running_loop().time()))
        except Exception as error:  # whatever it is, nobody may wait for a watcher that has stopped
            self._give_up(error)

    def _begin_what_is_due(self, now: float) -> float:
        """Returns when the next thing is due."""
        alone = [wait for wait in self._singles if not wait.reached.done()]
        dues: list[float] = []
        for colony in self._colonies.values():
            if not colony.waits:
                continue
            few, listed = colony.alone(now)
            alone += few
            if not listed or colony.looking:
                continue
            if colony.lists.due <= now:
                colony.looking = True
                self._begin(self._look_at_lists(colony), functools.partial(self._lists_seen, colony))
            else:
                dues.append(colony.lists.due)
        self._alone = len(alone)
        for wait in alone:
            if wait.due <= now:
                self._line_up(wait)
        dues += [wait.due for wait in alone]
        return min(*dues, now + LONGEST_PAUSE_S) if dues else now + LONGEST_PAUSE_S

    def _begin(self, work: Coroutine[Any, Any, None], then: Callable[[], object]) -> None:
        """Do some work in a task of its own, and `then` note its end."""
        task = asyncio.create_task(work, name="colonyos_gen.Watcher")
        self._tasks.add(task)

        # Not by `finally`: a task that is cancelled before its first step, by whoever cancels everything, comes to none.
        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            then()
            error = None if task.cancelled() else task.exception()
            if error is not None:  # whatever it is, nobody may wait for what is not looked for any more
                self._give_up(error)

        task.add_done_callback(ended)

    async def _look_at_lists(self, colony: Colony) -> None:
        loop = asyncio.get_running_loop()
        for wait in await colony.look(loop.time()):
            self._line_up(wait)
        colony.rest(loop.time())
        if not colony.looking_at_members and (members := colony.members_waited_for):
            colony.looking_at_members = True
            self._begin(self._look_at_members(colony, members), functools.partial(self._members_seen, colony))

    def _lists_seen(self, colony: Colony) -> None:
        colony.looking = False
        self._look_by(0.0)

    async def _look_at_members(self, colony: Colony, waits: Sequence[Wait]) -> None:
        for wait in await colony.members.ended(waits):
            self._line_up(wait)

    def _members_seen(self, colony: Colony) -> None:
        colony.looking_at_members = False
        self._look_by(0.0)

    def _line_up(self, wait: Wait) -> None:
        """Have a process read, before long: a few are read at once, and the others after them."""
        wait.due = math.inf
        self._line[wait] = None
        # The readers that there are may have to wait for what whoever holds up an event loop keeps from going on.
        if self._readers < min(_READERS, len(self._line)) + wait.blocks_a_loop:
            self._read_on()

    def _read_on(self) -> None:
        self._readers += 1
        self._begin(self._read_the_line(), self._reader_ended)

    def _reader_ended(self) -> None:
        self._readers -= 1
        # What was lined up after its last look at the line must not wait for readers that are held up.
        if self._readers < min(_READERS, len(self._line)):
            self._read_on()

    async def _read_the_line(self) -> None:
        while self._line:
            wait = next(iter(self._line))
            del self._line[wait]
            if wait.waiters and not wait.reached.done():
                try:
                    await self._read(wait)
                except asyncio.CancelledError:
                    self._line[wait] = None
                    raise
                if not wait.reached.done():
                    self._look_by(wait.due)

    async def _read(self, wait: Wait) -> None:
        loop = asyncio.get_running_loop()
        waited = loop.time() - wait.began
        try:
            process = await self._reading.process(wait.processid)
        except RPCError as error:
            self._not_read(wait, error, loop.time())
            return
        finally:
            wait.read_at = loop.time()
        wait.failures = 0
        self._warned = False
        ended = process.state in wait.goal
        if not wait.was_read and waited < wait.first_look + FIRST_LOOK_S:
            self._first_looks.looked(wait.function, self._reading.of_one.seconds, ended=ended)
        cost = self._reading.of_one.seconds * max(1, self._alone)
        shortest = min(FIRST_LOOK_S, self._first_looks.of(wait.function))
        wait.due = wait.read_at + pause_after(wait.read_at - wait.began, cost, shortest)
        wait.was_read = True
        self._tell_more(wait, process)
        if ended and late_errors.lacks_errors(process):
            wait.failed_at = min(wait.failed_at, wait.read_at)
            if wait.read_at < wait.failed_at + late_errors.LATE_S:
                self._read_later(wait, wait.read_at + late_errors.AGAIN_S)
                return
        if ended:
            wait.settle(process)

    def _tell_more(self, wait: Wait, process: Process) -> None:
        """Take note of where the process belongs, if that was not known before."""
        colonyname, processgraphid = process.spec.conditions.colonyname, process.processgraphid
        if (wait.colonyname, wait.processgraphid) == (colonyname, processgraphid) or not wait.waiters:
            return
        if wait.colonyname in self._colonies:
            self._colonies[wait.colonyname].discard(wait)
        wait.colonyname, wait.processgraphid = colonyname, processgraphid
        self._place(wait)

    def _read_later(self, wait: Wait, when: float) -> None:
        """Have a process read once more, though lists look after it as well."""
        asyncio.get_running_loop().call_at(when, self._line_up, wait)

    def _not_read(self, wait: Wait, error: RPCError, now: float) -> None:
        if not passes(error):
            wait.settle(error)
            return
        wait.failures += 1
        if wait.failures > 1 and not self._warned:
            self._warned = True
            _logger.warning(
                "what is waited for cannot be read at the moment, and is waited for on: %s", error
            )
        pause = min(LONGEST_PAUSE_S, AGAIN_S * 2 ** min(wait.failures, 10))
        wait.due = now + max(pause, pause_after(now - wait.began))
