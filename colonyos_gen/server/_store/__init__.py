"""What the server knows: tables and indexes in memory, the rows in them, and the journal that keeps them.

A `Journal` of one's own goes to `Server(journal=...)`; `SqliteJournal` is what `Server(db=...)` makes.
"""

from colonyos_gen.server._store.sqlite_journal import JournalError, SqliteJournal
from colonyos_gen.server._store.tables import Change, Journal

__all__ = ["Change", "Journal", "JournalError", "SqliteJournal"]
