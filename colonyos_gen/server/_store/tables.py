"""Where the server keeps its rows.

All rows live in memory, in `Table`s of structs that are never changed in place: a handler puts a new row in the place
of the old one. That gives three things at little cost. Indexes and the scheduler follow every change through
`Table.watch`. A request that fails half-way is undone with `Store.rollback`. And everything a request changed
can be written down at once: `Store.commit` passes the changes on to a `Journal`, which is the whole interface that a
durable store has to implement.

Writing to a disk takes longer than most requests. So all requests that are handled in the same turn of the event loop
are written down together, and no caller gets a reply before `Store.written` has waited for that. If they cannot be
written, all of them are undone, and all of them refused.

What must not happen before a change is final, such as telling others of it, is done through `Table.follow` and
`Store.afterwards`.

Nothing here is thread-safe, and nothing has to be: handlers run on one event loop and change rows only between two
`await`s, so every commit holds complete requests.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

logger: logging.Logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=msgspec.Struct)


class Change(NamedTuple):
    """One row that was put, or removed if `row` is None."""

    table: str
    key: str
    row: msgspec.Struct | None


class Journal(Protocol):
    """What makes a store durable."""

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:
        """The rows of a table as they were written last, in the order in which their keys first appeared."""
        ...

    def write(self, changes: Sequence[Change], /) -> None:
        """Write all of `changes`, or none of them."""
        ...


class MemoryJournal:
    """The journal of a server that forgets everything when it stops."""

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:  # noqa: ARG002
        return ()

    def write(self, changes: Sequence[Change], /) -> None:
        pass


class Index(Generic[Row]):
    """The rows of a table by something else than their key."""

    def __init__(self, table: Table[Row], by: Callable[[Row], Iterable[Hashable]]) -> None:
        self._table = table
        self._by = by
        # A dictionary serves as a set that keeps its order.
        self._keys: dict[Hashable, dict[str, None]] = {}
        table.watch(self._follow)

    def find(self, value: Hashable) -> list[Row]:
        """The rows that have `value`, in the order in which they came to have it."""
        return [self._table[key] for key in self._keys.get(value, ())]

    def first(self, value: Hashable) -> Row | None:
        """The row that has had `value` longest."""
        for key in self._keys.get(value, ()):
            return self._table[key]
        return None

    def count(self, value: Hashable) -> int:
        """How many rows have `value`."""
        return len(self._keys.get(value, ()))

    def _follow(self, old: Row | None, new: Row | None) -> None:
        before = () if old is None else tuple(self._by(old))
        after = () if new is None else tuple(self._by(new))
        if before == after:
            return
        if old is not None:
            key = self._table.key(old)
            for value in before:
                if value not in after:
                    del self._keys[value][key]
                    if not self._keys[value]:
                        del self._keys[value]
        if new is not None:
            key = self._table.key(new)
            for value in after:
                self._keys.setdefault(value, {})[key] = None


class Table(Generic[Row]):
    """Rows of one kind by their key."""

    def __init__(self, store: Store, name: str, row_type: type[Row], key: Callable[[Row], str]) -> None:
        self.name = name
        self.key = key
        self._store = store
        self._watchers: list[Callable[[Row | None, Row | None], None]] = []
        self._followers: list[Callable[[Row | None, Row | None], None]] = []
        self._rows: dict[str, Row] = {key(row): row for row in store.journal.load(name, row_type)}

    def get(self, key: str) -> Row | None:
        """The row with this key, if there is one."""
        return self._rows.get(key)

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row: Row) -> Row:
        """Add `row`, or put it in the place of the row with the same key; returns it."""
        key = self.key(row)
        self._record(key, self._rows.get(key), row)
        return row

    def remove(self, row: Row) -> None:
        """Take out the row that has the key of `row`."""
        key = self.key(row)
        if (old := self._rows.get(key)) is not None:
            self._record(key, old, None)

    def watch(self, watcher: Callable[[Row | None, Row | None], None]) -> None:
        """Call `watcher(old, new)` at every change, and at once for each row that is already there."""
        for row in self._rows.values():
            watcher(None, row)
        self._watchers.append(watcher)

    def follow(self, follower: Callable[[Row | None, Row | None], None]) -> None:
        """Call `follower(old, new)` for every change once it is final, in order; see `Store.afterwards`."""
        self._followers.append(follower)

    def index(self, by: Callable[[Row], Iterable[Hashable]]) -> Index[Row]:
        """An index that finds rows by each of the values that `by` gives for them."""
        return Index(self, by)

    def restore(self, key: str, row: Row | None) -> None:
        """Set a row without noting it for the next commit; for `Store.rollback`."""
        self._apply(key, self._rows.get(key), row)

    def _record(self, key: str, old: Row | None, new: Row | None) -> None:
        self._store.note(self, key, old, new)
        self._apply(key, old, new)
        for follower in self._followers:
            self._store.afterwards(partial(follower, old, new))

    def _apply(self, key: str, old: Row | None, new: Row | None) -> None:
        if new is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = new
        for watcher in self._watchers:
            watcher(old, new)


class Store:
    """The tables, and what has changed in them since the last commit."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal: Journal = MemoryJournal() if journal is None else journal
        self._durable = journal is not None
        self._open = _Changes()
        self._committed = _Changes()
        self._writing: asyncio.Future[Exception | None] | None = None

    def table(self, name: str, row_type: type[Row], key: Callable[[Row], str]) -> Table[Row]:
        """The table called `name`, with the rows that the journal has of it."""
        return Table(self, name, row_type, key)

    def commit(self) -> None:
        """Make everything since the last commit final. Must be called before any `await` that follows a change.

        It is written down when the event loop gets its turn, or right now if there is no event loop; then it raises
        what the journal raises.
        """
        if not self._open:
            return
        self._committed.take(self._open)
        if not self._durable:
            self._committed.settle()
        elif (loop := _running_loop()) is None:
            self.write()
        elif self._writing is None:
            self._writing = loop.create_future()
            loop.call_soon(self._write_together)

    async def written(self) -> None:
        """Wait until everything that has been committed is written down.

        To be called without any `await` between the commit and this, since it knows of nothing that has been undone before.
        Raises what the journal raises. Then everything that was to be written together has been undone.
        """
        # Others wait for the same, so the end of this task must not end the wait itself.
        if self._writing is not None and (error := await asyncio.shield(self._writing)) is not None:
            raise error

    def write(self) -> None:
        """Write down at once what has been committed, or undo it and raise what the journal raises."""
        if not self._committed:
            return
        try:
            if changes := self._committed.latest():
                self.journal.write(changes)
        except Exception:
            self._committed.undo()
            raise
        self._committed.settle()

    def afterwards(self, action: Callable[[], None]) -> None:
        """Call `action` as soon as the next commit is written down; never, if that is undone. It must change no rows."""
        self._open.actions.append(action)

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        self._open.undo()

    def note(
        self, table: Table[Any], key: str, old: msgspec.Struct | None, new: msgspec.Struct | None
    ) -> None:
        """Remember a change; tables call this."""
        self._open.add(table, key, old, new)

    def _write_together(self) -> None:
        waiting, self._writing = self._writing, None
        outcome: Exception | None = None
        try:
            self.write()
        except Exception as error:
            logger.exception("changes could not be written down, and are undone")
            outcome = error
        if waiting is not None:
            waiting.set_result(outcome)


