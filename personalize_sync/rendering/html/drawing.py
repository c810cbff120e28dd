"""Drawings as SVG: boxes with names, arrows between them, and a sign on what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.rendering.gates import plain
from personalize_sync.rendering.html.markup import Markup, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalize_sync.rendering.diffs.canvas import Box

_MARGIN = 24.0
_CHARACTER, _LINE = 7.2, 17.0
_MOST_LINES = 3
_ARROW = 8.0
# A drawing is shown at its own size up to this width, and smaller beyond it.
_WIDEST = 1100.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A box of a drawing: its name, what it is (a style), and the sign of its change."""

    box: Box
    name: str
    sort: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the plane that a drawing shows."""

    x: float
    y: float
    width: float
    height: float


def frame_around(boxes: Sequence[Box]) -> Frame:
    """Return a frame that holds all boxes."""
    left, top = min(b.x for b in boxes), min(b.y for b in boxes)
    right, bottom = max(b.x + b.width for b in boxes), max(b.y + b.height for b in boxes)
    return Frame(
        left - _MARGIN,
        top - _MARGIN,
        right - left + 2 * _MARGIN,
        bottom - top + 2 * _MARGIN,
    )


def drawing(
    shapes: Mapping[str, Shape], arrows: Sequence[tuple[str, str]], frame: Frame, title: str
) -> Markup:
    """Return a drawing; an arrow leads from what is needed to what needs it."""
    lines = [
        _arrow(shapes[start].box, shapes[end].box)
        for start, end in arrows
        if start in shapes and end in shapes and start != end
    ]
    return tag(
        "svg",
        tag("title", title),
        *lines,
        *(_shape(shape) for shape in shapes.values()),
        viewBox=" ".join(f"{value:.1f}" for value in _figures(frame)),
        width=min(frame.width, _WIDEST),
        role="img",
        aria_label=title,
    )


def _figures(frame: Frame) -> tuple[float, float, float, float]:
    return frame.x, frame.y, frame.width, frame.height


def _shape(shape: Shape) -> Markup:
    box = shape.box
    round_ = {"input": box.height / 2, "knowledge-source": 14.0}.get(shape.sort, 4.0)
    outline = tag(
        "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=round_, class_="outline"
    )
    word = {"+": "added", "-": "removed", "~": "changed"}.get(shape.mark, "")
    full = f"{shape.name} ({word})" if word else shape.name
    return tag(
        "g",
        tag("title", full),
        outline,
        *_table_lines(shape),
        *_name(shape),
        *_sign(shape),
        class_=f"node {shape.sort} {word}".strip(),
    )


def _table_lines(shape: Shape) -> Iterator[Markup]:
    if shape.sort == "decision-table":
        box = shape.box
        for step in (0.0, 5.0, 10.0):
            y = box.y + 8 + step
            yield tag("line", x1=box.x + 8, y1=y, x2=box.x + 24, y2=y, class_="glyph")


def _name(shape: Shape) -> Iterator[Markup]:
    box = shape.box
    lines = _wrapped(plain(shape.name), max(int((box.width - 12) / _CHARACTER), 4))
    top = box.y + box.height / 2 - (len(lines) - 1) * _LINE / 2
    for number, line in enumerate(lines):
        y = top + number * _LINE
        yield tag("text", line, x=box.x + box.width / 2, y=y, class_="name")


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    lines = [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "…"]


def _sign(shape: Shape) -> Iterator[Markup]:
    if shape.mark:
        x, y = shape.box.x + shape.box.width, shape.box.y
        yield tag("circle", cx=x, cy=y, r=11, class_="sign-ground")
        yield tag("text", shape.mark, x=x, y=y, class_="sign", aria_hidden="true")


def _arrow(start: Box, end: Box) -> Markup:
    x1, y1 = _edge(start, end)
    x2, y2 = _edge(end, start)
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 0.1)
    dx, dy = (x2 - x1) / length * _ARROW, (y2 - y1) / length * _ARROW
    corners = (
        (x2, y2),
        (x2 - dx - dy / 2, y2 - dy + dx / 2),
        (x2 - dx + dy / 2, y2 - dy - dx / 2),
    )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return tag(
        "g",
        tag("line", x1=x1, y1=y1, x2=x2 - dx, y2=y2 - dy),
        tag("polygon", points=points),
        class_="arrow",
    )


def _edge(box: Box, other: Box) -> tuple[float, float]:
    """Return where the line between two centres leaves a box."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    dx, dy = other.x + other.width / 2 - x, other.y + other.height / 2 - y
    scale = max(abs(dx) / box.width, abs(dy) / box.height) * 2
    return (x + dx / scale, y + dy / scale) if scale else (x, y)
