"""A diff from top to bottom: headings, lines and grids, for media that know no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from personalize_sync.rendering.diffs.decisions import DecisionDiff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.rendering.diffs import Diff
    from personalize_sync.rendering.diffs.decisions import Cell, NodeDiff, Row, TableDiff
    from personalize_sync.rendering.diffs.text import TextDiff

_AROUND = 1


class Title(NamedTuple):
    """What the parts below are about."""

    text: str


class Lines(NamedTuple):
    """Lines of a diff, each begun with ` `, `-`, `+` or `@`."""

    lines: list[str]


class Grid(NamedTuple):
    """A table. Rows begin with their mark; one of a single text stands for rows left out."""

    head: list[str]
    rows: list[list[str]]


Part: TypeAlias = Title | Lines | Grid


def parts(diff: Diff, most: int) -> list[Part]:
    """Return a diff in parts of together at most `most` lines; what is left out is counted."""
    whole = _decisions(diff) if isinstance(diff, DecisionDiff) else iter([Lines(list(diff.rows()))])
    return list(_within(whole, most))


def _decisions(diff: DecisionDiff) -> Iterator[Part]:
    if diff.note:
        yield Title(diff.note)
    for node in diff.nodes:
        yield Title(f"{node.mark} {node.sort} {node.name}")
        yield from _node(node)
    if diff.rest:
        if not diff.note:
            yield Title("elsewhere on the canvas")
        yield from _text(diff.rest)


def _node(node: NodeDiff) -> Iterator[Part]:
    stated = [
        f"{mark}{fact.about}: {line}"
        for fact in node.facts
        for mark, text in (("-", fact.before), ("+", fact.after))
        for line in (text.split("\n") if text else ())
    ]
    if stated:
        yield Lines(stated)
    if node.script:
        yield from _text(node.script)
    if node.table:
        yield _grid(node.table)
    if node.rest:
        yield Title(f"other details of {node.name}")
        yield from _text(node.rest)


def _text(diff: TextDiff) -> Iterator[Part]:
    yield Lines(list(diff.rows()))


def _grid(table: TableDiff) -> Grid:
    head = [f"{h.mark} {h.title}".strip() for h in table.headings]
    shown = _near_changes(table)
    rows: list[list[str]] = []
    left_out = 0
    for number, row in enumerate(table.rows):
        if number in shown:
            rows += _gap(left_out)
            left_out = 0
            rows.append([row.mark, row.number, *(_cell(row, cell) for cell in row.cells)])
        else:
            left_out += 1
    return Grid(["", "#", *head], rows + _gap(left_out))


def _near_changes(table: TableDiff) -> set[int]:
    changed = [number for number, row in enumerate(table.rows) if row.mark != " "]
    return {near for n in changed for near in range(n - _AROUND, n + _AROUND + 1)}


def _gap(count: int) -> list[list[str]]:
    return [[f"… {count} {'rule' if count == 1 else 'rules'} as before"]] if count else []


def _cell(row: Row, cell: Cell) -> str:
    if row.mark in "+-" or not cell.changed:
        return (cell.before if cell.after is None else cell.after) or ""
    return f"{cell.before or '(empty)'} → {cell.after or '(empty)'}"


def _within(whole: Iterator[Part], most: int) -> Iterator[Part]:
    room, left_out = most, 0
    for part in whole:
        size = _size(part)
        if size <= room:
            yield part
        elif room > 1 and isinstance(part, Lines):
            yield Lines(part.lines[: room - 1])
            left_out += size - room + 1
        elif room > 1 and isinstance(part, Grid):
            yield Grid(part.head, part.rows[: room - 1])
            left_out += size - room + 1
        else:
            left_out += size
        room = max(room - size, 0)
    if left_out:
        yield Lines([f"… {left_out} more lines"])


def _size(part: Part) -> int:
    match part:
        case Lines():
            return len(part.lines)
        case Grid():
            return len(part.rows)
    return 1
