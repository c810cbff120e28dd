"""Diffs in lines of characters: grids aligned where they fit, row by row where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from personalize_sync.rendering.diffs.parts import Grid, Lines, parts
from personalize_sync.rendering.gates import plain

if TYPE_CHECKING:
    from personalize_sync.rendering.diffs import Diff

_BAR = " | "


def diff_lines(diff: Diff, width: int, most: int) -> list[str]:
    """Return a diff as lines that begin with a mark; grids may need some more than `most`."""
    lines: list[str] = []
    for part in parts(diff, most):
        match part:
            case Lines():
                lines += part.lines
            case Grid():
                lines += grid_lines(part, width)
            case _:
                lines.append(f"@@ {part.text} @@")
    return lines


def grid_lines(grid: Grid, width: int) -> list[str]:
    """Return a grid as lines that begin with the mark of their row."""
    rows = [[plain(cell) for cell in row] for row in (["", *grid.head[1:]], *grid.rows)]
    widths = [
        max(
            (cell_len(row[column]) for row in rows if len(row) > column and len(row) > 1), default=0
        )
        for column in range(1, len(grid.head))
    ]
    if 1 + sum(widths) + len(_BAR) * len(widths) > width:
        return [line for row in rows[1:] if row[0] != " " for line in _upright(row, rows[0])]
    return [_aligned(row, widths) for row in rows]


def _aligned(row: list[str], widths: list[int]) -> str:
    if len(row) == 1:
        return row[0]
    cells = zip(row[1:], widths, strict=False)
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in cells)
    return f"{row[0] or ' '} {_BAR.join(padded)}".rstrip()


def _upright(row: list[str], head: list[str]) -> list[str]:
    if len(row) == 1:
        return row
    titles = head[2:]
    return [
        f"{row[0]} rule {row[1]}",
        *(f"{row[0]}   {t}: {cell}" for t, cell in zip(titles, row[2:], strict=False) if cell),
    ]
