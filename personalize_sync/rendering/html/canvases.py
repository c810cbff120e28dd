"""Decision canvases: drawn old beside new with what changed marked, then told node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering.html.code import code_diff
from personalize_sync.rendering.html.drawing import Frame, Shape, drawing, frame_around
from personalize_sync.rendering.html.layers import placed
from personalize_sync.rendering.html.markup import (
    Markup,
    badge,
    code,
    join,
    scrolling,
    tag,
    unseen,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.rendering.diffs import DecisionDiff
    from personalize_sync.rendering.diffs.canvas import Box, Canvas
    from personalize_sync.rendering.diffs.decisions import Cell, Fact, NodeDiff, Row, TableDiff

_MOST_NODES = 120
# A canvas that needs more room than this per node is drawn by us: its author's layout is lost space.
_WIDEST_PER_NODE = 900.0
_WORDS = {"+": "added", "-": "removed", "~": "changed", ">": "moved"}


def canvas_diff(diff: DecisionDiff, most: int) -> Markup:
    """Return what changed on a canvas; scripts and tables show about `most` lines each."""
    return join(
        [
            tag("p", diff.note, class_="note") if diff.note else None,
            _pictures(diff),
            *(_node(node, most) for node in diff.nodes[:_MOST_NODES]),
            *_more(len(diff.nodes) - _MOST_NODES),
            *_elsewhere(diff, most),
        ]
    )


def _more(count: int) -> Iterator[Markup]:
    if count > 0:
        yield tag("p", f"… and {count} more nodes", class_="note")


def _elsewhere(diff: DecisionDiff, most: int) -> Iterator[Markup]:
    if diff.rest:
        if not diff.note:
            yield tag("h4", "Elsewhere on the canvas")
        yield code_diff(diff.rest, "the rest of the file", most)


def _pictures(diff: DecisionDiff) -> Markup:
    marks = {node.id: node.mark for node in diff.nodes}
    sides = [(canvas, canvas.nodes) for canvas in (diff.before, diff.after)]
    if any(len(nodes) > _MOST_NODES for _, nodes in sides):
        return tag("p", f"A canvas of more than {_MOST_NODES} nodes is not drawn.", class_="note")
    places = [_places(canvas) for canvas, _ in sides]
    boxes = [box for found in places for box in found.values()]
    if not boxes:
        return tag("p", "There is nothing on the canvas to draw.", class_="note")
    frame = frame_around(boxes)
    before = _picture("Before", diff.before, places[0], frame, marks)
    after = _picture("After", diff.after, places[1], frame, marks)
    return tag("div", before, after, class_="beside")


def _picture(
    when: str, canvas: Canvas, places: Mapping[str, Box], frame: Frame, marks: Mapping[str, str]
) -> Markup:
    shapes = {
        node.id: Shape(
            places[node.id],
            node.name,
            node.sort.replace(" ", "-"),
            marks.get(node.id, ""),
        )
        for node in canvas.nodes
    }
    arrows = [(needed, node.id) for node in canvas.nodes for needed in node.requires]
    if not shapes:
        return tag("figure", tag("figcaption", when), tag("p", "(nothing)", class_="note"))
    changed = [shape for shape in shapes.values() if shape.mark]
    title = f"{when}: {len(shapes)} nodes, {len(changed)} of them marked"
    return tag("figure", tag("figcaption", when), drawing(shapes, arrows, frame, title))


def _places(canvas: Canvas) -> dict[str, Box]:
    """Return where nodes are drawn: where the file says, if it says so sensibly for each."""
    stated = {node.id: node.box for node in canvas.nodes if node.box}
    if len(stated) == len(canvas.nodes) and stated:
        frame = frame_around(list(stated.values()))
        if max(frame.width, frame.height) <= _WIDEST_PER_NODE * len(stated):
            return stated
    return placed({node.id: node.requires for node in canvas.nodes})


def _node(node: NodeDiff, most: int) -> Markup:
    return tag(
        "div",
        tag(
            "h4",
            badge(_WORDS[node.mark], _WORDS[node.mark]),
            f" {node.sort} ",
            code(node.name),
        ),
        _facts(node.facts) if node.facts else None,
        code_diff(node.script, f"the script of {node.name}", most) if node.script else None,
        _table(node.table, node.name, most) if node.table else None,
        tag("p", "Other details:") if node.rest else None,
        code_diff(node.rest, f"other details of {node.name}", most) if node.rest else None,
        class_="decision",
    )


def _facts(facts: tuple[Fact, ...]) -> Markup:
    pairs = [
        part
        for fact in facts
        for part in (tag("dt", fact.about), tag("dd", *_move(fact.before, fact.after)))
    ]
    return tag("dl", *pairs, class_="facts")


def _move(before: str | None, after: str | None) -> Iterator[Markup]:
    if before:
        yield tag("del", before)
    if before and after:
        yield Markup(" → ")
    if after:
        yield tag("ins", after)


def _table(table: TableDiff, name: str, most: int) -> Markup:
    roles = [heading.role for heading in table.headings]
    groups = [
        tag("th", title, colspan=roles.count(role), scope="colgroup", class_=role)
        for role, title in (("input", "When"), ("output", "Then"), ("remark", ""))
        if role in roles
    ]
    corner = tag("th", unseen("Change"), colspan=2, scope="colgroup")
    titles = [
        tag("th", _signed(heading.mark, heading.title), scope="col", class_=heading.role)
        for heading in table.headings
    ]
    head = tag(
        "thead",
        tag("tr", corner, *groups),
        tag("tr", tag("th", unseen("Change"), scope="col"), tag("th", "#", scope="col"), *titles),
    )
    rows = [_row(row) for row in table.rows[:most]]
    if len(table.rows) > most:
        more = f"… {len(table.rows) - most} more rules"
        rows.append(tag("tr", tag("td", more, colspan=len(roles) + 2), class_="gap"))
    caption = tag("caption", f"Rules of {name}")
    made = tag("table", caption, head, tag("tbody", *rows), class_="rules")
    return scrolling(made, f"Rules of {name}")


def _signed(mark: str, title: str) -> Markup:
    match mark:
        case "+":
            return tag("ins", title)
        case "-":
            return tag("del", title)
    return join([title])


def _row(row: Row) -> Markup:
    word = _WORDS.get(row.mark, "")
    sign = tag("td", badge(word, word) if word else None)
    return tag(
        "tr",
        sign,
        tag("th", row.number, scope="row"),
        *(tag("td", *_cell(row, cell)) for cell in row.cells),
        class_=word or None,
    )


def _cell(row: Row, cell: Cell) -> Iterator[Markup]:
    if row.mark in "+-" or not cell.changed:
        text = (cell.before if cell.after is None else cell.after) or ""
        element = {"+": "ins", "-": "del"}.get(row.mark)
        if text:
            yield tag(element, code(text)) if element else code(text)
        return
    yield tag("del", code(cell.before or "(empty)"))
    yield Markup(" → ")
    yield tag("ins", code(cell.after or "(empty)"))
