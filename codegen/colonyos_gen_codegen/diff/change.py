"""What was found: one change, judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from colonyos_gen_codegen.diff.nodes import Acceptance, Node, Place
from colonyos_gen_codegen.diff.registry import CALLERS, WHO, WORKERS, Level, Rule, Verdict


@dataclass(frozen=True)
class Scope:
    """Where a thing counts: the messages that carry it, and which way. Without messages, it counts for everybody."""

    requests: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    callers: tuple[str, ...] = (CALLERS, WORKERS)
    """Who sends these messages: callers, workers or both."""
    sent: bool = True
    answered: bool = True

    @property
    def messages(self) -> list[str]:
        """Names of the messages, each once, in their order."""
        return list(dict.fromkeys([*self.requests, *self.replies]))

    def only(self, *, sent: bool = True, answered: bool = True) -> Scope:
        """The part of it that goes one way."""
        return Scope(
            self.requests if sent else (),
            self.replies if answered else (),
            self.callers,
            sent=self.sent and sent,
            answered=self.answered and answered,
        )


EVERYBODY = Scope()
"""The scope of what all messages have in common."""


@dataclass(frozen=True)
class Change:
    """One change: what it is, how far it goes, whom it breaks, where, and what to do about it."""

    rule: Rule
    level: Level
    breaks: tuple[str, ...]
    concerns: tuple[str, ...]
    """Who has to look, though nothing of theirs breaks."""
    subject: str
    text: str
    todo: str
    place: Place
    gone: bool
    """Whether the place is in the old schema, since the new one has nothing there."""
    messages: tuple[str, ...] = ()
    accepted: Acceptance | None = None

    @property
    def breaking(self) -> bool:
        return bool(self.breaks)

    @property
    def failing(self) -> bool:
        """Whether it breaks something, and nobody said that it may."""
        return self.breaking and self.accepted is None


@dataclass
class Judged:
    """Changes as they are found, each judged for where it counts."""

    changes: list[Change] = field(default_factory=list[Change])
    parents: dict[int, Node] = field(default_factory=dict[int, Node])
    """By id of a node of the new schema."""

    def add(
        self,
        rule: Rule,
        subject: str,
        text: str,
        *,
        scope: Scope,
        place: Place,
        beside: Node,
        gone: bool = False,
        note: str = "",
    ) -> None:
        """Judge a change; `beside` is the thing of the new schema where it would be accepted."""
        verdicts = _verdicts(rule, scope)
        level, breaks, concerns = _together(verdicts, scope)
        if rule.directed and len(verdicts) == 2:
            text += _ways(*verdicts)
        broken, concerned = _named(breaks), _named(concerns - breaks)
        accepted = self._acceptance(rule, subject, beside) if breaks else None
        todo = f"{rule.todo}{note}"
        messages = tuple(scope.messages)
        self.changes.append(
            Change(rule, level, broken, concerned, subject, text, todo, place, gone, messages, accepted)
        )

    def _acceptance(self, rule: Rule, subject: str, beside: Node) -> Acceptance | None:
        node: Node | None = beside
        while node is not None:
            for entry in node.accepted:
                if entry.rule == rule.name and entry.of in (None, subject):
                    entry.used = True
                    return entry
            node = self.parents.get(id(node))
        return None


def _verdicts(rule: Rule, scope: Scope) -> list[Verdict]:
    if not rule.directed:
        return [rule.request]
    found = [rule.request] if scope.sent else []
    return found + ([rule.reply] if scope.answered else []) or [rule.request]


def _together(verdicts: Sequence[Verdict], scope: Scope) -> tuple[Level, set[str], set[str]]:
    breaks = {who for verdict in verdicts for who in _people(verdict.breaks, scope)}
    concerns = {who for verdict in verdicts for who in _people(verdict.concerns, scope)}
    weighty = [verdict for verdict in verdicts if verdict.breaks] or verdicts
    return max(verdict.level for verdict in weighty), breaks, concerns


def _people(who: Sequence[str], scope: Scope) -> set[str]:
    return {each for name in who for each in (scope.callers if name == CALLERS else (name,))}


def _named(who: set[str]) -> tuple[str, ...]:
    return tuple(name for name in WHO if name in who)


def _ways(request: Verdict, reply: Verdict) -> str:
    if bool(request.breaks) == bool(reply.breaks):
        return ""
    return " (harmless in replies)" if request.breaks else " (harmless in requests)"
