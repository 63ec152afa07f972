"""Where boxes stand: in rows, at the middle of their neighbours, none over another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil, sqrt

from colonyos_gen.pictures._layout.diagram import Box, Diagram, neighbours
from colonyos_gen.pictures._layout.folding import WIDE
from colonyos_gen.pictures._layout.layers import crossings, forward, layered, untangled
from colonyos_gen.pictures._look.labels import width_of

BOX_HEIGHT = 46.0
COUNTS_HEIGHT = 66.0
GAP = 28.0
"""Space between the boxes of a row."""
STACK = 6.0
"""How far the cards behind that of a group look out, at the top and on the right."""
TITLE_SIZE = 13.0
SUBTITLE_SIZE = 11.0
PADDING = 40.0
"""Room that a box needs beside its texts: for the sign of the state on the left, and a margin."""
BOLD = 1.12
"""How much wider bold text is."""
CHIP = 24.0
"""Room that the count of a state needs beside its digits."""

_NARROWEST, _BROADEST = 116.0, 200.0
_CHANNEL, _DEEPEST_CHANNEL = 44.0, 96.0
_INNER_CHANNEL = 30.0
_SWEEPS, _SETTLING = 2, 40
_CHAIN = 20.0
"""What a line weighs that is the only one of both its ends."""
_LOOSE = 1e-6
"""What a box without neighbours weighs against those that have some."""
_MANY = 300
"""Boxes above which less is done to straighten lines."""
_LONGEST_ROW = 16


@dataclass(frozen=True)
class Place:
    """The rectangle of a box, and the row that it is in."""

    left: float
    top: float
    width: float
    height: float
    row: int

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Where lines begin and end."""
        return self.left + self.width / 2


@dataclass(frozen=True)
class Placement:
    """Places of all boxes, and top and bottom of each row."""

    places: Mapping[str, Place]
    rows: Sequence[tuple[float, float]]


def placed(diagram: Diagram) -> Placement:
    """Where the boxes of `diagram` stand: as on the server if that can be read, else in layers."""
    pairs = forward(diagram.boxes, [(line.source, line.target) for line in diagram.lines])
    own = untangled(layered(diagram.boxes, pairs), pairs)
    width = _width(diagram.boxes.values())
    theirs = _as_on_the_server(diagram, own, pairs, width + GAP)
    if theirs is not None:
        return _stacked(diagram, theirs, [False] * len(theirs), width)
    rows, inner = _wrapped(own)
    return _stacked(diagram, _spread(rows, inner, pairs, width + GAP), inner, width)


Row = Mapping[str, float]
"""Where the middles of the boxes of a row are, from left to right."""


def _width(boxes: Iterable[Box]) -> float:
    widest = max(map(_room, boxes), default=0.0)
    return round(min(_BROADEST, max(_NARROWEST, widest + PADDING)))


def _room(box: Box) -> float:
    counts = sum(CHIP + width_of(str(count), SUBTITLE_SIZE) for count in box.counts.values())
    return max(width_of(box.title, TITLE_SIZE) * BOLD, width_of(box.subtitle, SUBTITLE_SIZE), counts)


def _height(box: Box) -> float:
    return (COUNTS_HEIGHT if box.counts else BOX_HEIGHT) + (STACK if box.size > 1 else 0)


def _as_on_the_server(
    diagram: Diagram, own: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]], pitch: float
) -> list[Row] | None:
    """Rows with the server's positions; None if there are none, or lines would run through boxes or cross needlessly."""
    if not diagram.boxes or not all(key in diagram.positions for key in diagram.boxes):
        return None
    levels: dict[float, dict[str, float]] = {}
    for key in sorted(diagram.boxes, key=diagram.positions.__getitem__):
        x, y = diagram.positions[key]
        levels.setdefault(y, {})[key] = x
    rows = [levels[y] for y in sorted(levels)]
    depth = {key: number for number, row in enumerate(rows) for key in row}
    if any(depth[line.target] - depth[line.source] != 1 for line in diagram.lines):
        return None
    if max(map(len, rows)) > WIDE or crossings([list(row) for row in rows], pairs) > crossings(own, pairs):
        return None
    steps = [after - before for row in rows for before, after in pairwise(row.values())]
    closest = min(steps, default=pitch)
    if closest <= 0:
        return None
    return [{key: x * pitch / closest for key, x in row.items()} for row in rows]


def _wrapped(layers: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[bool]]:
    """Layers cut into rows that are not too long, and for each row whether the one before is of the same layer."""
    rows: list[list[str]] = []
    inner: list[bool] = []
    for layer in layers:
        length = max(WIDE, min(_LONGEST_ROW, ceil(sqrt(len(layer)))))
        for start in range(0, len(layer), length):
            rows.append(list(layer[start : start + length]))
            inner.append(start > 0)
    return rows, inner


