"""The rows of a table with the latest first, without a look at the others."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Hashable
from datetime import datetime
from itertools import islice
from typing import Generic

from colonyos_gen.server._store.tables import Row, Table

Place = tuple[datetime, str]
"""When a row came about, and its key."""


class LatestFirst(Generic[Row]):
    """The rows of each group by a time of theirs.

    Args:
        table: The table.
        group: What group a row is in; None for none.
        time: Its time.
    """

    def __init__(
        self, table: Table[Row], group: Callable[[Row], Hashable], time: Callable[[Row], datetime]
    ) -> None:
        self._table = table
        self._group = group
        self._time = time
        self._places: dict[Hashable, list[Place]] = {}
        table.watch(self._follow)

    def find(self, group: Hashable, count: int) -> list[Row]:
        """The latest `count` rows of a group, the very latest first."""
        return [self._table[key] for _, key in islice(reversed(self._places.get(group, [])), count)]

    def _follow(self, old: Row | None, new: Row | None) -> None:
        if old is not None and new is not None:
            same = self._group(old) == self._group(new) and self._time(old) == self._time(new)
            if same and self._table.key(old) == self._table.key(new):
                return
        if old is not None and (group := self._group(old)) is not None:
            places = self._places[group]
            del places[bisect.bisect_left(places, self._place(old))]
            if not places:
                del self._places[group]
        if new is not None and (group := self._group(new)) is not None:
            bisect.insort(self._places.setdefault(group, []), self._place(new))

    def _place(self, row: Row) -> Place:
        return self._time(row), self._table.key(row)
