"""The file becomes smaller when rows go, bit by bit, and is whole whenever its process is killed."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from colonyos_gen.server._store.changes import Doomed
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Change, Store


class Note(msgspec.Struct, frozen=True):
    """A row."""

    name: str
    text: str


def filled(file: Path, count: int = 6000) -> SqliteJournal:
    """A file with that many rows."""
    journal = SqliteJournal(file)
    for start in range(0, count, 1000):
        notes = [Note(f"n{number}", f"{number}" * 200) for number in range(start, min(count, start + 1000))]
        journal.write([Change("notes", note.name, note) for note in notes])
        upkeep(journal)
    return journal


def upkeep(journal: SqliteJournal) -> int:
    """Look after the file for as long as it needs that; returns how often."""
    pieces = 0
    while journal.has_upkeep:
        journal.maintain()
        pieces += 1
        assert pieces < 10_000
    return pieces


def names(journal: SqliteJournal) -> set[str]:
    """The rows in it."""
    return {note.name for note in journal.load("notes", Note)}


def test_what_is_doomed_is_removed_in_pieces_and_the_file_shrinks(tmp_path: Path) -> None:
    file, second = tmp_path / "rows.db", tmp_path / "rows.db-wal"
    journal = filled(file)
    large = file.stat().st_size
    journal.write_many([], [Doomed("notes", [f"n{number}" for number in range(100, 6000)])])
    assert upkeep(journal) > 20
    assert names(journal) == {f"n{number}" for number in range(100)}
    assert file.stat().st_size < large / 10
    assert second.stat().st_size < 20 * 2**20
    journal.close()
    assert names(SqliteJournal(file)) == {f"n{number}" for number in range(100)}


def test_the_second_file_stays_small(tmp_path: Path) -> None:
    """Whatever is written; without an event loop too."""
    journal = SqliteJournal(tmp_path / "rows.db")
    store = Store(journal)
    table = store.table("notes", Note, lambda note: note.name)
    for number in range(300):
        table.put(Note("one", f"{number}" * 50_000))
        store.commit()
        assert (tmp_path / "rows.db-wal").stat().st_size < 16 * 2**20
    journal.close()


@pytest.mark.parametrize("pieces", [0, 1, 5, 30])
def test_a_file_that_was_left_in_the_middle_goes_on(tmp_path: Path, pieces: int) -> None:
    """What was said to be gone is gone, and the rest is there."""
    journal = filled(tmp_path / "rows.db")
    journal.write_many([], [Doomed("notes", [f"n{number}" for number in range(5000)])])
    for _ in range(pieces):
        journal.maintain()
    for name in ("rows.db", "rows.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / f"left-{name}".replace("left-rows", "left"))
    left = SqliteJournal(tmp_path / "left.db")
    assert names(left) == {f"n{number}" for number in range(5000, 6000)}
    left.close()
    journal.close()


PROGRAM = """
import sys
from pathlib import Path
from colonyos_gen.server._store.changes import Doomed
from tests.server.store.test_compaction import filled
journal = filled(Path(sys.argv[1]))
journal.write_many([], [Doomed("notes", [f"n{number}" for number in range(5000)])])
print("written", flush=True)
while journal.has_upkeep:
    journal.maintain()
    print("piece", flush=True)
"""


@pytest.mark.long
def test_a_process_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    for round_ in range(6):
        file = tmp_path / f"{round_}.db"
        child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(file)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        for _ in range(1 + random.randrange(25)):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        journal = SqliteJournal(file)
        assert names(journal) == {f"n{number}" for number in range(5000, 6000)}
        upkeep(journal)
        journal.close()
        with sqlite3.connect(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def test_a_file_of_an_earlier_version_learns_to_shrink(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript("""
        CREATE TABLE rows (
            position INTEGER PRIMARY KEY, tablename TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL,
            UNIQUE (tablename, key)
        ) STRICT;
        CREATE TABLE opened (token TEXT NOT NULL) STRICT;
        INSERT INTO opened VALUES ('');
        INSERT INTO rows (tablename, key, row) VALUES ('notes', 'old', '{"name": "old", "text": ""}');
        PRAGMA application_id = 0x434F4C59;
        PRAGMA user_version = 2;
        PRAGMA journal_mode = WAL;
    """)
    connection.close()
    journal = SqliteJournal(file)
    many = [f"n{number}" for number in range(5000)]
    journal.write([Change("notes", name, Note(name, "x" * 1000)) for name in many])
    upkeep(journal)
    large = file.stat().st_size
    journal.write_many([], [Doomed("notes", many)])
    upkeep(journal)
    assert names(journal) == {"old"}
    assert file.stat().st_size < large / 10
    journal.close()
