"""Work that the server does unasked, over and over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TypeAlias

from colonyos_gen_wire.terminal import visible

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock, Timer
from colonyos_gen.server._store.tables import Store

logger: logging.Logger = logging.getLogger(__name__)

Check: TypeAlias = "Callable[[], bool | None]"
"""Something to look after; True if there is more to do."""


class Periodic:
    """Repeats checks on the clock of the server, from `start` to `stop`.

    Every check is a unit of its own: what it changes is committed, and undone if it fails. A failure goes to the log
    and does not keep the check from being made again. A check that returns True has more to do than fits into one turn of
    the event loop, and is made again in the next.
    """

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store
        self._timers: dict[Check, Timer] = {}

    def start(self, check: Check, period: float) -> None:
        """Make `check` every `period` seconds, for the first time when one period has passed."""

        def run() -> None:
            self._timers[check] = self._clock.call_later(period, run)
            self.make(check)

        self._timers[check] = self._clock.call_later(period, run)

    def make(self, check: Check) -> None:
        """Make `check`, now and for as long as it has more to do."""
        more = False

        def once() -> None:
            nonlocal more
            more = check() is True

        if attempt(self._store, once, "a periodic check") and more:
            self._store.pieces.add(self._rest(check))

    def _rest(self, check: Check) -> Iterator[None]:
        more: bool | None = True
        while more and check in self._timers:
            more = check()
            self._store.commit()
            yield

    def stop(self) -> None:
        """Make no more checks."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


def attempt(store: Store, step: Callable[[], object], what: str) -> bool:
    """Commit what `step` changes; or if it raises, undo that and log that `what` failed. Tells whether it went well."""
    try:
        step()
        store.commit()
    except Refusal as refusal:
        store.rollback()
        logger.warning("%s failed: %s", what, visible(str(refusal)))
        return False
    except Exception:
        store.rollback()
        logger.exception("%s failed", what)
        return False
    return True
