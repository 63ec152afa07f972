"""Rows by something else than their key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

import msgspec

Row = TypeVar("Row", bound=msgspec.Struct)

_NOTHING: dict[str, Any] = {}


class Indexed(Protocol[Row]):
    """A table as its indexes see it."""

    key: Callable[[Row], str]
    hidden: dict[str, Row]
    late: dict[str, Row | None]
    current: Callable[[str], Row]

    @property
    def times_late(self) -> int: ...

    def watch(self, watcher: Callable[[Row | None, Row | None], None]) -> None: ...


class Index(Generic[Row]):
    """The rows of a table by something else than their key."""

    def __init__(self, table: Indexed[Row], by: Callable[[Row], Iterable[Hashable]]) -> None:
        self._table = table
        self._by = by
        # The rows themselves, so that those of a value are copied without looking each of them up.
        self._rows: dict[Hashable, dict[str, Row]] = {}
        self._late: dict[Hashable, dict[str, Row]] = {}
        self._times_late = 0
        table.watch(self._follow)

    def find(self, value: Hashable) -> list[Row]:
        """The rows that have `value`, in the order in which they came to have it."""
        return list(self.snapshot(value).values())

    def snapshot(self, value: Hashable) -> dict[str, Row]:
        """The rows that have `value` by their key, in the order in which they came to have it."""
        if self._table.late:
            return dict(self._with_late(value))
        rows, hidden = self._rows.get(value, _NOTHING), self._table.hidden
        return {key: row for key, row in rows.items() if key not in hidden} if hidden else rows.copy()

    def each(self, value: Hashable) -> Iterator[Row]:
        """The same one by one, for a look that changes nothing meanwhile."""
        if self._table.late:
            return (row for _, row in self._with_late(value))
        rows, hidden = self._rows.get(value, _NOTHING), self._table.hidden
        if not hidden:
            return iter(rows.values())
        return (row for key, row in rows.items() if key not in hidden)

    def first(self, value: Hashable) -> Row | None:
        """The row that has had `value` longest."""
        return next(self.each(value), None)

    def count(self, value: Hashable) -> int:
        """How many rows have `value`."""
        rows, hidden, late = self._rows.get(value, _NOTHING), self._table.hidden, self._table.late
        if not late:
            return len(rows) - len(hidden.keys() & rows.keys()) if hidden else len(rows)
        # Those that are late are counted as they are now, and not as they were.
        now = self._late_rows().get(value, _NOTHING).keys() & late.keys()
        before = late.keys() & rows.keys()
        gone = (hidden.keys() & rows.keys()) - before if hidden else ()
        return len(rows) - len(before) - len(gone) + len(now - hidden.keys())

    def _with_late(self, value: Hashable) -> Iterator[tuple[str, Row]]:
        """What `snapshot` gives while rows are late."""
        table = self._table
        hidden, late = table.hidden, table.late
        rows, now = self._rows.get(value, _NOTHING), self._late_rows().get(value, _NOTHING)
        for key, row in rows.items():
            if key not in late:
                if key not in hidden:
                    yield key, row
            elif key in now and key not in hidden:
                yield key, now[key]
        for key, row in now.items():
            if key in late and key not in rows and key not in hidden:
                yield key, row

    def _late_rows(self) -> dict[Hashable, dict[str, Row]]:
        """The rows that are late by their values, and others that were."""
        if self._times_late != self._table.times_late:
            self._times_late = self._table.times_late
            self._late = {}
            for key in self._table.late:
                row = self._table.current(key)
                for value in self._by(row):
                    self._late.setdefault(value, {})[key] = row
        return self._late

    def _follow(self, old: Row | None, new: Row | None) -> None:
        if self._late and not self._table.late:
            self._late = {}
        before = () if old is None else tuple(self._by(old))
        after = () if new is None else tuple(self._by(new))
        rows = self._rows
        if new is not None and before == after:  # as for most
            key = self._table.key(new)
            for value in after:
                rows[value][key] = new
            return
        if old is not None:
            key = self._table.key(old)
            for value in before:
                if value not in after:
                    del rows[value][key]
                    if not rows[value]:
                        del rows[value]
        if new is not None:
            key = self._table.key(new)
            for value in after:
                rows.setdefault(value, {})[key] = new
