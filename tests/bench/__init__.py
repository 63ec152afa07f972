"""Figures: two ways to do the same, measured in turns, and the statistic of all their ratios. `python -m tests.bench`."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import NamedTuple


class Beside(NamedTuple):
    """What ours takes, and the other way, in seconds."""

    ours: float
    """The median of all rounds."""
    theirs: float
    """The same."""
    ratio: float
    """The median of the ratios of all rounds: what else the machine does meanwhile meets both sides of a round."""

    def row(self, name: str, aim: float) -> str:
        """A line of the table."""
        verdict = "" if self.ratio <= aim else "  over"
        return f"{name:44} {self.ours * 1e6:8.1f}µs {self.theirs * 1e6:8.1f}µs {self.ratio:7.2f} {aim:6.2f}{verdict}"


def heading(name: str, other: str) -> str:
    """The line above."""
    return f"\n{name:44} {'ours':>10} {other:>10} {'ratio':>7} {'aim':>6}"


def beside(rounds: Iterable[tuple[float, float]]) -> Beside:
    """What many short rounds come to, each of which has measured both ways; the first one only warms up."""
    pairs = list(rounds)[1:]
    return Beside(
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        statistics.median(ours / theirs for ours, theirs in pairs),
    )
