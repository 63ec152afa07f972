"""An index of values that one row each has.

It holds keys and no rows: a dictionary for each value would be a hundred thousand things for the garbage collector to
look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic

from colonyos_gen.server._store.tables import Row, Table


class Sole(Generic[Row]):
    """The row of a table that has a value, which no other row of it has."""

    def __init__(self, table: Table[Row], by: Callable[[Row], Iterable[str]]) -> None:
        self._table = table
        self._by = by
        self._keys: dict[str, str] = {}
        table.watch(self._follow)

    def get(self, value: str) -> Row | None:
        """The row that has `value`, if there is one."""
        table = self._table
        key = self._keys.get(value)
        if key is None and table.late:
            key = next((late for late in table.late if value in self._by(table.current(late))), None)
        return None if key is None else table.get(key)

    def _follow(self, old: Row | None, new: Row | None) -> None:
        if old is not None:
            for value in self._by(old):
                self._keys.pop(value, None)
        if new is not None:
            key = self._table.key(new)
            for value in self._by(new):
                self._keys[value] = key
