"""Where the server keeps its rows.

All rows live in memory, in `Table`s of structs that are never changed in place: a handler puts a new row in the place
of the old one. That gives three things at little cost. Indexes and the scheduler follow every change through
`Table.watch`. A request that fails half-way is undone with `Store.rollback`. And everything a request changed
can be written down at once: `Store.commit` passes the changes on to a `Journal`, which is the whole interface that a
durable store has to implement.

Writing to a disk takes longer than most requests. So all requests that are handled in the same turn of the event loop are
written down together, and no caller gets a reply before `Store.written` has waited for that. If they cannot be written, all
are undone, and refused. Much is written in a thread, and what is committed meanwhile after it, or undone with it.

Many rows that are removed together are hidden first, and let go of in pieces when that is final. Many that are put together
are in the table at once, and what watches it, the indexes above all, learns of them in pieces when that is final. Until then
the indexes look at those rows, the *late* ones, themselves.

What must not happen before a change is final, such as telling others of it, is done through `Table.follow` and
`Store.afterwards`.

Nothing here is thread-safe: handlers run on one event loop and change rows between two `await`s only, so every commit holds
complete requests.
"""

from __future__ import annotations

import asyncio
import logging
import operator
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from colonyos_gen.server._store.changes import Change, Changes, Doomed
from colonyos_gen.server._store.flights import Flights
from colonyos_gen.server._store.index import Index
from colonyos_gen.server._store.journal import Journal, Keeper, MemoryJournal
from colonyos_gen.server._store.many import Latecomers, Many
from colonyos_gen.server._store.pieces import Pieces

__all__ = ["Change", "Index", "Journal", "Keeper", "MemoryJournal", "Row", "Store", "Table"]

logger: logging.Logger = logging.getLogger(__name__)

_FEW = 200
"""Rows that are put or removed at once; more of them in pieces."""

Row = TypeVar("Row", bound=msgspec.Struct)


