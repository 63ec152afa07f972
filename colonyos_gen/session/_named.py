"""Things of a colony that are looked for by name in a list of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from colonyos_gen_wire.constants import LARGEST_INT32

ALL = LARGEST_INT32
"""A count that lists everything, where the server has no limit."""


class Named(Protocol):
    """What has a name."""

    name: str


NamedT = TypeVar("NamedT", bound=Named)


def named(found: Sequence[NamedT], name: str, complaint: str) -> NamedT:
    """The one of that name. Raises LookupError, which begins with `complaint` and says which there are."""
    for each in found:
        if each.name == name:
            return each
    known = ", ".join(repr(each.name) for each in found) or "none"
    raise LookupError(f"{complaint} {name!r}; it has: {known}")
