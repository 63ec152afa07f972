"""How many requests a program has under way at a server, and what it does when the server stops answering.

A ColonyOS server stands still for good when too many requests read at once, whoever sends them. So all clients of a program
that talk to the same server take turns: each request waits here until it may be sent. Turns go round between those that
wait, one client after the other, so that ten thousand requests of one do not hold up the only one of another.

When calls time out and nothing else is answered meanwhile, more requests would only make it worse. Then all clients of the
program send less, and later, until the server answers again.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import threading
import time
import weakref
from collections import deque
from contextvars import ContextVar

from colonyos_gen._call.network.address import server_at

_SLOW_S = 1.0
"""A call that was given up sooner says nothing about the server: it was in a hurry."""
_FROZEN_S = 5.0
"""Seconds of silence, with calls that time out, after which a server is said to be frozen."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0
_TICK_S = 0.5
_STALE_S = 5.0
"""Seconds after the end of its time after which a turn that was not given back is taken back."""


blocks_a_loop: ContextVar[bool] = ContextVar("blocks_a_loop", default=False)
"""Whether the caller holds up an event loop until the request has been answered, with whatever is under way on it."""


class Lane:
    """Requests that wait in one line, in the order in which they came: those of a client, or some of them.

    Args:
        limit: How many of them may be under way at once.
        of: The lane that this one is a part of; the requests of both count for that one.
    """

    __slots__ = ("__weakref__", "limit", "total", "under_way", "waiting", "whole")

    def __init__(self, limit: int, of: Lane | None = None) -> None:
        if limit < 1:
            raise ValueError(f"max_in_flight is {limit}; it must be 1 or more")
        self.limit: int = limit
        self.whole: Lane = of or self
        self.under_way: int = 0
        """How many of its requests are under way."""
        self.total: int = 0
        """The same with those of its parts."""
        self.waiting: deque[_Waiter] = deque()

    @property
    def is_full(self) -> bool:
        """Whether it has as many under way as it may."""
        return self.under_way >= self.limit or self.whole.total >= self.whole.limit


class Turn:
    """The right to have one request under way. It ends at the latest when the time of the request is over.

    Args:
        lane: Whose turn it is.
        loop: Event loop of the request.
        until: When its time is over, on the monotonic clock.
    """

    __slots__ = ("lane", "loop", "until")

    def __init__(self, lane: Lane, loop: asyncio.AbstractEventLoop, until: float) -> None:
        self.lane: Lane = lane
        self.loop: asyncio.AbstractEventLoop = loop
        self.until: float = until

    @property
    def is_stale(self) -> bool:
        """Whether nobody will give it back: its event loop has been closed, or stands still."""
        return self.loop.is_closed() or time.monotonic() > self.until + _STALE_S