class Table(Generic[Row]):
    """Rows of one kind by their key."""

    def __init__(self, store: Store, name: str, row_type: type[Row], key: Callable[[Row], str]) -> None:
        self.name = name
        self.key = key
        self._store = store
        self._watchers: list[Callable[[Row | None, Row | None], None]] = []
        self._followers: list[Callable[[Row | None, Row | None], None]] = []
        self._rows: dict[str, Row] = {key(row): row for row in store.journal.load(name, row_type)}
        self.when_shown: list[Callable[[list[Row]], None]] = []
        """Who is told of rows that were hidden and are there again; watchers never knew that they were not."""
        self.hidden: dict[str, Row] = {}
        """Rows that are removed bit by bit, and for everybody are no more."""
        self.current: Callable[[str], Row] = self._rows.__getitem__
        """The row with a key, also if it is hidden."""
        self._latecomers: Latecomers[Row] = Latecomers(self._rows, self._watchers, self._followers)
        self.late: dict[str, Row | None] = self._latecomers.known
        """Keys of rows that watchers have not been told of yet, and what they take them for; None if they know of none."""

    def get(self, key: str) -> Row | None:
        """The row with this key, if there is one."""
        return None if self.hidden and key in self.hidden else self._rows.get(key)

    def __getitem__(self, key: str) -> Row:
        if self.hidden and key in self.hidden:
            raise KeyError(key)
        return self._rows[key]

    def __iter__(self) -> Iterator[Row]:
        rows, hidden = self._rows, self.hidden
        return iter(
            [row for key, row in rows.items() if key not in hidden] if hidden else list(rows.values())
        )

    def __len__(self) -> int:
        return len(self._rows) - len(self.hidden)

    def put(self, row: Row) -> Row:
        """Add `row`, or put it in the place of the row with the same key; returns it."""
        self._put(row)
        return row

    def _put(self, row: Row) -> None:
        key = self.key(row)
        if key in self.hidden:
            self._let_go_early(key)
        self._record(key, self._rows.get(key), row)

    def put_all(self, rows: Sequence[Row], whose: str = "") -> None:
        """Put rows, of a colony, with different keys, at once. Watchers and followers learn of many in pieces."""
        if len(rows) <= _FEW:
            for row in rows:
                self._put(row)
            return
        news = {self.key(row): row for row in rows}
        for key in news.keys() & self.hidden.keys():
            self._let_go_early(key)
        many = self._latecomers.put(news, whose)
        self._store.note_many(self, many)
        self._store.afterwards(lambda: self._store.pieces.add(self._latecomers.tell_of(many)))

    @property
    def times_late(self) -> int:
        """How often more rows have become late."""
        return self._latecomers.times

    async def settled(self, whose: str) -> None:
        """Wait until watchers have been told of all rows of a colony that were put by now."""
        await self._latecomers.settled(whose)

    def take_back(self, many: Many[Row]) -> None:
        """Undo `put_all`; for `Store.rollback`."""
        for key in reversed(many.olds):
            self.restore(key, many.olds[key])
        self._latecomers.end(many)

    def remove(self, row: Row) -> None:
        """Take out the row that has the key of `row`."""
        key = self.key(row)
        if (old := self.get(key)) is not None:
            self._record(key, old, None)

    def remove_all(self, rows: dict[str, Row], *, for_good: bool = True) -> None:
        """Take out rows; the dict is the table's then. Many are hidden at once, and let go of in pieces afterwards.

        The file is spared a long transaction if it is `for_good`: their keys never come again.
        """
        if len(rows) <= _FEW:
            for row in rows.values():
                self.remove(row)
            return
        if self.hidden:
            self.hidden.update(rows)
        else:
            self.hidden = rows  # no copy: each takes a look at every row
        self._store.hide(self, list(rows), for_good=for_good)

    def unchanged(self, rows: dict[str, Row]) -> dict[str, Row]:
        """Those of `rows` that are still in the table, as they were."""
        current, hidden = self._rows, self.hidden
        if not hidden and all(map(operator.is_, map(current.get, rows), rows.values())):  # as for most
            return rows
        return {key: row for key, row in rows.items() if current.get(key) is row and key not in hidden}

    def show(self, keys: Iterable[str]) -> None:
        """Undo that these rows are hidden; for `Store.rollback`."""
        shown = [row for key in keys if (row := self.hidden.pop(key, None)) is not None]
        for tell in self.when_shown:
            tell(shown)

    def hide_again(self, key: str, row: Row) -> None:
        """Undo that a hidden row was let go of before its turn; for `Store.rollback`."""
        self.restore(key, row)
        self.hidden[key] = row

    def let_go(self, keys: list[str]) -> Iterator[None]:
        """Take hidden rows out of memory, a few at each step."""
        while keys:
            piece, keys[-_FEW:] = keys[-_FEW:], []
            for key in reversed(piece):
                if key in self.hidden:
                    self._let_go(key)
            yield

    def _let_go_early(self, key: str) -> None:
        self._store.note_let_go(self, key, self.hidden[key])
        self._let_go(key)

    def _let_go(self, key: str) -> None:
        row = self.hidden.pop(key)
        self._latecomers.follow_up(key)
        self._apply(key, row, None)
        for follower in self._followers:
            follower(row, None)

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
        self._latecomers.follow_up(key)
        self._store.note(self, key, old, new)
        self._apply(key, old, new)
        for follower in self._followers:
            self._store.afterwards(partial(follower, old, new))

    def _apply(self, key: str, old: Row | None, new: Row | None) -> None:
        if new is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = new
        old = self.late.pop(key, old)
        if old is None and new is None:
            return
        for watcher in self._watchers:
            watcher(old, new)


