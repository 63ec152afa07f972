"""What a durable store has to implement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

import msgspec

from colonyos_gen.server._store.changes import Change, Doomed

Row = TypeVar("Row", bound=msgspec.Struct)


class Journal(Protocol):
    """What makes a store durable."""

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:
        """The rows of a table as they were written last, in the order in which their keys first appeared."""
        ...

    def write(self, changes: Sequence[Change], /) -> None:
        """Write all of `changes`, or none of them."""
        ...


@runtime_checkable
class Keeper(Journal, Protocol):
    """A journal that can be called from a thread, one call at a time, and whose file has to be looked after."""

    def write_many(self, changes: Sequence[Change], doomed: Sequence[Doomed], /) -> None:
        """Write all of `changes` and remove all that is `doomed`, or do nothing of it."""
        ...

    @property
    def has_upkeep(self) -> bool:
        """Whether `maintain` has something to do."""
        ...

    def maintain(self) -> None:
        """Look after the file for a short time. May be ended at any point, also for ever."""
        ...


class MemoryJournal:
    """The journal of a server that forgets everything when it stops."""

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:  # noqa: ARG002
        return ()

    def write(self, changes: Sequence[Change], /) -> None:
        pass
