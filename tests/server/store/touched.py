"""How many rows a request looks at."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from colonyos_gen.server._store.tables import Index, Table


class Touched:
    """A count of rows."""

    def __init__(self) -> None:
        self.rows = 0


@contextmanager
def touched(monkeypatch: pytest.MonkeyPatch) -> Generator[Touched]:
    """Counts every row that tables and indexes give out during the block."""
    count = Touched()
    index: Any = Index
    table: Any = Table
    snapshot, get, rows = index.snapshot, table.get, table.__iter__

    def counted_snapshot(self: Index[Any], value: Any) -> Any:
        found = snapshot(self, value)
        count.rows += len(found)
        return found

    def counted_get(self: Table[Any], key: str) -> Any:
        count.rows += 1
        return get(self, key)

    def counted_rows(self: Table[Any]) -> Any:
        count.rows += len(self)
        return rows(self)

    with monkeypatch.context() as patch:
        patch.setattr(Index, "snapshot", counted_snapshot)
        patch.setattr(Table, "get", counted_get)
        patch.setattr(Table, "__iter__", counted_rows)
        yield count
