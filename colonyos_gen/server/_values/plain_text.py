"""Rules for names and texts.

A colon in a name is stored by the real server and breaks later calls. Here it is refused before anything is stored. For
NUL characters, which its database refuses, see `colonyos_gen.server._caller.nul`.
"""

from __future__ import annotations

from typing import cast

from colonyos_gen.server._caller.refusal import INVALID_NAME, Refusal

_NUL = "\0"


def require_name(field: str, name: str) -> None:
    """Refuse a name that the real server could not read back."""
    if ":" in name:
        raise Refusal(INVALID_NAME, field=field, name=name)


def json_has_nul(value: object) -> bool:
    """Whether a text or a key somewhere in a JSON value holds a NUL character."""
    todo = [value]
    for each in todo:  # which grows
        if isinstance(each, dict):
            todo += cast("dict[str, object]", each).keys()
            todo += cast("dict[str, object]", each).values()
        elif isinstance(each, list):
            todo += cast("list[object]", each)
        elif isinstance(each, str) and _NUL in each:
            return True
    return False
