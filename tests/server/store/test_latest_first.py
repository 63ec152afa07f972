"""The index behind lists of ended processes, against sorting them all."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec

from colonyos_gen.server._store.latest_first import LatestFirst
from colonyos_gen.server._store.tables import Store

START = datetime(2026, 1, 1, tzinfo=UTC)


class Note(msgspec.Struct, frozen=True):
    """A row."""

    name: str
    group: str
    at: datetime


def test_it_is_what_sorting_gives() -> None:
    """After any number of changes, removals and rollbacks."""
    chance = random.Random(7)
    store = Store()
    table = store.table("notes", Note, lambda note: note.name)
    index = LatestFirst(table, lambda note: note.group or None, lambda note: note.at)
    for step in range(3000):
        name = f"n{chance.randrange(60)}"
        old = table.get(name)
        if old is not None and chance.random() < 0.2:
            table.remove(old)
        else:
            at = START + timedelta(seconds=chance.randrange(20))
            table.put(Note(name, chance.choice(["a", "b", ""]), at))
        if chance.random() < 0.1:
            store.rollback()
        elif chance.random() < 0.3:
            store.commit()
        if step % 50 == 0:
            for group in ("a", "b"):
                rows = [row for row in table if row.group == group]
                rows.sort(key=lambda row: (row.at, row.name), reverse=True)
                assert index.find(group, 1000) == rows
                assert index.find(group, 3) == rows[:3]
    assert index.find("nothing", 3) == []
