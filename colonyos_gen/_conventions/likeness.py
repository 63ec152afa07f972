"""Names that are nearly others: what somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], likeness: float = 0.8) -> str | None:
    """The one of `known` that is taken for what was meant by `name`; None if none is.

    Case and odd characters do not count. A name of the same letters is always taken.

    Args:
        likeness: How alike two names must be, from 0 to 1, as `difflib` measures it.
    """
    written = _folded(name)
    folded = {_folded(each): each for each in known}
    same_letters = [each for each in folded if sorted(each) == sorted(written)]
    near = same_letters or difflib.get_close_matches(written, folded, 1, likeness)
    return folded[near[0]] if near else None


def _folded(name: str) -> str:
    return "".join(each for each in name if each.isalnum()).lower()
