"""Rows that are put all at once: readers see all of them from the first moment on, and those who follow learn in pieces."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from colonyos_gen.server._store.sole import Sole
from tests.server.store.test_many_rows import START, Note, Shelf, Slow

GROUPS = "abc"


class Told(Shelf):
    """A shelf that knows what followers and watchers were told."""

    def __init__(self, journal: Slow | None = None) -> None:
        super().__init__(journal)
        self.told: dict[str, list[tuple[Note | None, Note | None]]] = {}
        self.watched: dict[str, Note] = {}
        self.by_time: Sole[Note] = Sole(self.table, lambda note: [f"{note.name}@{note.at}"])
        self.table.follow(self._hear)
        self.table.watch(self._watch)

    def seen(self) -> object:
        """All that readers can see, without the order of what came at different times."""
        names = sorted(note.name for note in self.table)
        return (
            names,
            [self.by_time.get(f"{note.name}@{note.at}") == note for note in list(self.table)[::100]],
            [
                (
                    sorted(self.of_group.find(group), key=lambda note: note.name),
                    self.of_group.count(group),
                    (first := self.of_group.first(group)) is None or first.group == group,
                    [note.at for note in self.latest.find(group, 40)],
                    sorted(note.name for note in self.latest.find(group, 10_000)),
                    [note.at for note in self.turn.find(group, 40)],
                    [note.at for note in self.turn.find_last(group, 40)],
                    sorted(note.name for note in self.turn.all(group, self.of_group.snapshot(group))),
                    sorted(note.name for note in self.latest.before(group, START + timedelta(seconds=300))),
                )
                for group in GROUPS
            ],
        )

    def _hear(self, old: Note | None, new: Note | None) -> None:
        named = new or old
        assert named is not None
        self.told.setdefault(named.name, []).append((old, new))

    def _watch(self, old: Note | None, new: Note | None) -> None:
        named = new or old
        assert named is not None
        assert self.watched.get(named.name) == old
        if new is None:
            del self.watched[named.name]
        else:
            self.watched[named.name] = new


def notes(chance: random.Random, count: int, first: int = 0) -> list[Note]:
    """Notes with names in a row, and anything else by chance."""
    return [
        Note(f"n{number}", chance.choice(GROUPS), START + timedelta(seconds=chance.randrange(900)))
        for number in range(first, first + count)
    ]


def put_one(each: Told, row: Note) -> None:
    each.table.put(row)


def remove_one(each: Told, row: Note) -> None:
    each.table.remove(row)


def remove_some(each: Told, doomed: list[str]) -> None:
    each.table.remove_all({key: each.table[key] for key in doomed})


@pytest.mark.parametrize("seed", range(5))
def test_readers_see_all_rows_at_every_step(seed: int) -> None:
    """Also while some are put anew, removed, or put together once more in between."""

    async def main() -> None:
        chance = random.Random(seed)
        together, one_by_one = Told(), Told()

        def change(act: Callable[[Told], None]) -> None:
            for each in (together, one_by_one):
                act(each)
                each.store.commit()
            assert together.seen() == one_by_one.seen()

        def put(rows: list[Note]) -> None:
            together.table.put_all(rows)
            for row in rows:
                one_by_one.table.put(row)

        def put_some() -> None:
            put(notes(chance, chance.choice([150, 400, 900]), chance.randrange(1500)))
            change(lambda _: None)

        put(notes(chance, 1000))
        change(lambda _: None)
        put_some()
        assert together.table.late
        for step in range(40):
            kind = chance.randrange(5)
            (row,) = notes(chance, 1, chance.randrange(1500))
            if kind == 0:
                change(partial(put_one, row=row))
            elif kind == 1:
                change(partial(remove_one, row=row))
            elif kind == 2 and step % 10 == 0:
                put_some()
            elif kind == 3 and step % 10 == 1:
                doomed = list(together.of_group.snapshot(chance.choice(GROUPS)))
                change(partial(remove_some, doomed=doomed))
            await asyncio.sleep(0)
            assert together.seen() == one_by_one.seen()
        while len(together.store.pieces) or len(one_by_one.store.pieces):
            await asyncio.sleep(0)
        assert not together.table.late
        assert together.seen() == one_by_one.seen()
        assert together.told == one_by_one.told
        assert together.watched == one_by_one.watched == {note.name: note for note in together.table}

    asyncio.run(main())


def test_what_cannot_be_written_is_undone() -> None:
    """With what was done to the same rows meanwhile; nobody is told of anything, and nobody waits for ever."""

    async def main() -> None:
        journal = Slow()
        shelf = Told(journal)
        chance = random.Random(1)
        journal.may.set()
        shelf.table.put_all(notes(chance, 1000))
        shelf.store.commit()
        await shelf.store.written()
        await shelf.table.settled("")
        before, told = shelf.seen(), len(shelf.told["n5"])
        journal.may.clear()
        journal.full = True
        shelf.table.put_all(notes(chance, 1500))
        (many,) = shelf.store.open_many()
        shelf.store.commit()
        first = asyncio.create_task(shelf.store.written())
        await asyncio.sleep(0.01)
        shelf.table.put(Note("n5", "a", START))
        shelf.table.put_all(notes(chance, 300, 1400))
        shelf.store.commit()
        second = asyncio.create_task(shelf.store.written())
        await asyncio.sleep(0.01)
        journal.may.set()
        assert [type(each) for each in await asyncio.gather(first, second, return_exceptions=True)] == [
            OSError,
            OSError,
        ]
        await many.over()
        assert shelf.seen() == before
        assert not shelf.table.late
        assert len(shelf.told["n5"]) == told
        assert shelf.watched == {note.name: note for note in shelf.table}

    asyncio.run(main())


def test_a_request_that_fails_leaves_nothing() -> None:
    """A rollback takes back rows that were put together, and what followed in the same request."""
    shelf = Told()
    chance = random.Random(2)
    shelf.table.put_all(notes(chance, 1000))
    shelf.store.commit()
    assert not shelf.table.late
    before = shelf.seen()
    shelf.table.put_all(notes(chance, 1200))
    shelf.table.put(Note("n7", "b", START))
    shelf.table.remove(shelf.table["n8"])
    shelf.store.rollback()
    assert shelf.seen() == before
    assert not shelf.table.late
    assert shelf.watched == {note.name: note for note in shelf.table}


def test_nothing_is_told_before_it_is_written() -> None:
    """Watchers and followers learn of many rows when these are final; who asks, sees them at once."""

    async def main() -> None:
        journal = Slow()
        shelf = Told(journal)
        shelf.table.put_all(notes(random.Random(3), 1000), "colony")
        shelf.store.commit()
        await asyncio.sleep(0.02)
        assert len(shelf.table) == len(shelf.table.late) == 1000
        assert not shelf.told
        assert not shelf.watched
        waiting = asyncio.create_task(shelf.table.settled("colony"))
        await shelf.table.settled("another")
        assert not waiting.done()
        journal.may.set()
        await waiting
        assert not shelf.table.late
        assert len(shelf.told) == len(shelf.watched) == len(journal.rows) == 1000

    asyncio.run(main())