class _Changes:
    """Changes in the order in which they were made, and what undoes them."""

    def __init__(self) -> None:
        self._undo: list[tuple[Table[Any], str, msgspec.Struct | None]] = []
        self._latest: dict[tuple[str, str], Change] = {}
        self.actions: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return bool(self._undo or self.actions)

    def add(
        self, table: Table[Any], key: str, old: msgspec.Struct | None, new: msgspec.Struct | None
    ) -> None:
        self._undo.append((table, key, old))
        self._latest[table.name, key] = Change(table.name, key, new)

    def take(self, others: _Changes) -> None:
        """Take over what `others` holds."""
        self._undo += others._undo
        self._latest |= others._latest
        self.actions += others.actions
        others.clear()

    def latest(self) -> list[Change]:
        """The last change of every row."""
        return list(self._latest.values())

    def undo(self) -> None:
        """Undo all of them, the last one first."""
        while self._undo:
            table, key, old = self._undo.pop()
            table.restore(key, old)
        self.clear()

    def settle(self) -> None:
        """Forget them, as they are final, and do what was to be done then."""
        actions = [*self.actions]
        self.clear()
        for action in actions:
            try:
                action()
            except Exception:
                logger.exception("something that follows a change has failed")

    def clear(self) -> None:
        """Forget them."""
        self._undo.clear()
        self._latest.clear()
        self.actions.clear()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
