"""What a removal ends in that cannot be carried out without harm."""

from __future__ import annotations

from collections.abc import Sequence

from colonyos_gen_wire.terminal import visible


class RemovalRefused(Exception):
    """Something was not removed, since that could harm the server or somebody's work. Nothing is removed later either.

    Attributes:
        what: What was to be removed.
        in_the_way: What speaks against it, one text for each.
        remedy: What can be done about it.
    """

    def __init__(self, what: str, in_the_way: Sequence[str], remedy: str) -> None:
        super().__init__(what, in_the_way, remedy)
        self.what = what
        self.in_the_way: list[str] = list(in_the_way)
        self.remedy = remedy

    @property
    def reason(self) -> str:
        """What speaks against it, in one text."""
        return "; ".join(self.in_the_way)

    def __str__(self) -> str:
        return visible(f"{self.what} is not removed: {self.reason}. {self.remedy}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"
