from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec
import pytest

from colonyos_gen.server._store.tables import Change, Store, Table

Row = TypeVar("Row", bound=msgspec.Struct)


class Fruit(msgspec.Struct):
    name: str
    colour: str


class Notebook:
    """A journal that keeps what it is given."""

    def __init__(self) -> None:
        self.pages: list[list[Change]] = []
        self.torn = False

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:
        rows: dict[str, Row | None] = {}
        for page in self.pages:
            for change in page:
                if change.table == table:
                    assert change.row is None or isinstance(change.row, row_type)
                    rows[change.key] = change.row
        return [row for row in rows.values() if row is not None]

    def write(self, changes: Sequence[Change], /) -> None:
        if self.torn:
            raise OSError("no space left")
        self.pages.append(list(changes))


def test_rows_and_indexes() -> None:
    table = Store().table("fruit", Fruit, lambda fruit: fruit.name)
    by_colour = table.index(lambda fruit: (fruit.colour,))
    for name, colour in [("apple", "red"), ("cherry", "red"), ("plum", "blue")]:
        table.put(Fruit(name, colour))
    table.put(Fruit("apple", "green"))
    assert [fruit.name for fruit in by_colour.find("red")] == ["cherry"]
    assert by_colour.first("green") == Fruit("apple", "green")
    assert (by_colour.count("blue"), by_colour.count("white"), by_colour.first("white")) == (1, 0, None)
    table.remove(Fruit("plum", "whatever"))
    assert by_colour.find("blue") == []
    assert len(table) == 2


def test_rollback_goes_back_to_the_last_commit() -> None:
    store = Store()
    table = store.table("fruit", Fruit, lambda fruit: fruit.name)
    by_colour = table.index(lambda fruit: (fruit.colour,))
    table.put(Fruit("apple", "red"))
    store.commit()
    table.put(Fruit("apple", "brown"))
    table.put(Fruit("plum", "blue"))
    table.remove(Fruit("apple", ""))
    store.rollback()
    assert list(table) == [Fruit("apple", "red")]
    assert by_colour.count("red") == 1
    assert by_colour.count("brown") == by_colour.count("blue") == 0
    store.rollback()
    assert len(table) == 1


def test_watchers_see_what_was_there_and_every_change() -> None:
    table = Store().table("fruit", Fruit, lambda fruit: fruit.name)
    table.put(Fruit("apple", "red"))
    seen: list[tuple[Fruit | None, Fruit | None]] = []
    table.watch(lambda old, new: seen.append((old, new)))
    table.put(Fruit("apple", "brown"))
    table.remove(Fruit("apple", ""))
    assert seen == [
        (None, Fruit("apple", "red")),
        (Fruit("apple", "red"), Fruit("apple", "brown")),
        (Fruit("apple", "brown"), None),
    ]


def test_a_commit_reaches_the_journal_once_and_whole() -> None:
    notebook = Notebook()
    store = Store(notebook)
    table = store.table("fruit", Fruit, lambda fruit: fruit.name)
    table.put(Fruit("apple", "red"))
    table.put(Fruit("apple", "brown"))
    table.put(Fruit("plum", "blue"))
    store.commit()
    store.commit()
    [page] = notebook.pages
    assert [(change.key, change.row) for change in page] == [
        ("apple", Fruit("apple", "brown")),
        ("plum", Fruit("plum", "blue")),
    ]
    again = Store(notebook).table("fruit", Fruit, lambda fruit: fruit.name)
    assert list(again) == list(table)


def test_what_could_not_be_written_can_be_rolled_back() -> None:
    notebook = Notebook()
    store = Store(notebook)
    table = store.table("fruit", Fruit, lambda fruit: fruit.name)
    table.put(Fruit("apple", "red"))
    notebook.torn = True
    with pytest.raises(OSError, match="no space"):
        store.commit()
    store.rollback()
    assert len(table) == 0


async def request(store: Store, table: Table[Fruit], *fruits: Fruit) -> None:
    """Put, commit, and wait, as a request does before it is answered."""
    for fruit in fruits:
        table.put(fruit)
    store.commit()
    await store.written()


def test_requests_of_one_turn_are_written_together() -> None:
    async def work() -> None:
        notebook = Notebook()
        store = Store(notebook)
        table = store.table("fruit", Fruit, lambda fruit: fruit.name)
        await asyncio.gather(*(request(store, table, Fruit("apple", colour)) for colour in ("red", "brown")))
        [page] = notebook.pages
        assert [change.row for change in page] == [Fruit("apple", "brown")]
        await store.written()
        await request(store, table, Fruit("plum", "blue"))
        assert len(notebook.pages) == 2
        # Without waiting for the event loop, such as at the end.
        table.put(Fruit("lemon", "yellow"))
        store.commit()
        assert len(notebook.pages) == 2
        store.write()
        assert len(notebook.pages) == 3
        await store.written()
        assert len(notebook.pages) == 3

    asyncio.run(work())


def test_requests_that_cannot_be_written_are_undone_together() -> None:
    async def work() -> None:
        notebook = Notebook()
        store = Store(notebook)
        table = store.table("fruit", Fruit, lambda fruit: fruit.name)
        by_colour = table.index(lambda fruit: (fruit.colour,))
        await request(store, table, Fruit("apple", "red"))
        notebook.torn = True
        outcomes = await asyncio.gather(
            request(store, table, Fruit("apple", "brown"), Fruit("plum", "blue")),
            request(store, table, Fruit("apple", "black")),
            request(store, table, Fruit("plum", "brown")),
            return_exceptions=True,
        )
        assert [str(outcome) for outcome in outcomes] == ["no space left"] * 3
        assert list(table) == by_colour.find("red") == [Fruit("apple", "red")]
        notebook.torn = False
        await request(store, table, Fruit("lemon", "yellow"))
        assert [change.key for change in notebook.pages[-1]] == ["lemon"]

    asyncio.run(work())


def test_a_caller_who_leaves_does_not_keep_others_from_their_answers() -> None:
    async def work() -> None:
        notebook = Notebook()
        store = Store(notebook)
        table = store.table("fruit", Fruit, lambda fruit: fruit.name)
        leaving = asyncio.create_task(request(store, table, Fruit("apple", "red")))
        staying = asyncio.create_task(request(store, table, Fruit("plum", "blue")))
        # In the turn in which both wait for the journal.
        asyncio.get_running_loop().call_soon(leaving.cancel)
        await staying
        assert leaving.cancelled()
        assert [change.key for page in notebook.pages for change in page] == ["apple", "plum"]

    asyncio.run(work())
