"""An SVG picture, read back: where its boxes are, and what its lines do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_BAND = 50.0
_STEPS = 24
"""Points at which a curve is looked at."""


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Area) -> bool:
        return (
            self.left < other.right and other.left < self.right
            and self.top < other.bottom and other.top < self.bottom
        )  # fmt: skip

    def holds(self, x: float, y: float, slack: float = 0.0) -> bool:
        return self.left - slack <= x <= self.right + slack and self.top - slack <= y <= self.bottom + slack


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    points: Sequence[tuple[float, float]]
    tip: tuple[float, float]


class Drawing:
    """What is in a picture. Reading it fails if it is not well-formed, or needs anything from outside."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        assert self.root.tag == f"{_NAMESPACE}svg"
        for word in ("href", "url(", "<style", "<script", " id=", " class="):
            assert word not in svg
        left, top, width, height = map(float, self.root.attrib["viewBox"].split())
        self.view = Area(left, top, left + width, top + height)
        assert (float(self.root.attrib["width"]), float(self.root.attrib["height"])) == (width, height)
        self.boxes: dict[str, Area] = {}
        self.texts: dict[str, list[str]] = {}
        self.tooltips: dict[str, str] = {}
        for group in self.root.iter(f"{_NAMESPACE}g"):
            key = group.get("data-node")
            if key is not None:
                assert key not in self.boxes
                self.boxes[key] = _area(group)
                self.texts[key] = [text.text or "" for text in group.iter(f"{_NAMESPACE}text")]
                self.tooltips[key] = next(group.iter(f"{_NAMESPACE}title")).text or ""
        self.arrows = [
            _arrow(group)
            for group in self.root.iter(f"{_NAMESPACE}g")
            if group.get("data-source") is not None
        ]
        # Boxes by the horizontal bands that they reach into.
        self._by_height: dict[int, list[Area]] = {}
        for box in self.boxes.values():
            for band in range(int(box.top // _BAND), int(box.bottom // _BAND) + 1):
                self._by_height.setdefault(band, []).append(box)
        self.words = next(self.root.iter(f"{_NAMESPACE}title")).text or ""

    @property
    def lines(self) -> set[tuple[str, str]]:
        found = {(arrow.source, arrow.target) for arrow in self.arrows}
        assert len(found) == len(self.arrows)
        return found

    def check(self) -> None:
        """No box is over another, all are inside, and lines lead from box to box and through none."""
        for one, other in combinations(self.boxes.values(), 2):
            assert not one.overlaps(other)
        for box in self.boxes.values():
            assert self.view.holds(box.left, box.top)
            assert self.view.holds(box.right, box.bottom)
        for arrow in self.arrows:
            self._check_arrow(arrow)

    def _check_arrow(self, arrow: Arrow) -> None:
        source, target = self.boxes[arrow.source], self.boxes[arrow.target]
        ends = (arrow.points[0], arrow.points[-1])
        assert any(source.holds(*end, 0.2) for end in (*ends, arrow.tip))
        assert target.holds(*arrow.tip, 0.2)
        for x, y in (*arrow.points, arrow.tip):
            assert self.view.holds(x, y, 0.2)
        for x, y in arrow.points:
            near = self._by_height.get(int(y // _BAND), ())
            assert not any(area.holds(x, y, -0.5) for area in near), (arrow.source, arrow.target, x, y)


def _area(group: ElementTree.Element) -> Area:
    # The bar of counts is inside of a card, so that it does not matter.
    parts = [
        [float(rect.attrib[name]) for name in ("x", "y", "width", "height")]
        for rect in group.findall(f"{_NAMESPACE}rect")
    ]
    return Area(
        min(x for x, *_ in parts), min(y for _, y, *_ in parts),
        max(x + width for x, _, width, _ in parts), max(y + height for _, y, _, height in parts),
    )  # fmt: skip


def _arrow(group: ElementTree.Element) -> Arrow:
    path, head = group.find(f"{_NAMESPACE}path"), group.find(f"{_NAMESPACE}polygon")
    assert path is not None
    assert head is not None
    corner = head.attrib["points"].split()
    points = list(_points(path.attrib["d"]))
    return Arrow(
        group.attrib["data-source"], group.attrib["data-target"], points, (float(corner[0]), float(corner[1]))
    )


def _points(path: str) -> Iterator[tuple[float, float]]:
    x = y = 0.0
    for command, values in re.findall(r"([MVC])([^MVC]*)", path):
        numbers = [float(value) for value in values.split()]
        if command == "C":
            a, b, c, d, end_x, end_y = numbers
            for step in range(1, _STEPS + 1):
                t = step / _STEPS
                yield tuple(
                    (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t**2 * r + t**3 * s
                    for p, q, r, s in ((x, a, c, end_x), (y, b, d, end_y))
                )  # type: ignore[misc]
            x, y = end_x, end_y
        else:
            start = y
            x, y = (numbers[0], numbers[1]) if command == "M" else (x, numbers[0])
            if command == "V":
                yield x, (start + y) / 2
            yield x, y
