"""The rows of a table in an order, without a look at those that nobody asks for."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from itertools import islice, takewhile
from typing import Any, Generic

from colonyos_gen.server._store.tables import Row, Table

Place = tuple[Any, Any, str]
"""What a row is ordered by, what decides between equals, and its key."""


class _Ordered(Generic[Row]):
    """The rows of each group, each at its place."""

    def __init__(
        self, table: Table[Row], group: Callable[[Row], Hashable], order: Callable[[Row], Any]
    ) -> None:
        self._table = table
        self._group = group
        self._order = order
        self._places: dict[Hashable, list[Place]] = {}
        self._late: dict[Hashable, list[Place]] = {}
        self._times_late = 0
        table.watch(self._follow)

    def _follow(self, old: Row | None, new: Row | None) -> None:
        if self._late and not self._table.late:
            self._late = {}
        before = None if old is None else self._group(old)
        after = None if new is None else self._group(new)
        if before is None and after is None:  # as for most
            return
        if old is not None and new is not None and before == after and self._order(old) == self._order(new):
            return
        if old is not None and before is not None:
            places = self._places[before]
            del places[bisect.bisect_left(places, self._take_place(old))]
            if not places:
                del self._places[before]
        if new is not None and after is not None:
            bisect.insort(self._places.setdefault(after, []), self._make_place(new))

    def _make_place(self, row: Row) -> Place:
        key = self._table.key(row)
        return self._order(row), key, key

    def _take_place(self, row: Row) -> Place:
        return self._make_place(row)

    def _stays(self, old: Row, new: Row) -> bool:
        return self._group(old) == self._group(new) and self._order(old) == self._order(new)

    def _in_order(self, group: Hashable, *, reverse: bool = False) -> Iterator[Place]:
        """The places of a group, with those of rows that have come late in between."""
        places, late = self._places.get(group, []), self._table.late
        settled = reversed(places) if reverse else iter(places)
        if not late:
            return settled
        coming = [place for place in self._late_places().get(group, []) if place[2] in late]
        if reverse:
            coming.reverse()
        return heapq.merge((place for place in settled if place[2] not in late), coming, reverse=reverse)

    def _late_places(self) -> dict[Hashable, list[Place]]:
        """The places that rows that are late will have, and those of others that were."""
        if self._times_late != self._table.times_late:
            self._times_late, self._late = self._table.times_late, {}
            for key in self._table.late:
                row = self._table.current(key)
                if (group := self._group(row)) is not None:
                    self._late.setdefault(group, []).append(self._coming_place(row))
            for places in self._late.values():
                places.sort()
        return self._late

    def _coming_place(self, row: Row) -> Place:
        return self._make_place(row)

    def _rows(self, places: Iterator[Place]) -> Iterator[Row]:
        get = self._table.get
        for _, _, key in places:
            row = get(key)
            if row is not None:
                yield row


class LatestFirst(_Ordered[Row]):
    """The rows of each group by a time of theirs.

    Args:
        table: The table.
        group: What group a row is in; None for none.
        time: Its time.
    """

    def __init__(
        self, table: Table[Row], group: Callable[[Row], Hashable], time: Callable[[Row], datetime]
    ) -> None:
        super().__init__(table, group, time)

    def find(self, group: Hashable, count: int) -> list[Row]:
        """The latest `count` rows of a group, the very latest first."""
        return list(islice(self._rows(self._in_order(group, reverse=True)), count))

    def all(self, group: Hashable, rows: Mapping[str, Row]) -> Iterator[Row]:
        """All of `rows`, those of a group as they are now, the latest first."""
        return (rows[key] for _, _, key in list(self._in_order(group, reverse=True)) if key in rows)

    def before(self, group: Hashable, time: datetime, count: int | None = None) -> list[Row]:
        """The earliest `count` rows of a group, as far as their time lies before `time`."""
        places = takewhile(lambda place: place[0] < time, self._in_order(group))
        return list(islice(self._rows(places), count))


class InTurn(_Ordered[Row]):
    """The rows of each group by anything; of equal ones, the one that came into the group first comes first."""

    def __init__(
        self, table: Table[Row], group: Callable[[Row], Hashable], order: Callable[[Row], Any]
    ) -> None:
        self._numbers = itertools.count()
        self._number_of: dict[str, int] = {}
        super().__init__(table, group, order)

    def find(self, group: Hashable, count: int) -> list[Row]:
        """The first `count` rows of a group."""
        return list(islice(self._rows(self._in_order(group)), count))

    def find_last(self, group: Hashable, count: int) -> list[Row]:
        """The last `count` rows of a group, the very last first."""
        return list(islice(self._rows(self._in_order(group, reverse=True)), count))

    def all(self, group: Hashable, rows: Mapping[str, Row]) -> Iterator[Row]:
        """All of `rows`, those of a group as they are now, in their order."""
        return (rows[key] for _, _, key in list(self._in_order(group)) if key in rows)

    def _make_place(self, row: Row) -> Place:
        key = self._table.key(row)
        number = self._number_of[key] = next(self._numbers)
        return self._order(row), number, key

    def _take_place(self, row: Row) -> Place:
        key = self._table.key(row)
        return self._order(row), self._number_of.pop(key), key

    def _coming_place(self, row: Row) -> Place:
        key = self._table.key(row)
        if (known := self._table.late[key]) is not None and self._stays(known, row):
            return self._order(row), self._number_of[key], key
        return self._order(row), next(self._numbers), key
