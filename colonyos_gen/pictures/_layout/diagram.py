"""What a picture of a workflow shows: boxes and the lines between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING
from colonyos_gen_wire.types.common import ProcessState


@dataclass(frozen=True, kw_only=True)
class Box:
    """A task, or several that are alike."""

    title: str
    """Name of the task."""
    subtitle: str = ""
    """What else is worth knowing at first sight."""
    details: tuple[str, ...] = ()
    """Lines of the tooltip."""
    state: ProcessState | None = None
    """State of its process; None if there is none, or several."""
    kind: tuple[object, ...] = ()
    """Boxes of the same kind may become one."""
    counts: Mapping[ProcessState, int] = field(default_factory=dict[ProcessState, int])
    """For several tasks: how many there are of each state; empty before the workflow has been submitted."""
    size: int = 1
    """How many tasks it stands for."""

    @property
    def leading(self) -> ProcessState | None:
        """The state that it has the colours of: for several tasks, the one that matters most."""
        if not self.counts:
            return self.state
        for state in (FAILED, CANCELLED, RUNNING):
            if self.counts.get(state):
                return state
        # Those of which some have ended are on their way, also while none of them runs.
        return next(iter(self.counts)) if len(self.counts) == 1 else RUNNING


@dataclass(frozen=True)
class Line:
    """An arrow from a task to one that waits for it."""

    source: str
    target: str
    active: bool = False
    """Whether the source is running."""


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """Boxes by key, and lines between keys. No two lines have the same ends."""

    title: str
    boxes: Mapping[str, Box]
    lines: tuple[Line, ...]
    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """Where the server would draw the boxes; empty if it has not said."""

    @property
    def size(self) -> int:
        """How many tasks there are."""
        return sum(box.size for box in self.boxes.values())

    @property
    def counts(self) -> dict[ProcessState, int]:
        """How many tasks there are of each state, in the order of the states."""
        counted: Counter[ProcessState] = Counter()
        for box in self.boxes.values():
            if box.state is not None:
                counted[box.state] += 1
            counted.update(box.counts)
        return {state: counted[state] for state in sorted(counted)}

    def parents(self) -> dict[str, list[str]]:
        """Keys of the sources of the lines to each box."""
        return neighbours(self.boxes, ((line.target, line.source) for line in self.lines))

    def children(self) -> dict[str, list[str]]:
        """Keys of the targets of the lines from each box."""
        return neighbours(self.boxes, ((line.source, line.target) for line in self.lines))


def neighbours(keys: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The second of those `pairs` that have it as their first, for each of `keys`."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    for one, other in pairs:
        found[one].append(other)
    return found
