"""Placing the nodes of a graph in layers, what is needed below what needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering.diffs.canvas import Box

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 180.0, 60.0
_GAP_X, _GAP_Y = 36.0, 56.0
_SWEEPS = 4


def placed(needs: Mapping[str, Sequence[str]]) -> dict[str, Box]:
    """Return a box for each key; `needs` names, for each, the keys that it needs.

    Same graph, same boxes. What needs itself, in whatever roundabout way, is placed all the same.
    """
    layers = _layers(needs)
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for name in needs:
        rows[layers[name]].append(name)
    _untangle(rows, needs)
    widest = max(map(len, rows), default=0) * (WIDTH + _GAP_X)
    boxes = {}
    for depth, row in enumerate(rows):
        left = (widest - len(row) * (WIDTH + _GAP_X)) / 2
        for number, name in enumerate(row):
            x = left + number * (WIDTH + _GAP_X)
            y = (len(rows) - 1 - depth) * (HEIGHT + _GAP_Y)
            boxes[name] = Box(x, y, WIDTH, HEIGHT)
    return boxes


def _layers(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return how long the longest way down from each key is; an edge back up is ignored."""
    found: dict[str, int] = {}
    for start in needs:
        path: dict[str, list[str]] = {}
        todo = [] if start in found else [start]
        while todo:
            name = todo[-1]
            if name not in path:
                path[name] = [below for below in needs[name] if below in needs]
            waiting = next((b for b in path[name] if b not in found and b not in path), None)
            if waiting is not None:
                todo.append(waiting)
                continue
            known = [found[below] for below in path[name] if below in found]
            found.setdefault(name, max(known, default=-1) + 1)
            todo.pop()
    return found


def _untangle(rows: list[list[str]], needs: Mapping[str, Sequence[str]]) -> None:
    """Order each row by where its neighbours in other rows stand, a few times down and up."""
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, below in needs.items():
        for other in below:
            if other in users:
                users[other].append(name)
    for sweep in range(_SWEEPS):
        neighbours: Mapping[str, Sequence[str]] = users if sweep % 2 else needs
        places = {name: n / len(row) for row in rows for n, name in enumerate(row)}
        for row in rows:
            centre = {
                name: _mean([places[o] for o in neighbours[name] if o in places], places[name])
                for name in row
            }
            row.sort(key=centre.__getitem__)


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