class _Waiter:
    __slots__ = ("future", "loop", "turn", "until")

    def __init__(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        self.loop = loop
        self.until = until
        self.future: asyncio.Future[None] = loop.create_future()
        self.turn: Turn | None = None

    def wake(self) -> bool:
        """Let it go on; whether its event loop is still there."""
        try:
            if self.loop is _running_loop():
                _wake(self.future)
            else:
                self.loop.call_soon_threadsafe(_wake, self.future)
        except RuntimeError:  # its loop was closed
            return False
        return True


class Gate:
    """What the clients of a program that talk to one server have in common. May be used from any thread."""

    def __init__(self) -> None:
        self._lanes: weakref.WeakSet[Lane] = weakref.WeakSet()
        self._health = _Health()
        self.forget()

    def forget(self) -> None:
        """Nothing is under way, and nobody waits: a child process begins like that."""
        # A garbage collection may end a waiting call at any moment, with the lock held too.
        self._lock = threading.RLock()
        self._line: deque[Lane] = deque()
        """The lanes in which somebody waits, each once; the first has the next turn."""
        self._turns: dict[Turn, None] = {}
        self._ticking: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
        """The event loops that look after those of them who wait."""
        self._widest = 0, 1
        for lane in self._lanes:
            lane.under_way = lane.total = 0
            lane.waiting.clear()

    def open_lane(self, limit: int, of: Lane | None = None) -> Lane:
        """A lane for requests. The widest lane says how many requests there are in all. Raises ValueError below 1."""
        lane = Lane(limit, of)
        with self._lock:
            self._lanes.add(lane)
        return lane

    @property
    def under_way(self) -> int:
        """How many requests are under way."""
        return len(self._turns)

    @property
    def limit(self) -> int:
        """How many may be, at this moment: fewer while the server does not answer."""
        count, widest = self._widest
        if count != len(self._lanes):  # one was opened, or its client has gone
            widest = max((each.limit for each in self._lanes), default=1)
            self._widest = len(self._lanes), widest
        return max(1, widest >> self._health.trouble)

    @property
    def is_in_trouble(self) -> bool:
        """Whether the server has not answered lately."""
        return self._health.trouble > 0

    def enter_at_once(self, lane: Lane, until: float, *, anyway: bool = False) -> Turn | None:
        """A turn, which lasts until `leave`, if there is one that nobody else is to have before.

        With `anyway` it is given although others wait, as long as there are not twice as many under way as there may be.
        """
        with self._lock:
            spare = anyway and len(self._turns) < 2 * self.limit
            if not spare and (self._line or not self._is_free(lane)):
                return None
            return self._take(lane, asyncio.get_running_loop(), until)

    async def enter(self, lane: Lane, until: float) -> Turn:
        """Wait for a turn, which lasts until `leave`. A wait that is cancelled takes none."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop, until)
        with self._lock:
            if not lane.waiting:
                self._line.append(lane)
            lane.waiting.append(waiter)
            self._grant()
        self._look_after(loop)
        try:
            await waiter.future
        except BaseException:
            with self._lock:
                if waiter.turn is not None:
                    self.leave(waiter.turn)
                else:
                    self._strike(lane, waiter)
            raise
        assert waiter.turn is not None
        return waiter.turn

    def leave(self, turn: Turn) -> None:
        """The request of a turn is over, however it ended."""
        with self._lock:
            self._give_back(turn)
            self._grant()

    async def calm(self) -> None:
        """Wait until the server may be asked again, for requests that need no turn."""
        while (rest := self._health.quiet_until - time.monotonic()) > 0:
            await asyncio.sleep(rest)

    def answered(self) -> None:
        """The server has answered something."""
        if self._health.answered():
            with self._lock:
                self._grant()

    def timed_out(self, began: float) -> str:
        """A request that was sent at `began` got no answer in time; what to add to its error, if anything.

        `began` is a time of `time.monotonic`.
        """
        return self._health.timed_out(began)

    @property
    def trouble(self) -> str:
        """What to say of a server that has stopped answering; empty if it has not."""
        return self._health.diagnosis()

    @property
    def ahead(self) -> str:
        """Why a request has no turn."""
        if self.is_in_trouble:
            late = (
                "calls have timed out, so this program sends less, and later, until the server answers again"
            )
            return self.trouble or late
        return f"{self.under_way} requests of this program were under way, of {self.limit} at once"

    # With the lock held

    def _is_free(self, lane: Lane) -> bool:
        return (
            not lane.is_full
            and len(self._turns) < self.limit
            and self._health.quiet_until <= time.monotonic()
        )

    def _take(self, lane: Lane, loop: asyncio.AbstractEventLoop, until: float) -> Turn:
        lane.under_way += 1
        lane.whole.total += 1
        turn = Turn(lane, loop, until)
        self._turns[turn] = None
        return turn

    def _give_back(self, turn: Turn) -> None:
        if turn in self._turns:  # it may have been taken back
            del self._turns[turn]
            turn.lane.under_way -= 1
            turn.lane.whole.total -= 1

    def _grant(self) -> None:
        """Give turns to those who wait, as far as there are any, to one lane after the other."""
        full = 0
        while full < len(self._line) and len(self._turns) < self.limit:
            if self._health.quiet_until > time.monotonic():
                return
            lane = self._line.popleft()
            if lane.is_full:
                self._line.append(lane)
                full += 1
                continue
            full = 0
            waiter = lane.waiting.popleft()
            waiter.turn = turn = self._take(lane, waiter.loop, waiter.until)
            if not waiter.wake():
                waiter.turn = None
                self._give_back(turn)
            if lane.waiting:
                self._line.append(lane)

    def _strike(self, lane: Lane, waiter: _Waiter) -> None:
        with contextlib.suppress(ValueError):
            lane.waiting.remove(waiter)
        if not lane.waiting:
            with contextlib.suppress(ValueError):
                self._line.remove(lane)

    # Now and then

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it that those who wait on this event loop get what nobody gives back, and go on after a silence."""
        if loop not in self._ticking:
            self._ticking.add(loop)
            self._tick_later(loop)

    def _tick_later(self, loop: asyncio.AbstractEventLoop) -> None:
        rest = self._health.quiet_until - time.monotonic()
        loop.call_later(min(_TICK_S, rest + 0.001) if rest > 0 else _TICK_S, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            for turn in [each for each in self._turns if each.is_stale]:
                self._give_back(turn)
            for lane in list(self._line):
                for waiter in [each for each in lane.waiting if each.loop.is_closed()]:
                    self._strike(lane, waiter)
            self._grant()
            needed = any(waiter.loop is loop for lane in self._line for waiter in lane.waiting)
            if not needed:
                self._ticking.discard(loop)
        if needed:
            self._tick_later(loop)


class _Health:
    """Whether a server answers: from what its calls come to."""

    def __init__(self) -> None:
        self.trouble = 0
        """How often in a row it was tried again in vain."""
        self.quiet_until = 0.0
        """When it may be asked next."""
        self._heard_at = 0.0
        self._silent_since = math.inf
        """When the first request was sent that got no answer since the last one that did."""
        self._noticed_at = 0.0
        self._unanswered = 0

    def answered(self) -> bool:
        """Take note of an answer; whether there had been trouble."""
        self._heard_at = time.monotonic()
        self._silent_since = math.inf
        if not self._unanswered:
            return False
        self._unanswered, self.trouble, self.quiet_until = 0, 0, 0.0
        return True

    def timed_out(self, began: float) -> str:
        now = time.monotonic()
        if self._heard_at > began:
            return ""  # others were answered: this call is slow, and not the server
        self._silent_since = min(self._silent_since, began)
        if now - began < _SLOW_S:
            return self.diagnosis()
        self._unanswered += 1
        if began >= self._noticed_at:  # those that were under way together count once
            self._noticed_at = now
            self.trouble = min(self.trouble + 1, 8)
            pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (self.trouble - 1))
            self.quiet_until = now + pause * random.uniform(0.75, 1.25)
        return self.diagnosis()

    def diagnosis(self) -> str:
        silent = time.monotonic() - self._silent_since
        if self._unanswered < 2 or silent < _FROZEN_S:
            return ""
        from colonyos_gen_wire.hazards import TOO_MANY_READS  # only those in trouble read it

        return (
            f"the server seems to be frozen: it has answered nothing for {silent:.0f} s, and {self._unanswered} calls "
            f"timed out. Known cause: {TOO_MANY_READS.when.rstrip('.')}. If it is that, only a restart of the server helps"
        )


_gates: weakref.WeakValueDictionary[str, Gate] = weakref.WeakValueDictionary()
_gates_lock = threading.Lock()


def gate_of(url: str) -> Gate:
    """The gate that all clients of this program for the server at `url` share."""
    key = server_at(url)
    with _gates_lock:
        gate = _gates.get(key)
        if gate is None:
            gate = _gates[key] = Gate()
        return gate


def _forget() -> None:
    """A child process begins with no request under way."""
    global _gates_lock
    _gates_lock = threading.Lock()
    for gate in list(_gates.values()):
        gate.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
