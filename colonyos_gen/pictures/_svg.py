"""Diagrams as SVG.

The picture needs nothing from outside: no style sheet, script or font, and no ids, which would clash where several pictures
are on one page. It has no background: boxes are light with dark text, lines are grey, so that it can be read on white as well
as on black.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from colonyos_gen_wire.types.common import ProcessState

from colonyos_gen.pictures._layout.diagram import Box, Diagram
from colonyos_gen.pictures._layout.placement import (
    BOLD,
    CHIP,
    PADDING,
    STACK,
    SUBTITLE_SIZE,
    TITLE_SIZE,
    Place,
    placed,
)
from colonyos_gen.pictures._layout.routes import Route, Router
from colonyos_gen.pictures._look.labels import clean, shorten, width_of
from colonyos_gen.pictures._look.palette import INK, LINE, PAPER, PLAIN, SHADES, SOFT_INK, shade, state_name
from colonyos_gen.pictures._look.signs import number, numbers, sign

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_MARGIN = 12.0
_HEADER = 34.0
_SPACE = 22.0
"""Room between the header and the boxes."""
_LONGEST_TITLE = 320.0


class _Bounds(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def as_svg(diagram: Diagram) -> str:
    """The picture of `diagram`."""
    placement = placed(diagram)
    router = Router(placement)
    routes = [router.route(line) for line in diagram.lines]
    bounds = _bounds(placement.places.values(), routes)
    header, header_width = _header(diagram)
    width = max(bounds.right - bounds.left, header_width)
    left = (bounds.left + bounds.right - width) / 2 - _MARGIN
    top = bounds.top - _HEADER - (_SPACE if diagram.boxes else 0) - _MARGIN
    width += 2 * _MARGIN
    height = bounds.bottom - top + _MARGIN
    words = _in_words(diagram)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{numbers(left, top, width, height)}" '
        f'width="{number(width)}" height="{number(height)}" style="max-width:100%;height:auto" '
        f'role="img" aria-label="{escape(words)}" font-family="{FONT}">',
        f"<title>{_plain(words)}</title>",
        f'<g transform="translate({numbers(left + _MARGIN, top + _MARGIN)})">{header}</g>',
        f'<g fill="none" stroke="{LINE}" stroke-width="1.5">',
        *(_line(diagram, route) for route in routes),
        "</g>",
        *(_box(key, box, placement.places[key]) for key, box in diagram.boxes.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bounds(places: Iterable[Place], routes: Sequence[Route]) -> _Bounds:
    corners = [
        corner for place in places for corner in ((place.left, place.top), (place.right, place.bottom))
    ]
    corners += [stop for route in routes for stop in (*route.stops, *route.head)]
    if not corners:
        return _Bounds(0, 0, 0, 0)
    xs, ys = zip(*corners, strict=True)
    return _Bounds(min(xs), min(ys), max(xs), max(ys))


def _in_words(diagram: Diagram) -> str:
    tasks = f"{diagram.size} task{'' if diagram.size == 1 else 's'}"
    counts = ", ".join(f"{count} {state_name(state)}" for state, count in diagram.counts.items())
    return f"{diagram.title}: {tasks}" + (f": {counts}" if counts else "")


def _header(diagram: Diagram) -> tuple[str, float]:
    """The title and the legend, with counts, on a strip of their own; and how wide it is."""
    title = shorten(diagram.title, 14, _LONGEST_TITLE)
    x = 14.0
    parts = [_text(x, 22, title, 14, INK, bold=True)]
    x += width_of(title, 14) * BOLD + 18
    counts = diagram.counts
    if len(counts) == 0 or sum(counts.values()) < diagram.size:
        words = f"{diagram.size} task{'' if diagram.size == 1 else 's'}"
        parts.append(_text(x, 21.5, words, 12, SOFT_INK))
        x += width_of(words, 12) + 16
    for state, count in counts.items():
        words = f"{count} {state_name(state)}"
        parts += [sign(x + 7, 17, state, 7), _text(x + 19, 21.5, words, 12, INK)]
        x += 19 + width_of(words, 12) + 16
    strip = (
        f'<rect width="{number(x)}" height="{number(_HEADER)}" rx="8" fill="{PAPER}" '
        f'stroke="{PLAIN.strong}" stroke-opacity="0.45"/>'
    )
    return strip + "".join(parts), x


def _line(diagram: Diagram, route: Route) -> str:
    source, target = diagram.boxes[route.line.source], diagram.boxes[route.line.target]
    colour, dashes = LINE, ""
    if route.backward:
        colour, dashes = SHADES[ProcessState.FAILED].strong, ' stroke-dasharray="3 3"'
    elif route.line.active:
        colour, dashes = SHADES[ProcessState.RUNNING].strong, ' stroke-dasharray="6 4"'
    stroke = "" if colour == LINE else f' stroke="{colour}"'
    corners = " ".join(numbers(*corner) for corner in route.head)
    return (
        f"<g data-source={_quoted(route.line.source)} data-target={_quoted(route.line.target)}{stroke}>"
        f"<title>{_plain(f'{source.title} → {target.title}')}</title>"
        f'<path d="{_path(route)}"{dashes}/>'
        f'<polygon points="{corners}" fill="{colour}" stroke="none"/></g>'
    )


def _path(route: Route) -> str:
    stops = route.stops
    if route.line.source == route.line.target:
        return f"M{numbers(*stops[0])}C{' '.join(numbers(*stop) for stop in stops[1:])}"
    path = f"M{numbers(*stops[0])}"
    for place, ((x, y), (next_x, next_y)) in enumerate(pairwise(stops)):
        if place % 2 == 0 or x == next_x:
            path += f"V{number(next_y)}" if next_y != y else ""
        else:
            half = (y + next_y) / 2
            path += f"C{numbers(x, half)} {numbers(next_x, half)} {numbers(next_x, next_y)}"
    return path


def _box(key: str, box: Box, place: Place) -> str:
    left, top, width, height = place.left, place.top, place.width, place.height
    colours = shade(box.leading)
    cards: list[str] = []
    if box.size > 1:
        width, height, top = width - STACK, height - STACK, top + STACK
        cards = [
            _card(left + step, top - step, width, height, colours.fill, colours.strong) for step in (6, 3)
        ]
    cards.append(_card(left, top, width, height, colours.fill, colours.strong))
    x, room = left + 12, width - 22
    if box.state is not None:
        cards.append(sign(left + 15, top + height / 2, box.state, 8))
        x, room = left + 30, width - PADDING
    title = shorten(box.title, TITLE_SIZE, room / BOLD)
    if box.counts:
        cards += [
            _text(x, top + 22, title, TITLE_SIZE, INK, bold=True),
            _chips(x, top + 38, room, box.counts),
            _bar(x, top + height - 14, room, box),
        ]
    elif box.subtitle:
        middle = top + height / 2
        subtitle = shorten(box.subtitle, SUBTITLE_SIZE, room, tail=0)
        cards += [
            _text(x, middle - 3, title, TITLE_SIZE, INK, bold=True),
            _text(x, middle + 13, subtitle, SUBTITLE_SIZE, SOFT_INK),
        ]
    else:
        cards.append(_text(x, top + height / 2 + 4.5, title, TITLE_SIZE, INK, bold=True))
    details = "\n".join(line for line in box.details if line)
    return f"<g data-node={_quoted(key)}><title>{_plain(details)}</title>{''.join(cards)}</g>"


def _card(left: float, top: float, width: float, height: float, fill: str, stroke: str) -> str:
    return (
        f'<rect x="{number(left)}" y="{number(top)}" width="{number(width)}" height="{number(height)}" rx="7" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.3"/>'
    )


def _chips(x: float, y: float, room: float, counts: Mapping[ProcessState, int]) -> str:
    """A sign and a number for each state, as far as there is room."""
    parts: list[str] = []
    end = x + room
    for state, count in counts.items():
        width = 16 + width_of(str(count), SUBTITLE_SIZE)
        if x + width > end:
            break
        parts += [sign(x + 6, y, state, 6), _text(x + 15, y + 4, str(count), SUBTITLE_SIZE, INK)]
        x += CHIP + width_of(str(count), SUBTITLE_SIZE)
    return "".join(parts)


def _bar(x: float, y: float, room: float, box: Box) -> str:
    """How many of several tasks have come how far, as parts of a bar: those that have ended on the left."""
    order = sorted(
        box.counts, key=lambda state: (state not in SHADES or state == ProcessState.WAITING, -state)
    )
    parts: list[str] = []
    for state in order:
        width = room * box.counts[state] / box.size
        parts.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="5" fill="{shade(state).strong}"/>'
        )
        x += width
    return "".join(parts)


def _text(x: float, y: float, text: str, size: float, fill: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" fill="{fill}"{weight}>{_plain(text)}</text>'


def _plain(text: str) -> str:
    return escape(text, quote=False)


def _quoted(key: str) -> str:
    return f'"{escape(clean(key))}"'