class Store:
    """The tables, and what has changed in them since the last commit."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal: Journal = MemoryJournal() if journal is None else journal
        self._durable = journal is not None
        self._keeper = journal if isinstance(journal, Keeper) else None
        self._open = Changes()
        self._committed = Changes()
        self._waiting: asyncio.Future[Exception | None] | None = None
        self._flights = Flights(self._landed)
        self.pieces: Pieces = Pieces(lambda: self._flights.busy)
        """Work on rows that would take too long for one turn of the event loop."""

    @property
    def busy(self) -> bool:
        """Whether something is being written, or is to be."""
        return self._flights.busy or self._waiting is not None

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
            self._settle(self._committed)
        elif (loop := _running_loop()) is None:
            self.write()
        elif self._waiting is None:
            self._waiting = loop.create_future()
            if not self._flights.busy:
                loop.call_soon(self._write_together)

    async def written(self) -> None:
        """Wait until everything that has been committed is written down.

        To be called without any `await` between the commit and this, since it knows of nothing that has been undone before.
        Raises what the journal raises. Then everything that was to be written together has been undone.
        """
        # Others wait for the same, so the end of this task must not end the wait itself.
        waiting = self._waiting or self._flights.awaited
        if waiting is not None and (error := await asyncio.shield(waiting)) is not None:
            raise error

    def write(self) -> None:
        """Write down at once what has been committed, or undo it and raise what the journal raises."""
        if not self._committed:
            return
        try:
            if self._committed:
                self._write(self._committed)
        except Exception:
            self._committed.undo()
            raise
        self._settle(self._committed)
        while _running_loop() is None and self._keeper is not None and self._keeper.has_upkeep:
            self._keeper.maintain()

    async def close(self) -> None:
        """Write down what is left, and wait until nothing is under way. Raises what the journal raises."""
        self.pieces.pause()
        await self._flights.over()
        self.write()

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

    def hide(self, table: Table[Any], keys: list[str], *, for_good: bool) -> None:
        """Remember that rows are hidden; tables call this."""
        self._open.hide(table, keys, for_good=for_good)

    def note_let_go(self, table: Table[Any], key: str, row: msgspec.Struct) -> None:
        """Remember that a hidden row is let go of before its turn; tables call this."""
        self._open.let_go(table, key, row)

    def note_many(self, table: Table[Any], many: Many[Any]) -> None:
        """Remember that many rows were put; tables call this."""
        self._open.add_many(table, many)

    def open_many(self) -> list[Many[Any]]:
        """Where many rows were put together since the last commit."""
        return [*self._open.many]

    def look_after(self) -> None:
        """Have the file looked after, if it needs that and nothing is being written."""
        keeper = self._keeper
        if keeper is not None and keeper.has_upkeep and not self._flights.busy:
            self._flights.start(keeper.maintain, None, None)

    def _write_together(self) -> None:
        if self._flights.busy or self._waiting is None:
            return  # what has landed calls again; or has called already
        waiting, self._waiting = self._waiting, None
        keeper, changes = self._keeper, self._committed
        if keeper is not None and len(changes) > _FEW:
            self._committed = Changes()
            doomed = [Doomed(table.name, keys[:]) for table, keys in changes.doomed]
            self._flights.start(partial(keeper.write_many, changes.latest(), doomed), waiting, changes)
            return
        outcome: Exception | None = None
        try:
            self.write()
        except Exception as error:
            logger.exception("changes could not be written down, and are undone")
            outcome = error
        waiting.set_result(outcome)
        self.look_after()

    def _landed(
        self,
        waiting: asyncio.Future[Exception | None] | None,
        changes: Changes | None,
        error: Exception | None,
    ) -> None:
        """Something has been done in a thread."""
        if error is not None:
            logger.error("the file could not be written", exc_info=error)
        later = None
        if changes is not None and error is not None:
            # What was changed meanwhile stands on what is undone now.
            later, self._waiting = self._waiting, None
            self._committed.undo()
            changes.undo()
        elif changes is not None:
            self._settle(changes)
        for each in (waiting, later):
            if each is not None and not each.done():
                each.set_result(error)
        if changes is not None and error is None:
            self.look_after()  # in turn with what is written, or it would never come to it
        self._write_together()
        if changes is None and error is None:
            self.look_after()

    def _write(self, changes: Changes) -> None:
        journal, latest = self.journal, changes.latest()
        if not changes.doomed:
            if latest:
                journal.write(latest)
        elif self._keeper is not None:
            self._keeper.write_many(latest, [Doomed(table.name, keys) for table, keys in changes.doomed])
        else:
            gone = [Change(table.name, key, None) for table, keys in changes.doomed for key in keys]
            journal.write([*latest, *gone])

    def _settle(self, changes: Changes) -> None:
        hidden = [*changes.hidden]
        changes.settle()
        for table, keys in hidden:
            self.pieces.add(table.let_go(keys))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
