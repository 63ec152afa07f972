"""How a run went: which messages, how often, and with what result."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from .difference import Difference
from .excuses import Excuse, excuse_of


@dataclass
class Tally:
    """The exchanges of a run, counted."""

    excuses: tuple[Excuse, ...]
    same: Counter[str] = field(default_factory=Counter[str])
    succeeded: Counter[str] = field(default_factory=Counter[str])
    excused: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))
    different: Counter[str] = field(default_factory=Counter[str])
    hazards: Counter[str] = field(default_factory=Counter[str])
    found: list[str] = field(default_factory=list[str])
    """What was different, in words."""

    def count(self, msgtype: str, differences: list[Difference], *, refused: bool, about: str) -> bool:
        """Count an exchange, and tell whether it was different without an excuse."""
        if not refused:
            self.succeeded[msgtype] += 1
        named = [(each, excuse_of(each, self.excuses)) for each in differences]
        open_ = [each for each, excuse in named if excuse is None]
        if open_:
            self.different[msgtype] += 1
            self.found.append(f"{about}\n    " + "\n    ".join(map(str, open_[:6])))
            return True
        reasons = {excuse.name for _, excuse in named if excuse is not None}
        for name in reasons:
            self.excused[msgtype][name] += 1
        if not reasons:
            self.same[msgtype] += 1
        return False

    @property
    def exchanges(self) -> int:
        """How many requests were sent to both servers."""
        return sum(self.same.values()) + sum(self.different.values()) + sum(self._excused_of.values())

    @property
    def unneeded(self) -> list[str]:
        """Excuses that never applied."""
        needed = {name for each in self.excused.values() for name in each}
        return [each.name for each in self.excuses if each.name not in needed]

    @property
    def _excused_of(self) -> Counter[str]:
        """Exchanges with an excuse, by message; one with several counts for the first."""
        return Counter({msgtype: max(each.values()) for msgtype, each in self.excused.items()})

    def __str__(self) -> str:
        names = sorted({*self.same, *self.different, *self.excused, *self.hazards})
        excused = self._excused_of
        lines = [
            f"{'message':32}{'exchanges':>10}{'carried out':>12}{'same':>7}{'different':>10}{'not sent':>9}  excused"
        ]
        for name in names:
            total = self.same[name] + self.different[name] + excused[name]
            reasons_of = self.excused[name] if name in self.excused else Counter[str]()
            reasons = ", ".join(f"{reason} {count}" for reason, count in reasons_of.items())
            lines.append(
                f"{name:32}{total:>10}{self.succeeded[name]:>12}{self.same[name]:>7}{self.different[name]:>10}"
                f"{self.hazards[name]:>9}  {reasons}"
            )
        lines.append(
            f"{'all':32}{self.exchanges:>10}{sum(self.succeeded.values()):>12}{sum(self.same.values()):>7}"
            f"{sum(self.different.values()):>10}{sum(self.hazards.values()):>9}  {sum(excused.values())}"
        )
        lines += [f"excuse {each.name!r}: {each.reason}" for each in self.excuses]
        if self.unneeded:
            lines.append(f"excuses that were not needed in this run: {', '.join(self.unneeded)}")
        return "\n".join(lines)
