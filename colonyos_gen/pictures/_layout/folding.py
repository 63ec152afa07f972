"""One box for many that are alike, so that a workflow of 500 tasks fits on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from colonyos_gen.pictures._layout.diagram import Box, Diagram, Line
from colonyos_gen.pictures._layout.layers import forward, layered
from colonyos_gen.pictures._look.palette import state_name

WIDE = 8
"""Boxes that may stand next to each other."""
_FEW = 3
"""Boxes that are left apart, though alike."""
_NAMED = 20
"""Names of tasks that a tooltip lists."""


def folded(diagram: Diagram) -> Diagram:
    """`diagram` with one box in the place of those of a wide layer that are of a kind and have such neighbours."""
    pairs = [(line.source, line.target) for line in diagram.lines]
    layers = layered(diagram.boxes, forward(diagram.boxes, pairs))
    if max(map(len, layers), default=0) <= WIDE:
        return diagram
    classes = _classes(diagram, layers)
    wide = {key for layer in layers if len(layer) > WIDE for key in layer}
    members: dict[object, list[str]] = {}
    for key in diagram.boxes:
        members.setdefault(classes[key] if key in wide else key, []).append(key)
    owner: dict[str, str] = {}
    boxes: dict[str, Box] = {}
    for keys in members.values():
        together = len(keys) > _FEW
        boxes |= {keys[0]: _joined([diagram.boxes[key] for key in keys])} if together else {
            key: diagram.boxes[key] for key in keys
        }  # fmt: skip
        owner |= {key: keys[0] if together else key for key in keys}
    lines: dict[tuple[str, str], Line] = {}
    for line in diagram.lines:
        ends = owner[line.source], owner[line.target]
        lines[ends] = Line(*ends, active=line.active or (ends in lines and lines[ends].active))
    if len(boxes) == len(diagram.boxes):
        return diagram
    return Diagram(title=diagram.title, boxes=boxes, lines=tuple(lines.values()))


def _classes(diagram: Diagram, layers: Sequence[Sequence[str]]) -> Mapping[str, int]:
    """A number for each box, the same for those of a kind and a layer whose neighbours have the same numbers."""
    parents, children = diagram.parents(), diagram.children()
    classes = _numbered(
        {key: (depth, diagram.boxes[key].kind) for depth, layer in enumerate(layers) for key in layer}
    )
    while True:
        finer = _numbered(
            {
                key: (
                    number,
                    frozenset(classes[each] for each in parents[key]),
                    frozenset(classes[each] for each in children[key]),
                )
                for key, number in classes.items()
            }
        )
        if len(set(finer.values())) == len(set(classes.values())):
            return classes
        classes = finer


def _numbered(signs: Mapping[str, object]) -> dict[str, int]:
    numbers: dict[object, int] = {}
    return {key: numbers.setdefault(sign, len(numbers)) for key, sign in signs.items()}


def _joined(boxes: Sequence[Box]) -> Box:
    counts: Counter[object] = Counter()
    states = {box.state for box in boxes if box.state is not None}
    counts.update(box.state for box in boxes)
    ordered = {state: counts[state] for state in sorted(states)}
    title = str(boxes[0].kind[0]) if boxes[0].kind else boxes[0].title
    alike = {box.subtitle for box in boxes}
    names = [box.title for box in boxes[:_NAMED]]
    return Box(
        title=f"{title} \N{MULTIPLICATION SIGN} {len(boxes)}",
        subtitle=alike.pop() if not ordered and len(alike) == 1 else "",
        details=(
            f"{title}: {len(boxes)} tasks",
            *(f"{count} {state_name(state)}" for state, count in ordered.items()),
            ", ".join(names) + (", …" if len(boxes) > _NAMED else ""),
        ),
        kind=boxes[0].kind,
        counts=ordered,
        size=len(boxes),
    )
