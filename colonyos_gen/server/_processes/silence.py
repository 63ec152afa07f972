"""For how long executors have not been heard.

An executor is heard when it asks for work, and for as long as it waits for it. Rows show when that was by the clock on the
wall, but what counts is the time that the server has attended since: a clock that is set, a machine that has slept and a
server that was away make nobody silent. After a start everybody is heard anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from colonyos_gen_wire.types.executor import Executor

from colonyos_gen.server._clock import Clock, nanoseconds
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records, scoped
from colonyos_gen.server._time.attended import Attended


class Silence:
    """Follows the table of executors, and knows who waits for work."""

    def __init__(self, records: Records, clock: Clock, attended: Attended, quirks: Quirks = STRICT) -> None:
        self._executors = records.executors
        self._clock = clock
        self._attended = attended
        self._quirks = quirks
        self._heard: dict[str, int] = {}
        self._polls: dict[str, int] = {}
        records.executors.watch(self._follow)

    def start(self) -> None:
        """Nobody could be heard before the server was there."""
        now = self._attended.now_ns()
        self._heard = dict.fromkeys(self._heard, now)

    @contextlib.contextmanager
    def broken_by(self, executor: Executor) -> Generator[None]:
        """The block is a poll of `executor`, and it is heard until the end of that."""
        if self._quirks.silent_polls:
            yield
            return
        key = _key(executor)
        self._polls[key] = self._polls.get(key, 0) + 1
        try:
            yield
        finally:
            self._polls[key] -= 1
            if not self._polls[key]:
                del self._polls[key]
            if key in self._heard:
                self._heard[key] = self._attended.now_ns()

    def of(self, executor: Executor) -> int | None:
        """Nanoseconds since `executor` was heard last; None if it has never called."""
        key = _key(executor)
        heard = self._heard.get(key)
        if heard is None:
            return None
        return 0 if key in self._polls else self._attended.now_ns() - heard

    def _follow(self, old: Executor | None, new: Executor | None) -> None:
        row = new or old
        if row is None:
            return
        heard = None if new is None else new.lastheardfromtime
        if heard is None:
            self._heard.pop(_key(row), None)
        elif old is None:  # whoever registers may say since when it is silent
            ago = max(0, self._clock.now_ns() - nanoseconds(heard))
            self._heard[_key(row)] = self._attended.now_ns() - ago
        elif old.lastheardfromtime != heard:
            self._heard[_key(row)] = self._attended.now_ns()


def _key(executor: Executor) -> str:
    return scoped(executor.colonyname, executor.executorname)
