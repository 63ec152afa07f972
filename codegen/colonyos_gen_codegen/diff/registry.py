"""The list of rules: what a change is called, how far it goes, whom it breaks, and what to do about it.

A rule has a verdict for what is sent and one for what is answered, since they differ: a request that takes more harms no
caller, and a reply that may hold more does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

CALLERS, WORKERS, SERVERS = "callers", "workers", "servers"
WHO = (CALLERS, WORKERS, SERVERS)


class Level(IntEnum):
    """How far a change goes; the greater wins where several hold."""

    DOC = 0
    """Words for readers: counted only."""
    BEHAVIOUR = 1
    """The types stay, and mean something else."""
    SOURCE = 2
    """What is generated has other names or signatures: a program may no longer type-check."""
    WIRE = 3
    """What is sent or read changes."""


@dataclass(frozen=True)
class Verdict:
    """What a change does where it holds: who breaks, and who has to look though nothing of theirs breaks."""

    level: Level
    breaks: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One kind of change. `request` counts where the thing is sent by callers, `reply` where it is sent to them."""

    name: str
    summary: str
    todo: str
    request: Verdict
    reply: Verdict

    @property
    def directed(self) -> bool:
        """Whether requests and replies are judged differently."""
        return self.request != self.reply


RULES: dict[str, Rule] = {}
"""Every rule by its id; ids are stable, since acceptances name them."""


def breaks(level: Level, *who: str) -> Verdict:
    """The verdict that programs of these stop working."""
    return Verdict(level, breaks=who)


def safe(level: Level, *who: str) -> Verdict:
    """The verdict that nothing breaks, though these may want to do something."""
    return Verdict(level, concerns=who)


def rule(name: str, verdict: Verdict, summary: str, todo: str, *, reply: Verdict | None = None) -> Rule:
    """Register a rule; `verdict` holds for replies too, unless they have one of their own."""
    assert name not in RULES, f"two rules called {name}"
    made = Rule(name, summary, todo, verdict, verdict if reply is None else reply)
    RULES[name] = made
    return made
