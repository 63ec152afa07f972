"""Compares two schemas."""

from __future__ import annotations

from dataclasses import dataclass

from colonyos_gen_codegen.diff.change import Change
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import Matched, match
from colonyos_gen_codegen.diff.nodes import Acceptance, Side
from colonyos_gen_codegen.diff.registry import Level
from colonyos_gen_codegen.diff.rules import errors, hazards, lifetimes, manifest, messages, structs


@dataclass(frozen=True)
class Report:
    """Two schemas, and every change from one to the other."""

    old: Side
    new: Side
    changes: tuple[Change, ...]
    """Those that people want to see, the worst first."""
    words: tuple[Change, ...]
    """Those of words and examples."""
    idle: tuple[Acceptance, ...]
    """Acceptances of the new schema that no change needs."""

    @property
    def failing(self) -> list[Change]:
        """The changes that break something without being accepted."""
        return [change for change in self.changes if change.failing]

    @property
    def breaking(self) -> list[Change]:
        """The changes that break something, accepted or not."""
        return [change for change in self.changes if change.breaking]

    @property
    def clean(self) -> bool:
        """Whether nothing stands in the way of a release."""
        return not self.failing and not self.idle


def compare(old: Side, new: Side) -> Report:
    """Every change from `old` to `new`."""
    c = Comparison(old, new)
    manifest.settle_names(c)
    kinds = [kind for kind in ("struct", "enum", "scalar") if c.knows(kind)]
    types = match(
        [node for node in old.types().values() if node.kind in kinds],
        [node for node in new.types().values() if node.kind in kinds],
        structs.likeness,
    )
    c.settle(
        types, match(old.messages(), new.messages(), messages.likeness) if c.knows("message") else Matched()
    )
    manifest.compare_manifest(c)
    errors.compare_common_errors(c)
    hazards.compare_hazards(c)
    structs.compare_types(c)
    messages.compare_messages(c)
    lifetimes.compare_examples(c)
    changes = [change for change in c.judged.changes if change.level is not Level.DOC]
    words = [change for change in c.judged.changes if change.level is Level.DOC]
    accepted = [entry for node in new.root.walk() for entry in node.accepted]
    return Report(
        old,
        new,
        tuple(sorted(changes, key=_order)),
        tuple(sorted(words, key=_order)),
        tuple(entry for entry in accepted if not entry.used),
    )


def _order(change: Change) -> tuple[object, ...]:
    return (not change.breaking, -change.level, change.place, change.rule.name, change.subject, change.text)
