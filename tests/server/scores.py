"""How the recordings fared, for the table at the end."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One recording."""

    name: str
    same: int
    """Exchanges that went as recorded."""
    different: int
    """Exchanges that differ on purpose."""
    remark: str


ROWS: list[Row] = []


def table() -> list[str]:
    """The lines of the table."""
    lines = [f"{'recording':<28}{'same':>6}{'differ':>8}  remark"]
    lines += [f"{row.name:<28}{row.same:>6}{row.different:>8}  {row.remark}" for row in sorted(ROWS)]
    same, different = (sum(column) for column in zip(*(row[1:3] for row in ROWS), strict=True))
    return [*lines, f"{'all':<28}{same:>6}{different:>8}"]
