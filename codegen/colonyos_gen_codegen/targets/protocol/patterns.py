"""Regular expressions for the texts of errors, in words that JavaScript, Rust, Go and Python share.

So there are no named groups and no lookaround; `[\\s\\S]` stands for any character, as flags and `.` differ.
"""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
ANYTHING = r"([\s\S]*)"


def pattern_of(text: str) -> tuple[str, list[str]]:
    """The anchored expression that a text of the schema stands for, and the names of its groups, in order."""
    pieces = _PLACEHOLDER.split(text)
    literal = [_SPECIAL.sub(r"\\\g<0>", piece) for piece in pieces[::2]]
    return "^" + ANYTHING.join(literal) + "$", pieces[1::2]
