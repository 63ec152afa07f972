"""Work that the server does unasked, over and over."""

from __future__ import annotations

import logging
from collections.abc import Callable

from colonyos_gen_wire.terminal import visible

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock, Timer
from colonyos_gen.server._store.tables import Store

logger: logging.Logger = logging.getLogger(__name__)


class Periodic:
    """Repeats checks on the clock of the server, from `start` to `stop`.

    Every check is a unit of its own: what it changes is committed, and undone if it fails. A failure goes to the log
    and does not keep the check from being made again.
    """

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store
        self._timers: dict[Callable[[], None], Timer] = {}

    def start(self, check: Callable[[], None], period: float) -> None:
        """Make `check` every `period` seconds, for the first time when one period has passed."""

        def run() -> None:
            self._timers[check] = self._clock.call_later(period, run)
            self.make(check)

        self._timers[check] = self._clock.call_later(period, run)

    def make(self, check: Callable[[], None]) -> None:
        """Make `check` once, now."""
        attempt(self._store, check, "a periodic check")

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
