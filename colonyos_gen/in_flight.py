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
from urllib.parse import urlsplit

DEFAULT_MAX_IN_FLIGHT = 16
"""Requests that a program has under way at one server, unless a client says otherwise: a sixth of what freezes it."""

_SLOW_S = 1.0
"""Seconds of silence that say nothing about a server: calls are in a hurry sometimes."""
_FROZEN_S = 5.0
"""Seconds of silence, with calls that time out, after which a server is said to be frozen."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Lane:
    """Requests that wait in one line, in the order in which they came: those of a client, or some of them.

    Args:
        limit: How many of them may be under way at once.
    """

    __slots__ = ("__weakref__", "limit", "under_way", "waiting")

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"max_in_flight is {limit}; it must be 1 or more")
        self.limit: int = limit
        self.under_way: int = 0
        """How many of its requests are under way."""
        self.waiting: deque[_Waiter] = deque()


class _Waiter:
    __slots__ = ("future", "granted", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.future: asyncio.Future[None] = loop.create_future()
        self.granted = False

    def grant(self) -> bool:
        """Let it go; whether its event loop is still there."""
        self.granted = True
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
        self._lock = (
            threading.RLock()
        )  # a garbage collection may end a waiting call at any moment, in here too
        self._lanes: weakref.WeakSet[Lane] = weakref.WeakSet()
        self._line: deque[Lane] = deque()
        """The lanes in which somebody waits, each once; the first has the next turn."""
        self._under_way = 0
        self._limit = 1
        self._timer_at = 0.0
        self._health = _Health()

    def open_lane(self, limit: int) -> Lane:
        """A lane for requests. The widest lane says how many requests there are in all. Raises ValueError below 1."""
        lane = Lane(limit)
        with self._lock:
            self._lanes.add(lane)
            self._limit = max(each.limit for each in self._lanes)
        return lane

    @property
    def under_way(self) -> int:
        """How many requests are under way."""
        return self._under_way

    @property
    def limit(self) -> int:
        """How many may be, at this moment: fewer while the server does not answer."""
        return max(1, self._limit >> self._health.trouble)

    def enter_at_once(self, lane: Lane) -> bool:
        """Take a turn, which lasts until `leave`, if there is one for nobody else to have before; whether there was."""
        with self._lock:
            free = not self._line and self._is_free(lane)
            if free:
                self._take(lane)
            return free

    async def enter(self, lane: Lane) -> None:
        """Wait for a turn, which lasts until `leave`. A wait that is cancelled takes none."""
        with self._lock:
            waiter = _Waiter(asyncio.get_running_loop())
            if not lane.waiting:
                self._line.append(lane)
            lane.waiting.append(waiter)
            self._grant()
            self._wait_out()
        try:
            await waiter.future
        except BaseException:
            with self._lock:
                if waiter.granted:
                    self._give_back(lane)
                else:
                    self._strike(lane, waiter)
            raise

    def leave(self, lane: Lane) -> None:
        """The request of a turn is over, however it ended."""
        with self._lock:
            self._give_back(lane)

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

    # With the lock held

    def _is_free(self, lane: Lane) -> bool:
        return (
            lane.under_way < lane.limit
            and self._under_way < self.limit
            and self._health.quiet_until <= time.monotonic()
        )

    def _take(self, lane: Lane) -> None:
        lane.under_way += 1
        self._under_way += 1

    def _give_back(self, lane: Lane) -> None:
        lane.under_way -= 1
        self._under_way -= 1
        self._grant()

    def _grant(self) -> None:
        """Give turns to those who wait, as far as there are any, to one lane after the other."""
        full = 0
        while full < len(self._line) and self._under_way < self.limit:
            if self._health.quiet_until > time.monotonic():
                self._wait_out()
                return
            lane = self._line.popleft()
            if lane.under_way >= lane.limit:
                self._line.append(lane)
                full += 1
                continue
            full = 0
            if lane.waiting.popleft().grant():
                self._take(lane)
            if lane.waiting:
                self._line.append(lane)

    def _strike(self, lane: Lane, waiter: _Waiter) -> None:
        with contextlib.suppress(ValueError):
            lane.waiting.remove(waiter)
        if not lane.waiting:
            with contextlib.suppress(ValueError):
                self._line.remove(lane)

    def _wait_out(self) -> None:
        """See to it that those who wait are looked after when the server may be asked again."""
        until = self._health.quiet_until
        now = time.monotonic()
        if until <= now or (self._timer_at >= until and self._timer_at > now) or not self._line:
            return
        self._timer_at = until
        loop = self._line[0].waiting[0].loop
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(loop.call_later, until - now + 0.001, self._look_again)

    def _look_again(self) -> None:
        with self._lock:
            self._grant()
            self._wait_out()


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
        if now - self._silent_since < _SLOW_S:
            return ""
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
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    key = f"{'loopback' if host in _LOOPBACK else host}:{port}"
    with _gates_lock:
        gate = _gates.get(key)
        if gate is None:
            gate = _gates[key] = Gate()
        return gate


def _forget() -> None:
    """A child process begins with no request under way."""
    global _gates, _gates_lock
    _gates, _gates_lock = weakref.WeakValueDictionary[str, Gate](), threading.Lock()


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
