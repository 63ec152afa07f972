"""The way of each line: out of one box at the bottom, through the gaps of the rows between, into the other at the top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from colonyos_gen.pictures._layout.diagram import Line
from colonyos_gen.pictures._layout.placement import GAP, Place, Placement

Point = tuple[float, float]

_ARROW = 7.0
"""Length of the head of an arrow."""
_LANES = (0.0, -4.0, 4.0, -8.0, 8.0)
"""Where lines of different boxes run in a gap, so that they are not one over the other."""
_LOOP = 18.0


@dataclass(frozen=True)
class Route:
    """The way of a line.

    `stops` alternate between the ends of straight pieces, which go down, and of curves, which are inside of the space between
    two rows: straight from the first to the second, in a curve to the third, straight to the fourth, and so on.
    """

    line: Line
    stops: Sequence[Point]
    head: Sequence[Point]
    """Corners of the head of the arrow, the tip first."""
    backward: bool = False
    """Whether it leads up again, as in a cycle."""


class Router:
    """Finds ways through a placement, and remembers what runs where."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._rows: list[list[Place]] = [[] for _ in placement.rows]
        for place in placement.places.values():
            self._rows[place.row].append(place)
        for row in self._rows:
            row.sort(key=lambda place: place.left)
        # For each row, what runs through it where.
        self._taken: list[dict[float, str]] = [{} for _ in placement.rows]

    def route(self, line: Line) -> Route:
        """The way of `line`."""
        source, target = self._placement.places[line.source], self._placement.places[line.target]
        if source.row == target.row:
            return self._loop(line, source, target)
        backward = source.row > target.row
        start, end = (target, source) if backward else (source, target)
        begin = start.bottom + (_ARROW if backward else 0)
        stops: list[Point] = [(start.middle, begin), (start.middle, max(begin, self._bottom(start.row)))]
        between = range(start.row + 1, end.row)
        straight = next((x for x in (start.middle, end.middle) if self._free(x, between)), None)
        for row in between:
            at = stops[-1][0] if straight is None else straight
            x = self._gap(row, at, end.middle, line.source)
            stops += [(x, self._placement.rows[row][0]), (x, self._bottom(row))]
        finish = end.top - (0 if backward else _ARROW)
        stops += [(end.middle, min(finish, self._placement.rows[end.row][0])), (end.middle, finish)]
        if backward:
            return Route(line, stops, _head(start.middle, start.bottom, down=False), backward)
        return Route(line, stops, _head(end.middle, end.top, down=True))

    def _free(self, x: float, rows: Iterable[int]) -> bool:
        """Whether a line at `x` would meet no box."""
        margin = GAP / 2
        return not any(
            place.left - margin < x < place.right + margin for row in rows for place in self._rows[row]
        )

    def _bottom(self, row: int) -> float:
        return self._placement.rows[row][1]

    def _gap(self, row: int, wanted: float, aim: float, source: str) -> float:
        """Where a line of `source` that comes from `wanted`, and is to end at `aim`, goes through `row`."""
        boxes = self._rows[row]
        margin = GAP / 2
        free = [(-float("inf"), boxes[0].left - margin)]
        free += [(left.right + margin, right.left - margin) for left, right in pairwise(boxes)]
        free += [(boxes[-1].right + margin, float("inf"))]
        nearest = [min(max(wanted, start), end) for start, end in free]
        x = min(nearest, key=lambda each: abs(each - wanted) + abs(each - aim) / 2)
        taken = self._taken[row]
        lanes = [x + lane for lane in _LANES]
        chosen = next(
            (
                lane
                for lane in lanes
                if all(abs(lane - other) >= 3 for other in taken if taken[other] != source)
            ),
            x,
        )
        taken[chosen] = source
        return chosen

    def _loop(self, line: Line, source: Place, target: Place) -> Route:
        """From a box to itself: only a server may have that, since it takes cycles. Out on the right, and back."""
        x, out = source.right, source.right + _LOOP
        y, back = source.top + source.height * 0.3, target.top + target.height * 0.7
        head = [(x, back), (x + _ARROW, back - 3.5), (x + _ARROW, back + 3.5)]
        return Route(line, [(x, y), (out, y), (out, back), (x + _ARROW, back)], head, backward=True)


def _head(x: float, tip: float, *, down: bool) -> list[Point]:
    back = tip - _ARROW if down else tip + _ARROW
    return [(x, tip), (x - 3.5, back), (x + 3.5, back)]
