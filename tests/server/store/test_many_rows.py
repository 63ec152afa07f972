"""Rows that are removed all at once, and let go of in pieces: for readers they are gone from the first moment on."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import pytest

from colonyos_gen.server._store.changes import Doomed
from colonyos_gen.server._store.latest_first import InTurn, LatestFirst
from colonyos_gen.server._store.pieces import Pieces
from colonyos_gen.server._store.tables import Change, Index, Store, Table

Row = TypeVar("Row", bound=msgspec.Struct)
START = datetime(2026, 1, 1, tzinfo=UTC)


class Note(msgspec.Struct, frozen=True):
    """A row."""

    name: str
    group: str
    at: datetime


class Slow:
    """A journal that writes much only when it is let, or fails to."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.full = False
        self.rows: dict[str, msgspec.Struct | None] = {}
        self.has_upkeep = False

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:  # noqa: ARG002
        return ()

    def write(self, changes: Sequence[Change], /) -> None:
        self.rows |= {change.key: change.row for change in changes}

    def write_many(self, changes: Sequence[Change], doomed: Sequence[Doomed], /) -> None:
        assert self.may.wait(60)
        if self.full:
            raise OSError("no space left")
        self.write(changes)
        for key in (key for each in doomed for key in each.keys):
            del self.rows[key]

    def maintain(self) -> None:
        pass


class Shelf:
    """A table with each kind of index."""

    def __init__(self, journal: Slow | None = None) -> None:
        self.store = Store(journal)
        self.table: Table[Note] = self.store.table("notes", Note, lambda note: note.name)
        self.of_group: Index[Note] = self.table.index(lambda note: (note.group,))
        self.latest = LatestFirst(self.table, lambda note: note.group, lambda note: note.at)
        self.turn = InTurn(self.table, lambda note: note.group, lambda note: note.at)
        self.gone: list[str] = []
        self.table.follow(self._follow)

    def put(self, count: int, first: int = 0) -> None:
        """Put notes of groups in turn."""
        for number in range(first, first + count):
            at = START + timedelta(seconds=number % 1000)
            self.table.put(Note(f"n{number}", "abc"[number % 3], at))
        self.store.commit()

    def shown(self) -> object:
        """All that readers can see."""
        return (
            [note.name for note in self.table],
            len(self.table),
            [
                (
                    self.of_group.find(group),
                    self.of_group.first(group),
                    self.of_group.count(group),
                    self.latest.find(group, 5),
                    self.turn.find(group, 5),
                    self.turn.find_last(group, 5),
                    list(self.turn.all(group, self.of_group.snapshot(group))),
                )
                for group in "abc"
            ],
        )

    def _follow(self, old: Note | None, new: Note | None) -> None:
        if old is not None and new is None:
            self.gone.append(old.name)


def test_readers_see_all_rows_or_none() -> None:
    """At every step, what they see is what they would see if the rows had been removed one by one."""

    async def main() -> None:
        chance = random.Random(5)
        shelf, plain = Shelf(), Shelf()
        for each in (shelf, plain):
            each.put(3000)
        doomed = {note.name: note for note in shelf.table if note.group == "b" or chance.random() < 0.3}
        shelf.table.remove_all(dict(doomed))
        shelf.store.commit()
        for note in doomed.values():
            plain.table.remove(note)
        plain.store.commit()
        steps = 0
        while len(shelf.store.pieces):
            assert shelf.shown() == plain.shown()
            assert all(shelf.table.get(name) is None for name in doomed)
            with pytest.raises(KeyError):
                shelf.table[next(iter(doomed))]
            steps += 1
            shelf.put(1, 3000 + steps)
            plain.put(1, 3000 + steps)
            await asyncio.sleep(0)
        assert steps > len(doomed) // 400
        assert shelf.shown() == plain.shown()
        assert shelf.table.hidden == {}
        assert sorted(shelf.gone) == sorted(plain.gone) == sorted(doomed)

    asyncio.run(main())


def test_it_can_be_undone() -> None:
    shelf = Shelf()
    shelf.put(1000)
    before = shelf.shown()
    shelf.table.remove_all({note.name: note for note in shelf.table})
    assert len(shelf.table) == 0
    shelf.store.rollback()
    assert shelf.shown() == before
    assert shelf.gone == []


def test_a_key_that_comes_again_is_a_new_row() -> None:
    async def main() -> None:
        shelf = Shelf()
        shelf.put(1000)
        shelf.table.remove_all({note.name: note for note in shelf.table})
        again = shelf.table.put(Note("n7", "a", START))
        shelf.store.commit()
        assert list(shelf.table) == shelf.of_group.find("a") == [again]
        while len(shelf.store.pieces):
            await asyncio.sleep(0)
        assert list(shelf.table) == shelf.of_group.find("a") == [again]

    asyncio.run(main())


def test_much_is_written_while_the_loop_goes_on() -> None:
    """What is committed meanwhile is written after it, and nobody hears of either before that."""

    async def main() -> None:
        journal = Slow()
        shelf = Shelf(journal)
        shelf.put(1000)
        much = asyncio.create_task(shelf.store.written())
        for _ in range(20):
            await asyncio.sleep(0)
        shelf.put(1, 5000)
        little = asyncio.create_task(shelf.store.written())
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not much.done() and not little.done()  # noqa: PT018
        assert journal.rows == {}
        journal.may.set()
        await asyncio.gather(much, little)
        assert list(journal.rows) == [note.name for note in shelf.table]
        shelf.table.remove_all({note.name: note for note in shelf.table})
        shelf.store.commit()
        await shelf.store.close()
        assert journal.rows == {}

    asyncio.run(main())


def test_what_cannot_be_written_is_undone_with_all_that_came_after() -> None:
    async def main() -> None:
        journal = Slow()
        shelf = Shelf(journal)
        journal.may.set()
        shelf.put(1000)
        await shelf.store.written()
        before = shelf.shown()
        journal.may.clear()
        journal.full = True
        shelf.table.remove_all({note.name: note for note in shelf.table})
        shelf.store.commit()
        much = asyncio.create_task(shelf.store.written())
        for _ in range(20):
            await asyncio.sleep(0)
        shelf.put(1, 5000)
        little = asyncio.create_task(shelf.store.written())
        await asyncio.sleep(0)
        journal.may.set()
        for each in (much, little):
            with pytest.raises(OSError, match="no space"):
                await each
        assert shelf.shown() == before
        assert shelf.gone == []
        journal.full = False
        shelf.put(1, 6000)
        await shelf.store.written()
        assert "n6000" in journal.rows
        assert "n5000" not in journal.rows
        await shelf.store.close()

    asyncio.run(main())


def test_pieces_get_their_turn_while_something_is_always_written() -> None:
    async def main() -> None:
        pieces = Pieces(lambda: True)
        done: list[int] = []
        pieces.add(map(done.append, range(3)))
        while len(pieces):
            await asyncio.sleep(0.001)
        assert done == [0, 1, 2]

    asyncio.run(main())


def test_work_that_fails_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> Iterator[None]:
        yield
        raise RuntimeError("no")

    async def main() -> None:
        pieces = Pieces(lambda: False)
        done: list[int] = []
        pieces.add(failing())
        pieces.add(map(done.append, range(3)))
        while len(pieces):
            await asyncio.sleep(0)
        assert done == [0, 1, 2]

    asyncio.run(main())
    assert "work in pieces has failed" in caplog.text
