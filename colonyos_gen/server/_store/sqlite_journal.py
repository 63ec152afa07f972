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
import os
import secrets
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from colonyos_gen_wire.nulls import remember_nulls, texts_of_nulls, with_nulls
from colonyos_gen_wire.shape import StructOf

from colonyos_gen.server._store.tables import Change

FORMAT = 3
"""Version of the file's layout and of its rows; those of `paused` have one key less since 2, and some empty lists are null
since 3.

A server reads files of its own version and older ones, which are of its own version from then on.
"""

_APPLICATION_ID = 0x434F4C59
"""Marks the file as one of ours, in the place that SQLite has for this."""
_SMALLEST = 512
"""Bytes of the smallest SQLite file."""
_FOREIGN = "is no file of this server; give the name of a new file, or of one that it has made"

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
_LOAD = "SELECT key, row FROM rows WHERE tablename = ? ORDER BY position"

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
        with self._explained():
            lines: list[tuple[str, str]] = self._opened.execute(_LOAD, (table,)).fetchall()
        rows: list[Row] = []
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
        return rows

    def write(self, changes: Sequence[Change], /) -> None:
        """Write all of `changes`, or none of them; when this returns, they outlast the machine.

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
        connection = self._opened
        with self._explained():
            try:
                connection.execute("BEGIN IMMEDIATE")
                for table, key, text in lines:
                    if text is None:
                        connection.execute(_REMOVE, (table, key))
                    else:
                        connection.execute(_PUT, (table, key, text))
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
        new = self._is_new(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if self._size_limit is not None:
            page_size = _number(connection, "page_size")
            connection.execute(f"PRAGMA max_page_count = {max(1, self._size_limit // page_size)}")
        if new:
            connection.executescript(_CREATE)
        self._sign(connection)

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        application_id = _number(connection, "application_id")
        if application_id == 0 and _number(connection, "schema_version") == 0:
            return True
        if application_id != _APPLICATION_ID:
            raise JournalError(f"{self.path} {_FOREIGN}")
        version = _number(connection, "user_version")
        if version > FORMAT:
            raise JournalError(
                f"{self.path} was written by a newer version of colonyos_gen "
                f"(format {version}; this one knows formats up to {FORMAT})"
            )
        return False

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
