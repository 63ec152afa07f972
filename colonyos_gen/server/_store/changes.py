"""Changes of rows on their way to being final, and what undoes them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import msgspec

from colonyos_gen.server._store.many import Many

logger: logging.Logger = logging.getLogger(__name__)


class Change(NamedTuple):
    """One row that was put, or removed if `row` is None."""

    table: str
    key: str
    row: msgspec.Struct | None


class Doomed(NamedTuple):
    """Rows of a table that are removed together, and are too many to be removed one by one."""

    table: str
    keys: list[str]


class Changing(Protocol):
    """A table as changes see it."""

    @property
    def name(self) -> str: ...

    def restore(self, key: str, row: Any | None) -> None: ...

    def show(self, keys: Iterable[str]) -> None: ...

    def hide_again(self, key: str, row: Any) -> None: ...

    def take_back(self, many: Many[Any]) -> None: ...


class Changes:
    """Changes in the order in which they were made, and what undoes them."""

    def __init__(self) -> None:
        self._undo: list[tuple[Changing, str | list[str] | Many[Any], msgspec.Struct | None]] = []
        self._latest: dict[tuple[str, str], Change] = {}
        self.hidden: list[tuple[Any, list[str]]] = []
        """Tables and the keys of their rows that are hidden."""
        self.doomed: list[tuple[Any, list[str]]] = []
        """Those of them whose keys never come again."""
        self.many: list[Many[Any]] = []
        """Where many rows were put together."""
        self.actions: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return bool(self._undo or self.actions)

    def __len__(self) -> int:
        return len(self._latest) + sum(len(keys) for _, keys in self.doomed)

    def add(self, table: Changing, key: str, old: msgspec.Struct | None, new: msgspec.Struct | None) -> None:
        """Note the change of a row."""
        self._undo.append((table, key, old))
        self._latest[table.name, key] = Change(table.name, key, new)

    def add_many(self, table: Changing, many: Many[Any]) -> None:
        """Note that many rows were put together."""
        name = table.name
        self._undo.append((table, many, None))
        self._latest.update({(name, key): Change(name, key, row) for key, row in many.news.items()})
        self.many.append(many)

    def hide(self, table: Changing, keys: list[str], *, for_good: bool) -> None:
        """Note that rows are hidden; `for_good` if their keys never come again."""
        self._undo.append((table, keys, None))
        self.hidden.append((table, keys))
        if for_good:
            self.doomed.append((table, keys))
        else:
            name = table.name
            self._latest.update({(name, key): Change(name, key, None) for key in keys})

    def let_go(self, table: Changing, key: str, row: msgspec.Struct) -> None:
        """Note that a hidden row is let go of before its turn, as its key has come again."""
        self._undo.append((table, [key], row))

    def take(self, others: Changes) -> None:
        """Take over what `others` holds."""
        if not self:  # as for most
            self._undo, others._undo = others._undo, self._undo
            self._latest, others._latest = others._latest, self._latest
            self.hidden, others.hidden = others.hidden, self.hidden
            self.doomed, others.doomed = others.doomed, self.doomed
            self.many, others.many = others.many, self.many
            self.actions, others.actions = others.actions, self.actions
            return
        self._undo += others._undo
        self._latest |= others._latest
        self.hidden += others.hidden
        self.doomed += others.doomed
        self.many += others.many
        self.actions += others.actions
        others.clear()

    def latest(self) -> list[Change]:
        """The last change of every row."""
        return list(self._latest.values())

    def undo(self) -> None:
        """Undo all of them, the last one first."""
        while self._undo:
            table, key, old = self._undo.pop()
            if isinstance(key, list) and old is not None:
                table.hide_again(key[0], old)
            elif isinstance(key, list):
                table.show(key)
            elif isinstance(key, Many):
                table.take_back(key)
            else:
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
        self.hidden.clear()
        self.doomed.clear()
        self.many.clear()
        self.actions.clear()
