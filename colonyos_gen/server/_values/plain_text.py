"""Rules for names and texts.

A colon in a name, or a NUL character in any plain text, is stored by the real server and breaks later calls, or is
refused by its database. Here both are refused before anything is stored.
"""

from __future__ import annotations

from collections.abc import Iterable

from colonyos_gen.server._caller.refusal import INVALID_NAME, INVALID_TEXT, Refusal

_NUL = "\0"


def require_name(field: str, name: str) -> None:
    """Refuse a name that the real server could not read back."""
    if ":" in name or _NUL in name:
        raise Refusal(INVALID_NAME, field=field, name=name.replace(_NUL, "\\0"))


def require_text(field: str, *texts: str) -> None:
    """Refuse texts that hold a NUL character."""
    if has_nul(texts):
        raise Refusal(INVALID_TEXT, field=field)


def has_nul(texts: Iterable[str]) -> bool:
    """Whether one of the texts holds a NUL character."""
    return any(_NUL in text for text in texts)
