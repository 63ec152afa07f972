"""What was asked for, and what became of it."""

from __future__ import annotations

import collections
import os
from pathlib import Path

_SHOWN = 5


class Ledger:
    """Tokens that were sent, each to one run of one function, and how often it has run.

    The lines that functions leave are in a folder; see `functions.Records`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._must: set[str] = set()
        self._may: set[str] = set()
        self._prefix = os.urandom(3).hex()
        self.wrong: list[str] = []
        """What was not as it should be, in words."""
        self._elsewhere = 0

    @property
    def made(self) -> int:
        """How many tokens there are."""
        return self._made

    def token(self, *, must_run: bool = True) -> str:
        """A new token, which is to run once, or which may run once if what it belongs to is cancelled or fails."""
        self._made += 1
        made = f"{self._prefix}-{self._made}"
        (self._must if must_run else self._may).add(made)
        return made

    def require(self, holds: bool, text: str) -> None:
        """Note what was not as it should be."""
        if not holds:
            self.wrong.append(text)

    def ran(self, *tokens: str) -> list[int]:
        """How often each of these has run so far."""
        counts = self._read()[1]
        return [counts[token] for token in tokens]

    def runs(self) -> int:
        """How often any function has run so far, here and in colonies that were made for this one's sake."""
        return sum(self._read()[0].values()) + self._elsewhere

    def add(self, other: Ledger) -> None:
        """Count what ran in a colony that was made for this one's sake."""
        self._elsewhere += other.runs()

    def check(self) -> list[str]:
        """Everything that is not as it should be, once all has ended."""
        processes, tokens = self._read()
        found = list(self.wrong)
        found += _named(
            "processes ran more than once", [each for each, times in processes.items() if times > 1]
        )
        found += _named("functions never ran", sorted(self._must - tokens.keys()))
        known = self._must | self._may
        twice = [each for each, times in tokens.items() if times > 1 and each in known]
        found += _named("functions ran more than once", twice)
        return found

    def _read(self) -> tuple[collections.Counter[str], collections.Counter[str]]:
        processes: collections.Counter[str] = collections.Counter()
        tokens: collections.Counter[str] = collections.Counter()
        for file in self._folder.glob("ran-*.txt"):
            for line in file.read_text(encoding="utf-8").splitlines():
                processid, *names = line.split()
                processes[processid] += 1
                tokens.update(names)
        return processes, tokens


def _named(what: str, which: list[str]) -> list[str]:
    if not which:
        return []
    more = ", …" if len(which) > _SHOWN else ""
    return [f"{len(which)} {what}: {', '.join(which[:_SHOWN])}{more}"]
