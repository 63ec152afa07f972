from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from colonyos_gen_wire import types
from colonyos_gen_wire.types.common import AttributeType, ExecutorState, ProcessState
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import FunctionSpec, Process

from colonyos_gen.server import Server
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.sqlite_journal import FORMAT, JournalError, SqliteJournal
from colonyos_gen.server._store.tables import Change, Store


class Blob(msgspec.Struct):
    """What a row of the server may hold besides the types of the schema."""

    name: str
    data: bytes
    pairs: list[tuple[str, int]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.db"


@pytest.fixture
def journal(file: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(file)
    yield journal
    journal.close()


def put(*names: str) -> list[Change]:
    return [Change("logs", name, Log(processid="", message=name)) for name in names]


def names(journal: SqliteJournal) -> list[str]:
    return [log.message for log in journal.load("logs", Log)]


def samples(type_: Any, above: tuple[Any, ...] = ()) -> Any:
    """A value of any type that rows are made of, with something in every field, except where a type holds itself."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        hints, above = get_type_hints(type_), (*above, type_)
        return type_(
            **{field.name: samples(hints[field.name], above) for field in msgspec.structs.fields(type_)}
        )
    if isinstance(type_, type) and issubclass(type_, IntEnum):
        return type_(7)  # a value that the schema does not name
    if (origin := get_origin(type_)) is None:
        return PLAIN[type_]
    item = next(each for each in reversed(get_args(type_)) if each is not type(None))
    if origin is list:
        return [] if item in above else [samples(item, above)]
    if origin is dict:
        return {} if item in above else {"key \x00 ü": samples(item, above)}
    return None if item in above else samples(item, above)  # a union with None


PLAIN: dict[Any, Any] = {
    str: "text \x00 \U0001f41d \"'",
    int: 2**63 - 1,
    float: 0.1,
    bool: True,
    bytes: bytes(range(256)),
    datetime: datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
    Any: {"list": [1, 2.5, None, True, "x", {"deep": [1e300, -(2**63)]}]},
}


class Tables(Store):
    """A store that notes which tables are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.row_types: dict[str, type[msgspec.Struct]] = {}

    def table(self, name: str, row_type: Any, key: Any) -> Any:
        self.row_types[name] = row_type
        return super().table(name, row_type, key)


def row_types() -> dict[str, type[msgspec.Struct]]:
    """The row types of the server by the names of its tables."""
    tables = Tables()
    Records(tables)
    return tables.row_types


@pytest.mark.parametrize(("table", "row_type"), row_types().items())
def test_every_table_comes_back_as_it_was(file: Path, table: str, row_type: type[msgspec.Struct]) -> None:
    row, empty = samples(row_type), samples(row_type)
    for field in msgspec.structs.fields(row_type):
        if field.default is not msgspec.NODEFAULT:
            setattr(empty, field.name, field.default)
    journal = SqliteJournal(file)
    journal.write([Change(table, "full", row), Change(table, "empty", empty)])
    journal.close()
    journal = SqliteJournal(file)
    assert journal.load(table, row_type) == [row, empty]
    assert journal.load("another", row_type) == []
    journal.close()


def test_samples_hold_what_is_hard_to_keep() -> None:
    process = samples(Process)
    assert isinstance(process.state, ProcessState)
    assert not process.state.is_known
    assert process.starttime.microsecond == 678901
    assert process.attributes[0].attributetype == AttributeType(7)
    assert types.Executor in row_types().values()
    assert samples(types.Executor).state == ExecutorState(7)
    assert isinstance(process.spec, FunctionSpec)


def test_bytes_and_tuples(journal: SqliteJournal) -> None:
    row = Blob("x", bytes(range(256)), [("a", 1)])
    journal.write([Change("blobs", "x", row)])
    assert journal.load("blobs", Blob) == [row]


def test_rows_come_in_the_order_in_which_their_keys_appeared(journal: SqliteJournal) -> None:
    journal.write(put("c", "a"))
    journal.write(put("b"))
    journal.write([Change("logs", "c", Log(processid="", message="c again")), Change("logs", "a", None)])
    assert names(journal) == ["c again", "b"]
    journal.write(put("a"))
    assert names(journal) == ["c again", "b", "a"]


def test_all_changes_or_none(journal: SqliteJournal) -> None:
    journal.write(put("a"))
    unwritable = Change("logs", "c", Blob("\ud800", b"", []))
    with pytest.raises(UnicodeEncodeError):
        journal.write([*put("b"), Change("logs", "a", None), unwritable])
    assert names(journal) == ["a"]
    # This one fails in the middle of the transaction.
    no_key: Any = None
    with pytest.raises(JournalError, match="NOT NULL"):
        journal.write([*put("b"), Change("logs", "a", None), Change("logs", no_key, Blob("x", b"", []))])
    assert names(journal) == ["a"]
    journal.write(put("b"))
    assert names(journal) == ["a", "b"]


def test_what_does_not_fit_is_refused_whole_and_what_is_there_stays_usable(file: Path) -> None:
    journal = SqliteJournal(file, size_limit=64 * 1024)
    journal.write(put("a", "b"))
    with pytest.raises(JournalError, match=f"{file}.* full"):
        journal.write([*put(*map(str, range(5000))), Change("logs", "a", None)])
    assert names(journal) == ["a", "b"]
    journal.write([Change("logs", "a", None), *put("c")])
    journal.close()
    journal = SqliteJournal(file)
    assert names(journal) == ["b", "c"]
    journal.close()


def test_one_server_at_a_time(file: Path, journal: SqliteJournal) -> None:
    with pytest.raises(JournalError, match=f"{file} is in use"):
        SqliteJournal(file)
    program = "import sys; from colonyos_gen.server._store.sqlite_journal import SqliteJournal; SqliteJournal(sys.argv[1])"
    command = [sys.executable, "-c", program, str(file)]
    # Twice, since the attempt in this process might have taken the lock away.
    for _ in range(2):
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        assert other.returncode == 1
        assert f"{file} is in use by another server" in other.stderr
    journal.write(put("a"))
    journal.close()
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


def test_a_closed_journal_can_be_opened_again_unless_somebody_else_used_the_file(file: Path) -> None:
    journal = SqliteJournal(file)
    journal.open()
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.write(put("a"))
    journal.open()
    journal.write(put("a"))
    journal.close()
    other = SqliteJournal(file)
    assert names(other) == ["a"]
    other.close()
    with pytest.raises(JournalError, match="used by another server meanwhile"):
        journal.open()


def test_the_file_is_for_its_owner_alone_and_closing_leaves_nothing_beside_it(file: Path) -> None:
    journal = SqliteJournal(file)
    journal.write(put("a"))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    assert modes == {"rows.db": 0o600, "rows.db-wal": 0o600}
    journal.close()
    assert [each.name for each in file.parent.iterdir()] == ["rows.db"]


def test_every_commit_is_on_the_disk_before_it_returns(journal: SqliteJournal) -> None:
    connection = journal._connection  # pyright: ignore[reportPrivateUsage]
    assert connection is not None
    # 2 is FULL. Only pulling a plug would show the difference.
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_empty_file_is_a_new_one(file: Path) -> None:
    file.touch()
    journal = SqliteJournal(file)
    journal.write(put("a"))
    journal.close()


def test_a_newer_file_is_left_alone(file: Path) -> None:
    SqliteJournal(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    connection.close()
    with pytest.raises(JournalError, match=f"{file} was written by a newer version .*format {FORMAT + 1}"):
        SqliteJournal(file)


def test_foreign_files_are_left_alone(file: Path) -> None:
    text = b"Dear diary, " * 1000
    file.write_bytes(text)
    with pytest.raises(JournalError, match=f"{file} is no file of this server"):
        SqliteJournal(file)
    assert file.read_bytes() == text
    other = file.with_name("other.db")
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE rows (a)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(JournalError, match=f"{other} is no file of this server"):
        SqliteJournal(other)
    assert other.read_bytes() == before


@pytest.mark.parametrize("content", [b"x", b"hello\n", b"x" * 511])
def test_a_small_foreign_file_is_left_alone(file: Path, content: bytes) -> None:
    """SQLite takes it for an empty one."""
    file.write_bytes(content)
    with pytest.raises(JournalError, match=f"{file} is no file of this server"):
        SqliteJournal(file)
    assert file.read_bytes() == content


def test_a_link_to_nothing_leads_to_a_file_for_its_owner_alone(file: Path) -> None:
    link = file.with_name("link.db")
    link.symlink_to(file)
    journal = SqliteJournal(link)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    journal.close()


def test_links_that_lead_nowhere_are_named(file: Path) -> None:
    file.symlink_to(file)
    with pytest.raises(JournalError, match=str(file)):
        SqliteJournal(file)


@pytest.mark.parametrize("byte", [b"\xc5", b"\xff"])
@pytest.mark.parametrize("where", [b"CREATE TABLE opened", b"tableopened", b"tablerowsrows", b"CREATE TAB"])
def test_damage_where_names_are_kept_is_named(file: Path, where: bytes, byte: bytes) -> None:
    """Then a message of SQLite may be no text."""
    SqliteJournal(file).close()
    content = file.read_bytes()
    place = content.index(where) + len(where) - 2
    file.write_bytes(content[:place] + byte + content[place + 1 :])
    with pytest.raises(JournalError, match=str(file)):
        SqliteJournal(file)


def test_a_row_that_is_nothing_is_named(file: Path) -> None:
    SqliteJournal(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE rows")
        connection.execute(
            "CREATE TABLE rows (position INTEGER PRIMARY KEY, tablename TEXT, key TEXT, row TEXT)"
        )
        connection.execute("INSERT INTO rows VALUES (1, 'logs', 'one', NULL)")
    connection.close()
    with pytest.raises(JournalError, match=f"{file}: the row 'one' of logs cannot be read"):
        SqliteJournal(file).load("logs", Log)


def test_a_damaged_file_is_named(file: Path) -> None:
    journal = SqliteJournal(file)
    journal.write(put(*map(str, range(1000))))
    journal.close()
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(JournalError, match=f"{file} is damaged"):
        SqliteJournal(file).load("logs", Log)


def test_a_row_that_cannot_be_read_is_named(journal: SqliteJournal, file: Path) -> None:
    journal.write([Change("logs", "one", Blob("x", b"", []))])
    with pytest.raises(JournalError, match=f"{file}: the row 'one' of logs cannot be read: .*processid"):
        journal.load("logs", Log)


def test_a_row_of_endless_depth_is_named(journal: SqliteJournal, file: Path) -> None:
    journal.write(put("a"))
    journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE rows SET row = ?", ('{"message": ' + "[" * 100_000,))
    connection.close()
    journal.open()
    with pytest.raises(JournalError, match="'a' of logs"):
        names(journal)


def test_a_file_without_its_mark_is_damaged(journal: SqliteJournal, file: Path) -> None:
    journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM opened")
    connection.close()
    with pytest.raises(JournalError, match="is damaged"):
        SqliteJournal(file)


def test_a_server_that_cannot_be_made_lets_go_of_its_file(file: Path) -> None:
    journal = SqliteJournal(file)
    journal.write([Change("processes", "x", Log(processid="", message="no process"))])
    journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE rows SET row = '{'")
    connection.close()
    kept: list[BaseException] = []
    for _ in range(2):
        with pytest.raises(JournalError, match="'x' of processes cannot be read") as caught:
            Server(db=file)
        kept.append(caught.value)  # so that nothing is closed by the garbage collector
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM rows")
    connection.close()


def test_a_place_without_files_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "rows.db"):
        with pytest.raises(JournalError, match=str(path)):
            SqliteJournal(path)


OLDER = """
    CREATE TABLE rows (
        position INTEGER PRIMARY KEY,
        tablename TEXT NOT NULL,
        key TEXT NOT NULL,
        row TEXT NOT NULL,
        UNIQUE (tablename, key)
    ) STRICT;
    CREATE TABLE opened (token TEXT NOT NULL) STRICT;
    INSERT INTO opened VALUES ('15cec09f0af186d0');
    PRAGMA application_id = 0x434F4C59;
    PRAGMA user_version = 1;
    INSERT INTO rows (tablename, key, row) VALUES
        ('paused', 'dev', '{"colonyname":"dev","ispaused":true}'),
        ('blueprint_versions', 'h', '{"historyid":"h","blueprintid":"b","kind":"Dep","namespace":"dev","name":"b1",
"generation":1,"spec":{"a":1.5},"status":{},"timestamp":"2026-11-27T02:00:00Z","changedby":"c","changetype":"update"}');
"""
"""A file as the version before wrote it."""


def test_an_older_file_is_read_and_is_a_newer_one_then(file: Path) -> None:
    """So that the version that wrote it says why it cannot read what is written now."""
    with sqlite3.connect(file) as connection:
        connection.executescript(OLDER)
    connection.close()
    journal = SqliteJournal(file)
    records = Records(Store(journal))
    assert [pause.colonyname for pause in records.paused] == ["dev"]
    assert [(version.name, version.spec) for version in records.blueprint_versions] == [("b1", {"a": 1.5})]
    journal.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    connection.close()
    assert FORMAT > 1
