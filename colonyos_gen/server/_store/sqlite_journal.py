"""Rows in an SQLite file: what makes a server durable.

    async with Server(db="colony.db", server_key=key) as server:
        ...

Every commit of the store is one transaction, and is on the disk before the request is answered. A server that is
killed has lost nothing that it acknowledged, and finds each commit whole or not at all.

The file holds one table with a line for each row: the name of the row's table, its key, and the row as JSON. It
belongs to one server at a time. Its mode is 0600, since it holds what the members of the colonies keep there; private
keys are not part of any row.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from colonyos_gen_wire.nulls import remember_nulls, texts_of_nulls, with_nulls
from colonyos_gen_wire.shape import StructOf

from colonyos_gen.server._store.changes import Change, Doomed

FORMAT = 3
"""Version of the file's layout and of its rows; those of `paused` have one key less since 2. Since 3, some empty lists are
null, and the file becomes smaller when rows are removed, and may name some that are to be.

A server reads files of its own version and older ones, which are of its own version from then on.
"""

logger: logging.Logger = logging.getLogger(__name__)

_APPLICATION_ID = 0x434F4C59
"""Marks the file as one of ours, in the place that SQLite has for this."""
_SMALLEST = 512
"""Bytes of the smallest SQLite file."""
_FOREIGN = "is no file of this server; give the name of a new file, or of one that it has made"

_DOOMED = """
    CREATE TABLE IF NOT EXISTS doomed (
        batch INTEGER PRIMARY KEY, tablename TEXT NOT NULL, keys TEXT NOT NULL
    ) STRICT;
"""
_SHRINKING_FORMAT = 3
_INCREMENTAL = 2
_PAGE = 4096
"""Bytes of a page."""
_CREATE = f"""
    BEGIN EXCLUSIVE;
    CREATE TABLE rows (
        position INTEGER PRIMARY KEY,
        tablename TEXT NOT NULL,
        key TEXT NOT NULL,
        row TEXT NOT NULL,
        UNIQUE (tablename, key)
    ) STRICT;
    CREATE TABLE opened (token TEXT NOT NULL) STRICT;
    {_DOOMED}
    INSERT INTO opened VALUES ('');
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {FORMAT};
    COMMIT;
"""
# A row that is put again keeps its position, and with it its place in `load`.
_PUT = """
    INSERT INTO rows (tablename, key, row) VALUES (?, ?, ?)
    ON CONFLICT (tablename, key) DO UPDATE SET row = excluded.row
