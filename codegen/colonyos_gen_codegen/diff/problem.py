"""What is wrong with an argument."""

from __future__ import annotations


class SourceError(Exception):
    """An argument means no schema that can be read."""

    def __init__(self, which: str, argument: str, problem: str, remedy: str) -> None:
        super().__init__(f"{which} {argument!r}: {problem}; {remedy}")


class NoRelease(Exception):
    """There is no release yet to compare with."""
