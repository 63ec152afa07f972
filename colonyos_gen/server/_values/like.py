"""Patterns as SQL's LIKE has them, which the real server hands the texts of some requests to.

`%` stands for any characters and `_` for one. A backslash takes the meaning of the character after it away. One regular
expression for a whole pattern would be shorter, but a request with many `%` could keep it busy for hours.
"""

from __future__ import annotations

import re


class Like:
    """A pattern that can be looked for in many texts."""

    def __init__(self, pattern: str) -> None:
        head, *tail = _pieces(pattern)
        self._head = head
        self._tail = [piece for piece in tail if piece.pattern]

    def begins(self, text: str) -> bool:
        """Whether `text` begins with the pattern, as in `LIKE 'pattern%'`."""
        found = self._head.match(text)
        return found is not None and self._follow(text, found.end())

    def within(self, text: str) -> bool:
        """Whether the pattern is somewhere in `text`, as in `LIKE '%pattern%'`."""
        found = self._head.search(text)
        return found is not None and self._follow(text, found.end())

    def _follow(self, text: str, start: int) -> bool:
        """Whether the rest of the pieces follow each other from `start` on, with anything between them."""
        for piece in self._tail:
            found = piece.search(text, start)
            if found is None:
                return False
            start = found.end()
        return True


def _pieces(pattern: str) -> list[re.Pattern[str]]:
    """What stands before, between and after the `%`."""
    pieces = [""]
    characters = iter(pattern)
    for character in characters:
        match character:
            case "%":
                pieces.append("")
            case "_":
                pieces[-1] += "."
            case "\\":
                pieces[-1] += re.escape(next(characters, "\\"))
            case _:
                pieces[-1] += re.escape(character)
    return [re.compile(piece, re.DOTALL) for piece in pieces]