"""
_REMOVE = "DELETE FROM rows WHERE tablename = ? AND key = ?"
_DOOM = "INSERT INTO doomed (tablename, keys) VALUES (?, ?)"
_LOAD = "SELECT key, row FROM rows WHERE tablename = ? ORDER BY position"

_TOLD = 20_000
"""Rows after which the log says how far reading has come."""
_BATCH = 500
"""Rows that are removed in one transaction, of those that are doomed."""
_UNMOVED = 4 * 2**20
"""Bytes that are written to the second file before they are moved into the first."""
_PAGES = 200
"""Pages by which the file becomes smaller at a time."""
_SPARE = 0.2
"""Part of the file that may be empty before it is made smaller."""
_FEW_PAGES = 256
"""A file that is not made smaller."""

Row = TypeVar("Row", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode
_decode_any = msgspec.json.Decoder().decode


class JournalError(OSError):
    """The file cannot be used, or could not be written. The message names it and says why."""


class SqliteJournal:
    """The journal that is an SQLite file. Opening it makes the file if there is none.

    Args:
        path: The file. Two more beside it, with `-wal` and `-journal` at the end of their names, come and go.
        size_limit: Largest size of the file in bytes; what does not fit is refused. None sets no limit.

    Raises:
        JournalError: The file is in use by a server, is not one of this server, is newer than it, is damaged, or
            cannot be opened or made.
    """

    def __init__(self, path: str | os.PathLike[str], *, size_limit: int | None = None) -> None:
        self.path: Path = Path(path).absolute()
        self._size_limit = size_limit
        self._token: str | None = None
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._doomed = 0
        self._unmoved = 0
        self._shrinks = self._shrinking = False
        self.open()

    def open(self) -> None:
        """Take hold of the file again after `close`; does nothing while it is open.

        Raises:
            JournalError: As for a new journal, or because another server has used the file meanwhile.
        """
        if self._connection is not None:
            return
        with self._explained():
            self._create_file()
            connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        while self._doomed:  # of an earlier life
            self._remove_batch()

    def close(self) -> None:
        """Move everything into the file itself, and let go of it; does nothing if it is closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # What is not moved now stays in the second file, and is found there when this one is opened again.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:
        """The rows of a table as they were written last, in the order in which their keys first appeared.

        Raises:
            JournalError: A row cannot be read as a `row_type`.
        """
        decoder, nulls = _decoder(row_type), texts_of_nulls(row_type)
        rows: list[Row] = []
        with self._explained():
            lines: Iterable[tuple[str, str]] = self._opened.execute(_LOAD, (table,))
            for key, text in lines:
                try:
                    row = cast("Row", decoder.decode(text))
                    if any(null in text for null in nulls):
                        remember_nulls(StructOf(row_type), _decode_any(text), row)
                    rows.append(row)
                except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
                    raise JournalError(
                        f"{self.path}: the row {key!r} of {table} cannot be read: {error}"
                    ) from error
                if len(rows) % _TOLD == 0:
                    logger.info("%s: %d rows of %s are read", self.path, len(rows), table)
        return rows

    def write(self, changes: Sequence[Change], /) -> None:
        """Write all of `changes`, or none of them; when this returns, they outlast the machine.

        Raises:
            JournalError: They could not be written, for instance because the disk is full.
        """
        self.write_many(changes, ())

    def write_many(self, changes: Sequence[Change], doomed: Sequence[Doomed], /) -> None:
        """Write all of `changes` and remove all that is `doomed`, or do nothing of it; may be called from a thread.

        What is doomed is only noted, and removed by `maintain`, or when the file is opened again.

        Raises:
            JournalError: They could not be written, for instance because the disk is full.
        """
        # Encoding comes first: what cannot be encoded must not leave a transaction open.
        lines = [
            (
                change.table,
                change.key,
                None if change.row is None else _encode(with_nulls(change.row)).decode(),
            )
            for change in changes
        ]
        batches = [
            (each.table, _encode(each.keys[start : start + _BATCH]).decode())
            for each in doomed
            for start in range(0, len(each.keys), _BATCH)
        ]
        with self._transaction() as connection:
            for table, key, text in lines:
                if text is None:
                    connection.execute(_REMOVE, (table, key))
                else:
                    connection.execute(_PUT, (table, key, text))
                    self._unmoved += len(text)
            connection.executemany(_DOOM, batches)
        self._doomed += len(batches)
        self._unmoved += _PAGE * (len(lines) + len(batches))

    @property
    def has_upkeep(self) -> bool:
        """Whether `maintain` has something to do."""
        return self._connection is not None and (
            self._doomed > 0 or self._shrinking or self._unmoved > _UNMOVED
        )

    def maintain(self) -> None:
        """Do a piece of what keeps the file small; may be called from a thread, and be ended at any point.

        Raises:
            JournalError: The file could not be written.
        """
        if self._connection is None:
            return
        if self._unmoved > _UNMOVED:
            with self._lock, self._explained():
                self._opened.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._unmoved = 0
                pages, spare = _number(self._opened, "page_count"), _number(self._opened, "freelist_count")
            self._shrinking = self._shrinks and pages > _FEW_PAGES and spare > _SPARE * pages
        elif self._doomed:
            self._remove_batch()
        elif self._shrinking:
            with self._lock, self._explained():
                # As a script, since `execute` would end after the first page.
                self._opened.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
                spare = _number(self._opened, "freelist_count")
                self._shrinking = spare > _SPARE / 2 * _number(self._opened, "page_count")
            self._unmoved = _UNMOVED + 1 if not self._shrinking else self._unmoved + _PAGES * _PAGE

    def _remove_batch(self) -> None:
        with self._transaction() as connection:
            found = connection.execute("SELECT batch, tablename, keys FROM doomed LIMIT 1").fetchone()
            if found is None:
                self._doomed = 0
                return
            batch, table, keys = found
            connection.executemany(
                _REMOVE, [(table, key) for key in msgspec.json.decode(keys, type=list[str])]
            )
            connection.execute("DELETE FROM doomed WHERE batch = ?", (batch,))
        self._doomed -= 1
        # Every row lies on another page.
        self._unmoved += _BATCH * _PAGE // 4 if self._doomed else _UNMOVED + 1

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        connection = self._opened
        with self._lock, self._explained():
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite ends the transaction by itself at some errors, and not at others.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalError(f"{self.path} is closed")
        return self._connection

    def _create_file(self) -> None:
        """Make the file with the mode that it is to have.

        A file that is there is not even opened: closing it again would take away the lock that another journal of this
        process may have on it, which is how POSIX has it.
        """
        path = Path(os.path.realpath(self.path))  # a link to nothing is followed by SQLite, and not here
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if 0 < path.stat().st_size < _SMALLEST:  # which SQLite takes for an empty one
            raise JournalError(f"{self.path} {_FOREIGN}")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # In this mode the first access locks the file until it is closed, or its process ends in whatever way.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        version = self._version_of(connection)
        if version == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # What is written is moved into the file by `maintain`, as it takes its time.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {2 * _UNMOVED}")
        if self._size_limit is not None:
            page_size = _number(connection, "page_size")
            connection.execute(f"PRAGMA max_page_count = {max(1, self._size_limit // page_size)}")
        if version == 0:
            connection.executescript(_CREATE)
        elif version < _SHRINKING_FORMAT:
            connection.executescript(_DOOMED)
            with contextlib.suppress(sqlite3.Error):  # a full disk has no room for it
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("VACUUM")
        self._shrinks = _number(connection, "auto_vacuum") == _INCREMENTAL
        self._sign(connection)
        (self._doomed,) = connection.execute("SELECT count(*) FROM doomed").fetchone()

    def _version_of(self, connection: sqlite3.Connection) -> int:
        """The format of a file; 0 of a new one."""
        application_id = _number(connection, "application_id")
        if application_id == 0 and _number(connection, "schema_version") == 0:
            return 0
        if application_id != _APPLICATION_ID:
            raise JournalError(f"{self.path} {_FOREIGN}")
        version = _number(connection, "user_version")
        if version > FORMAT:
            raise JournalError(
                f"{self.path} was written by a newer version of colonyos_gen "
                f"(format {version}; this one knows formats up to {FORMAT})"
            )
        return version

    def _sign(self, connection: sqlite3.Connection) -> None:
        """Leave marks in the file: its version, and one by which it is known again, as rows in memory are of it only."""
        connection.execute("BEGIN EXCLUSIVE")
        marks = connection.execute("SELECT token FROM opened").fetchall()
        if len(marks) != 1:
            raise JournalError(
                f"{self.path} is damaged: its table 'opened' has {len(marks)} rows instead of one"
            )
        (token,) = marks[0]
        if self._token not in (None, token):
            raise JournalError(f"{self.path} was used by another server meanwhile; make a new server for it")
        self._token = secrets.token_hex(8)
        connection.execute("UPDATE opened SET token = ?", (self._token,))
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        """Turn the errors of SQLite and of the file system into ones that name the file."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            # The low byte of an extended code is the general kind of the error.
            reason = _REASONS.get(code & 0xFF) if isinstance(code, int) else None
            raise JournalError(f"{self.path} {reason or f'cannot be used: {error}'}") from error
        except JournalError:
            raise
        except UnicodeDecodeError as error:  # a message of SQLite that quotes what it has found
            raise JournalError(f"{self.path} is damaged") from error
        except OSError as error:
            raise JournalError(f"{self.path} cannot be made: {error.strerror}") from error


_REASONS = {
    sqlite3.SQLITE_BUSY: "is in use by another server",
    sqlite3.SQLITE_NOTADB: _FOREIGN,
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "cannot grow: the disk or the file is full",
}


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)


@functools.cache
def _decoder(row_type: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(row_type)
