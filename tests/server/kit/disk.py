"""A disk that can run full, for the tests of the server."""

from __future__ import annotations

from collections.abc import Sequence

from colonyos_gen.server._store.tables import Change, MemoryJournal


class Disk(MemoryJournal):
    """A journal that fails to write while it is `full`."""

    full = False

    def write(self, changes: Sequence[Change], /) -> None:  # noqa: ARG002
        if self.full:
            raise OSError("no space left")