def _spread(
    rows: Sequence[Sequence[str]], inner: Sequence[bool], pairs: Sequence[tuple[str, str]], pitch: float
) -> list[Row]:
    """Horizontal places: those of cut layers in columns, all others near the middle of their neighbours."""
    keys = [key for row in rows for key in row]
    above = neighbours(keys, ((child, parent) for parent, child in pairs))
    below = neighbours(keys, pairs)
    fixed = [cut or (number + 1 < len(rows) and inner[number + 1]) for number, cut in enumerate(inner)]
    depth = {key: level for row, level in zip(rows, _levels(inner), strict=True) for key in row}
    # Short lines pull more than long ones, and those of a chain more than those of a fan, so that chains are straight.
    pull: dict[frozenset[str], float] = {}
    for parent, child in pairs:
        ends = max(len(below[parent]), len(above[child]))
        pull[frozenset((parent, child))] = (
            _CHAIN if ends == 1 else 1 / ((depth[child] - depth[parent]) ** 2 * ends)
        )
    x: dict[str, float] = {}
    length = 0
    for row, cut in zip(rows, inner, strict=True):
        # The rows of a cut layer start at the same place, so that the gaps between their boxes are in one line.
        length = length if cut else len(row)
        x |= {key: (number - (length - 1) / 2) * pitch for number, key in enumerate(row)}
    settling = _SETTLING if len(keys) <= _MANY else _SETTLING // 10
    for sweep in range(_SWEEPS + settling):
        down = sweep % 2 == 0
        for row, stays in zip(*((rows, fixed) if down else (rows[::-1], fixed[::-1])), strict=True):
            if stays:
                continue
            sides = (above, below) if sweep >= _SWEEPS else (above,) if down else (below,)
            wanted: list[tuple[float, float]] = []
            for key in row:
                weights = {each: pull[frozenset((key, each))] for side in sides for each in side[key]}
                wanted.append(_amid(x, weights) if weights else (x[key], _LOOSE))
            x |= zip(row, _apart(wanted, pitch), strict=True)
    return [{key: x[key] for key in row} for row in rows]


def _levels(inner: Sequence[bool]) -> list[int]:
    """The number of each row's layer."""
    return list(accumulate(int(not cut) for cut in inner))


def _amid(x: Mapping[str, float], weights: Mapping[str, float]) -> tuple[float, float]:
    """The mean of `x`, each with its weight, and the sum of the weights."""
    whole = sum(weights.values())
    return sum(x[key] * weight for key, weight in weights.items()) / whole, whole


def _apart(wanted: Sequence[tuple[float, float]], pitch: float) -> list[float]:
    """The places nearest to those `wanted`, each with its weight, that keep the order and are at least `pitch` apart.

    Nearest by the sum of the weighted squares, so that the sweeps come to an end.
    """
    # Blocks of boxes that touch each other: where they would begin, with what weight, and how many they are.
    blocks: list[tuple[float, float, int]] = []
    for number, (place, weight) in enumerate(wanted):
        start, count = place - number * pitch, 1
        while blocks and blocks[-1][0] >= start:
            before, heavy, many = blocks.pop()
            start = (start * weight + before * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + many
        blocks.append((start, weight, count))
    starts = [start for start, _, count in blocks for _ in range(count)]
    return [start + number * pitch for number, start in enumerate(starts)]


def _stacked(diagram: Diagram, rows: Sequence[Row], inner: Sequence[bool], width: float) -> Placement:
    """The rows under each other, with room between them for their lines."""
    x = {key: middle for row in rows for key, middle in row.items()}
    slopes = [0.0] * len(rows)
    row_of = {key: number for number, row in enumerate(rows) for key in row}
    for line in diagram.lines:
        first, last = sorted((row_of[line.source], row_of[line.target]))
        for number in range(first, last):
            part = abs(x[line.source] - x[line.target]) / (last - first)
            slopes[number] = max(slopes[number], part)
    places: dict[str, Place] = {}
    spans: list[tuple[float, float]] = []
    top = 0.0
    for number, row in enumerate(rows):
        if number:
            channel = min(_DEEPEST_CHANNEL, _CHANNEL + 0.05 * slopes[number - 1])
            top = spans[-1][1] + (_INNER_CHANNEL if inner[number] else channel)
        heights = {key: _height(diagram.boxes[key]) for key in row}
        height = max(heights.values())
        spans.append((top, top + height))
        for key, middle in row.items():
            places[key] = Place(
                middle - width / 2, top + (height - heights[key]) / 2, width, heights[key], number
            )
    return Placement(places, spans)
