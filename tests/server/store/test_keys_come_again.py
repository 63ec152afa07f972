"""Rows that are removed all at once, and whose keys may come again before they are let go of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from colonyos_gen_wire.constants import APPROVED
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.executor import Executor
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Store
from tests.server.store.test_many_rows import START, Note, Shelf, Slow

MANY = 1000
ANEW = Note("n5", "a", START)


async def quiet(store: Store) -> None:
    while store.busy or len(store.pieces):
        await asyncio.sleep(0)


@pytest.mark.parametrize("apart", [False, True], ids=["in one request", "later"])
def test_a_row_that_comes_again_stays(tmp_path: Path, apart: bool) -> None:
    """In memory and in the file, whatever is done to the file afterwards."""

    async def main() -> None:
        journal = SqliteJournal(tmp_path / "notes.db")
        store = Store(journal)
        table = store.table("notes", Note, lambda note: note.name)
        groups = table.index(lambda note: (note.group,))
        for number in range(MANY):
            table.put(Note(f"n{number}", "abc"[number % 3], START))
        store.commit()
        await store.written()
        table.remove_all({note.name: note for note in table}, for_good=False)
        if apart:
            store.commit()
        table.put(ANEW)
        store.commit()
        assert [*table] == groups.find("a") == [ANEW]
        await quiet(store)
        assert [*table] == groups.find("a") == [ANEW]
        await store.close()
        while journal.has_upkeep:
            journal.maintain()
        journal.close()
        journal.open()
        assert [*journal.load("notes", Note)] == [ANEW]
        journal.close()

    asyncio.run(main())


async def _in_one(shelf: Shelf, journal: Slow) -> None:
    """All in one go, which fails."""
    shelf.table.remove_all({note.name: note for note in shelf.table}, for_good=False)
    shelf.table.put(ANEW)
    shelf.store.commit()
    failing = asyncio.create_task(shelf.store.written())
    await asyncio.sleep(0.01)
    journal.may.set()
    with pytest.raises(OSError, match="no space"):
        await failing


async def _meanwhile(shelf: Shelf, journal: Slow) -> None:
    """The row comes while the removal is being written, which fails."""
    shelf.table.remove_all({note.name: note for note in shelf.table}, for_good=False)
    shelf.store.commit()
    first = asyncio.create_task(shelf.store.written())
    await asyncio.sleep(0.01)
    shelf.table.put(ANEW)
    shelf.store.commit()
    second = asyncio.create_task(shelf.store.written())
    await asyncio.sleep(0.01)
    journal.may.set()
    found = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(each) for each in found] == [OSError, OSError]


async def _taken_back(shelf: Shelf, journal: Slow) -> None:
    """What comes again is undone by itself first."""
    shelf.table.remove_all({note.name: note for note in shelf.table}, for_good=False)
    shelf.store.commit()
    failing = asyncio.create_task(shelf.store.written())
    await asyncio.sleep(0.01)
    shelf.table.put(ANEW)
    shelf.store.rollback()
    assert not [*shelf.table]
    journal.may.set()
    with pytest.raises(OSError, match="no space"):
        await failing


@pytest.mark.parametrize("act", [_in_one, _meanwhile, _taken_back])
def test_what_cannot_be_written_is_as_before(act: Callable[[Shelf, Slow], Awaitable[None]]) -> None:
    async def main() -> None:
        journal = Slow()
        journal.may.set()
        shelf = Shelf(journal)
        shelf.put(MANY)
        await shelf.store.written()
        before = {note.name: note for note in shelf.table}
        journal.may.clear()
        journal.full = True
        await act(shelf, journal)
        await quiet(shelf.store)
        assert {note.name: note for note in shelf.table} == before
        for group in "abc":
            assert {note.name: note for note in shelf.of_group.find(group)} == {
                name: note for name, note in before.items() if note.group == group
            }

    asyncio.run(main())


def test_a_colony_comes_again_with_the_same_names(tmp_path: Path) -> None:
    """Those who are in it afterwards are the new ones, also after a restart."""

    async def main() -> None:
        key, owner = PrivateKey.generate(), PrivateKey.generate()
        file = tmp_path / "colony.db"

        def executors(first: int) -> list[Executor]:
            rows = (Executor.new(f"e{number}", f"{first + number:064x}", "t", "c") for number in range(300))
            return [replace(row, state=APPROVED) for row in rows]

        server = Server(db=file, server_key=key)
        records = server._records  # pyright: ignore[reportPrivateUsage] # without hundreds of requests
        async with server:
            for first in (0, 1000):
                records.colonies.put(Colony(colonyid=owner.id, name="c"))
                for row in executors(first):
                    records.executors.put(row)
                records.store.commit()
                await records.store.written()
                if first == 0:
                    records.executors.remove_all(records.executors_of_colony.snapshot("c"), for_good=False)
        async with Server(db=file, server_key=key) as again:
            found = again._records.executors  # pyright: ignore[reportPrivateUsage]
            assert [*found] == executors(1000)

    asyncio.run(main())
