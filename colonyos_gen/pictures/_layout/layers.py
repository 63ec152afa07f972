"""Which boxes are next to each other: layers, and the order in each, so that lines go down and seldom cross."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from colonyos_gen.pictures._layout.diagram import neighbours

_SWEEPS = 12
_MOST_LINES = 400
"""Lines above which crossings are not counted; it takes time with the square of their number."""

Pair = tuple[str, str]


def forward(keys: Iterable[str], pairs: Sequence[Pair]) -> list[Pair]:
    """`pairs` without those that close a cycle."""
    keys = list(keys)
    children = neighbours(keys, pairs)
    closing: set[Pair] = set()
    done: set[str] = set()
    for start in keys:
        # A stack, since a chain can be longer than calls may be nested.
        path = {start: iter(children[start])} if start not in done else {}
        while path:
            key = next(reversed(path))
            child = next(path[key], None)
            if child is None:
                done.add(key)
                del path[key]
            elif child in path:
                closing.add((key, child))
            elif child not in done:
                path[child] = iter(children[child])
    return [pair for pair in pairs if pair not in closing]


def layered(keys: Iterable[str], pairs: Sequence[Pair]) -> list[list[str]]:
    """`keys` in layers: each one as far up as its parents let it be, roots as far down as their children do."""
    keys = list(keys)
    parents = neighbours(keys, ((child, parent) for parent, child in pairs))
    children = neighbours(keys, pairs)
    missing = {key: len(names) for key, names in parents.items()}
    depth = dict.fromkeys(keys, 0)
    ready = [key for key in keys if not missing[key]]
    for key in ready:
        for child in children[key]:
            depth[child] = max(depth[child], depth[key] + 1)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    for key in keys:
        if not parents[key] and children[key]:
            depth[key] = min(depth[child] for child in children[key]) - 1
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for key in keys:
        layers[depth[key]].append(key)
    return layers


def untangled(layers: Sequence[Sequence[str]], pairs: Sequence[Pair]) -> list[list[str]]:
    """`layers` in an order in which lines seldom cross: each box towards the middle of its neighbours, to and fro."""
    best = [list(layer) for layer in layers]
    keys = [key for layer in layers for key in layer]
    above = neighbours(keys, ((child, parent) for parent, child in pairs))
    below = neighbours(keys, pairs)
    counted = len(pairs) <= _MOST_LINES
    fewest = crossings(best, pairs)
    order = [list(layer) for layer in layers]
    for sweep in range(_SWEEPS):
        if counted and not fewest:
            break
        down = sweep % 2 == 0
        place = _places(order)
        for layer in order if down else reversed(order):
            _sort(layer, above if down else below, place)
        if not counted:
            best = order
        elif (now := crossings(order, pairs)) < fewest:
            best, fewest = [list(layer) for layer in order], now
    return best


def crossings(layers: Sequence[Sequence[str]], pairs: Sequence[Pair]) -> int:
    """How often lines cross if they are drawn straight, those of the same end apart; 0 if there are too many to count."""
    if len(pairs) > _MOST_LINES:
        return 0
    depth = {key: number for number, layer in enumerate(layers) for key in layer}
    place = _places(layers)
    count = 0
    for number, (source, target) in enumerate(pairs):
        for other_source, other_target in pairs[:number]:
            top = max(depth[source], depth[other_source])
            bottom = min(depth[target], depth[other_target])
            if top < bottom:
                ends = ((source, target), (other_source, other_target))
                (a, b), (c, d) = (
                    [_at(start, end, level, depth, place) for level in (top, bottom)] for start, end in ends
                )
                count += (a - c) * (b - d) < 0
    return count


def _at(source: str, target: str, level: int, depth: Mapping[str, int], place: Mapping[str, float]) -> float:
    part = (level - depth[source]) / (depth[target] - depth[source])
    return place[source] + part * (place[target] - place[source])


def _places(layers: Iterable[Sequence[str]]) -> dict[str, float]:
    return {key: number - (len(layer) - 1) / 2 for layer in layers for number, key in enumerate(layer)}


def _sort(layer: list[str], others: Mapping[str, Sequence[str]], place: dict[str, float]) -> None:
    middle = {
        key: sum(place[other] for other in others[key]) / len(others[key]) if others[key] else place[key]
        for key in layer
    }
    layer.sort(key=middle.__getitem__)
    place.update(_places([layer]))
