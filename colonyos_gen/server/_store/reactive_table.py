"""A table whose changes can lead to further changes.

Watchers of a table also see what a rollback undoes, so they must only follow. What has to be done because somebody has
changed a row belongs into a reaction: it runs right after the change, before anything else sees it, and is undone
together with it.
"""

from __future__ import annotations

from collections.abc import Callable

from colonyos_gen.server._store.tables import Row, Store, Table


class ReactiveTable(Table[Row]):
    """A table that calls reactions when a row is put over an older one."""

    def __init__(self, store: Store, name: str, row_type: type[Row], key: Callable[[Row], str]) -> None:
        super().__init__(store, name, row_type, key)
        self._reactions: list[Callable[[Row, Row], None]] = []

    def react(self, reaction: Callable[[Row, Row], None]) -> None:
        """Call `reaction(old, new)` whenever a row has been replaced. It may change rows, of this table too."""
        self._reactions.append(reaction)

    def put(self, row: Row) -> Row:
        """Add `row`, or put it in the place of the row with the same key; returns it."""
        old = self.get(self.key(row))
        super().put(row)
        if old is not None:
            for reaction in self._reactions:
                reaction(old, row)
        return row
