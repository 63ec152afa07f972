"""What of the old schema is what of the new one: by name, or else by being alike."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from colonyos_gen_codegen.diff.nodes import Node

ALIKE = 0.65
"""From which likeness on something counts as renamed."""

Likeness = Callable[[Node, Node], float]
"""From 0, nothing in common, to 1, the same but for its name."""


@dataclass
class Matched:
    """Two lists of things of one kind, compared by name."""

    same: list[tuple[Node, Node]] = field(default_factory=list[tuple[Node, Node]])
    renamed: list[tuple[Node, Node]] = field(default_factory=list[tuple[Node, Node]])
    gone: list[Node] = field(default_factory=list[Node])
    added: list[Node] = field(default_factory=list[Node])

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """What is in both, renamed or not."""
        return [*self.same, *self.renamed]

    def names(self) -> dict[str, str]:
        """New names of what was renamed, by the old ones."""
        return {old.name: new.name for old, new in self.renamed}


def match(
    old: Iterable[Node],
    new: Iterable[Node],
    likeness: Likeness | None = None,
    names: Mapping[str, str] | None = None,
) -> Matched:
    """Pair by name (`names` has new ones by old ones), then what is left by likeness, the likest first."""
    news = {node.name: node for node in new}
    result = Matched()
    for node in old:
        found = news.pop((names or {}).get(node.name, node.name), None)
        if found is None:
            result.gone.append(node)
        else:
            result.same.append((node, found))
    result.added = list(news.values())
    if likeness is not None and result.gone and result.added:
        _rename(result, likeness)
    return result


@lru_cache(maxsize=4096)
def alike(one: str, other: str) -> float:
    """How much two texts have in common, from 0 to 1."""
    return 1.0 if one == other else difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def share(one: Iterable[object], other: Iterable[object]) -> float:
    """The part of two sets that both have; 0 for two empty ones, which tell nothing."""
    first, second = set(one), set(other)
    return len(first & second) / len(first | second) if first | second else 0.0


def named_alike(old: Node, new: Node) -> float:
    """The likeness of things that have little more than a name, facts and a description."""
    facts = share(*(((key, repr(value)) for key, value in node.facts.items()) for node in (old, new)))
    words = alike(old.words.get("description", ""), new.words.get("description", ""))
    if not old.facts and not new.facts:
        return 0.65 * words + 0.35 * alike(old.name, new.name)
    return 0.4 * facts + 0.35 * words + 0.25 * alike(old.name, new.name)


def _rename(result: Matched, likeness: Likeness) -> None:
    found = sorted(
        (
            (likeness(old, new), -i, -j)
            for i, old in enumerate(result.gone)
            for j, new in enumerate(result.added)
        ),
        reverse=True,
    )
    taken: set[int] = set()
    given: set[int] = set()
    for score, i, j in found:
        if score < ALIKE:
            break
        if -i not in taken and -j not in given:
            taken.add(-i)
            given.add(-j)
            result.renamed.append((result.gone[-i], result.added[-j]))
    result.gone = [node for i, node in enumerate(result.gone) if i not in taken]
    result.added = [node for j, node in enumerate(result.added) if j not in given]
