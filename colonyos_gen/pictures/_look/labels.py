"""Texts that fit into boxes. How wide a text is depends on the reader's fonts, so it is estimated, on the safe side."""

from __future__ import annotations

import re
import unicodedata

_NARROW = frozenset("iljtfr.,:;'|!()[]{} -`I")
_BROAD = frozenset("mwMW@%—…→\N{MULTIPLICATION SIGN}")
# What XML does not allow, and what would break a line or turn its direction.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """`text` on one line, without characters that a picture cannot hold."""
    return _UNFIT.sub("\ufffd", re.sub(r"\s+", " ", text)).strip()


def width_of(text: str, size: float) -> float:
    """About how wide `text` is at a font size of `size`, in the same unit."""
    return size * sum(map(_em, text))


def shorten(text: str, size: float, room: float, *, tail: float = 0.4) -> str:
    """`text`, with an ellipsis in it if it is wider than `room`; `tail` is the part of it that is kept of the end."""
    if width_of(text, size) <= room:
        return text
    left = max(0.0, room / size - _em("…"))
    end = _fitting(text[::-1], left * tail)[::-1]
    start = _fitting(text, left - sum(map(_em, end)))
    return f"{start.rstrip()}…{end.lstrip()}"


def _fitting(text: str, room: float) -> str:
    for place, character in enumerate(text):
        room -= _em(character)
        if room < 0:
            return text[:place]
    return text


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.34
    if character in _BROAD:
        return 0.96
    if character.isascii():
        return 0.7 if character.isupper() else 0.58
    if unicodedata.combining(character):
        return 0
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.75
