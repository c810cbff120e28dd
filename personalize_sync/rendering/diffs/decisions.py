"""What changed on a decision canvas, in the words of whoever drew it: nodes, rules, scripts."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from personalize_sync.rendering.diffs.canvas import Canvas, Column, Node, Rule, Table, read_canvas
from personalize_sync.rendering.diffs.text import TextDiff, text_diff

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from typing import TypeVar

    _T = TypeVar("_T")

LAYOUT_ONLY: Final = "only the layout changed: it decides as before"
WRITTEN_DIFFERENTLY: Final = "the same canvas, written differently"
DETAILS_ONLY: Final = "no node, rule or script changed, but details of the file did"


class Fact(NamedTuple):
    """Something short about a node that changed."""

    about: str
    before: str
    after: str


class Cell(NamedTuple):
    """A cell of a decision table on both sides; None where the side has no such row or column."""

    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Whether the two sides say different things."""
        return (self.before or "") != (self.after or "")


class Row(NamedTuple):
    """A rule: `+` new, `-` gone, `~` changed, `>` moved, ` ` as it was; its number on both sides."""

    mark: str
    before: int | None
    after: int | None
    cells: tuple[Cell, ...]

    @property
    def number(self) -> str:
        """The number of the rule as people count, with the former one where it moved."""
        if self.before is None or self.after is None or self.mark not in "~>":
            return str((self.before if self.after is None else self.after) or "")
        return str(self.after) if self.mark == "~" else f"{self.before} → {self.after}"


class Heading(NamedTuple):
    """The head of a column of a decision table; the last one is for the remarks of rules."""

    mark: str
    role: str
    title: str


@dataclass(frozen=True, slots=True)
class TableDiff:
    """A decision table, old and new in one, in the order of the new one."""

    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class NodeDiff:
    """A node of the canvas that came (`+`), went (`-`) or changed (`~`)."""

    mark: str
    id: str
    name: str
    sort: str
    facts: tuple[Fact, ...] = ()
    script: TextDiff | None = None
    table: TableDiff | None = None
    rest: TextDiff | None = None


@dataclass(frozen=True, slots=True)
class DecisionDiff:
    """What changed between two canvases; `note` is what the nodes do not say."""

    before: Canvas
    after: Canvas
    nodes: tuple[NodeDiff, ...]
    note: str = ""
    rest: TextDiff | None = None


def decision_diff(before: str, after: str, *, width: int) -> DecisionDiff | None:
    """Return what changed between two DMN texts, None if either cannot be read as one."""
    old, new = read_canvas(before), read_canvas(after)
    return _between(old, new, width) if old and new else None


def new_decisions(text: str, *, width: int) -> DecisionDiff | None:
    """Return a DMN text as a canvas on which everything is new, None if it is none."""
    new = read_canvas(text)
    return DecisionDiff(_NOTHING, new, tuple(_nodes(_NOTHING, new, width))) if new else None


_NOTHING = Canvas((), (), (), ())


def _between(old: Canvas, new: Canvas, width: int) -> DecisionDiff:
    if old.content == new.content:
        moved = old.layout != new.layout
        return DecisionDiff(old, new, (), LAYOUT_ONLY if moved else WRITTEN_DIFFERENTLY)
    nodes = tuple(_nodes(old, new, width))
    rest = _rest(old.rest, new.rest, width)
    if not nodes and rest is None:
        return DecisionDiff(old, new, (), DETAILS_ONLY, _rest(old.content, new.content, width))
    return DecisionDiff(old, new, nodes, "", rest)


def _rest(before: Sequence[str], after: Sequence[str], width: int) -> TextDiff | None:
    if before == after:
        return None
    return text_diff("\n".join(before) + "\n", "\n".join(after) + "\n", width=width)


def _nodes(old: Canvas, new: Canvas, width: int) -> Iterator[NodeDiff]:
    names = {**_names(old), **_names(new)}
    pairs = _paired(old.nodes, new.nodes, lambda node: node.id, lambda n: (n.sort, n.name))
    for before, after in pairs:
        if before is None or after is None:
            yield from _one_sided(before, after, names, width)
        elif found := _changed(before, after, names, width):
            yield found


def _names(canvas: Canvas) -> dict[str, str]:
    return {node.id: node.name for node in canvas.nodes}


def _one_sided(
    before: Node | None, after: Node | None, names: dict[str, str], width: int
) -> Iterator[NodeDiff]:
    node = after or before
    if node is None:
        return
    yield NodeDiff(
        "+" if after else "-",
        node.id,
        node.name,
        node.sort,
        tuple(_facts(before, after, names)),
        _script(before, after, width),
        _table(before, after),
    )


def _changed(before: Node, after: Node, names: dict[str, str], width: int) -> NodeDiff | None:
    found = NodeDiff(
        "~",
        after.id,
        after.name,
        after.sort,
        tuple(_facts(before, after, names)),
        _script(before, after, width) if before.script != after.script else None,
        _table(before, after) if before.table != after.table else None,
        _rest(before.rest, after.rest, width),
    )
    return found if found.facts or found.script or found.table or found.rest else None


def _facts(before: Node | None, after: Node | None, names: dict[str, str]) -> Iterator[Fact]:
    if before and after:
        yield from _fact("name", before.name, after.name)
        yield from _fact("id", before.id, after.id)
        yield from _fact("is a", before.sort, after.sort)
    sides = [
        (node.description, [names.get(id_, id_) for id_ in node.requires]) if node else ("", [])
        for node in (before, after)
    ]
    (old_text, old_needs), (new_text, new_needs) = sides
    yield from _fact("description", old_text, new_text)
    yield from (Fact("needs", name, "") for name in old_needs if name not in new_needs)
    yield from (Fact("needs", "", name) for name in new_needs if name not in old_needs)
    if before and after and before.table and after.table:
        yield from _fact("hit policy", before.table.hit_policy, after.table.hit_policy)
        for old, new in _paired_columns(before.table, after.table):
            column = new or old or _NOWHERE
            formula = (old.detail if old else "", new.detail if new else "")
            yield from _fact(f"{column.role} {column.title}", *formula)


def _fact(about: str, before: str, after: str) -> Iterable[Fact]:
    return (Fact(about, before, after),) if before != after else ()


def _script(before: Node | None, after: Node | None, width: int) -> TextDiff | None:
    old, new = ((node.script or "") if node else "" for node in (before, after))
    if not old or not new:  # how a script ends says something only beside another one
        old, new = (script and script.removesuffix("\n") + "\n" for script in (old, new))
    return text_diff(old, new, width=width) if old != new else None


def _table(before: Node | None, after: Node | None) -> TableDiff | None:
    old = (before.table if before else None) or _EMPTY
    new = (after.table if after else None) or _EMPTY
    if old is new:
        return None
    columns = _paired_columns(old, new)
    pairs = _paired(
        old.rules, new.rules, lambda rule: rule.id, lambda r: (*sorted(r.cells.items()), r.remark)
    )
    rows = _rows(old.rules, new.rules, [p for p in pairs if p != (None, None)], columns)
    headings = [_heading(*pair) for pair in columns]
    if any(rule.remark for rule in (*old.rules, *new.rules)):
        headings.append(Heading(" ", "remark", "Remark"))
        return TableDiff(tuple(headings), tuple(rows))
    return TableDiff(tuple(headings), tuple(row._replace(cells=row.cells[:-1]) for row in rows))


_EMPTY = Table("", (), ())


def _paired_columns(old: Table, new: Table) -> list[tuple[Column | None, Column | None]]:
    pairs = _paired(old.columns, new.columns, lambda c: c.id, lambda c: (c.role, c.title))
    roles = ("input", "output")
    return sorted(pairs, key=lambda pair: roles.index((pair[1] or pair[0] or _NOWHERE).role))


_NOWHERE = Column("", "output", "", "")


def _heading(old: Column | None, new: Column | None) -> Heading:
    column = new or old or _NOWHERE
    title = f"{old.title} → {new.title}" if old and new and old.title != new.title else column.title
    return Heading("+" if old is None else "-" if new is None else " ", column.role, title)


def _rows(
    old: Sequence[Rule],
    new: Sequence[Rule],
    pairs: Sequence[tuple[Rule | None, Rule | None]],
    columns: Sequence[tuple[Column | None, Column | None]],
) -> Iterator[Row]:
    places = {id(rule): number for number, rule in enumerate(old, 1)}
    places |= {id(rule): number for number, rule in enumerate(new, 1)}
    both = [(places[id(a)], places[id(b)]) for a, b in pairs if a and b]
    steady = _in_order(both)
    for before, after in pairs:
        cells = tuple(_cells(before, after, columns))
        numbers = (places[id(before)] if before else None, places[id(after)] if after else None)
        yield Row(_mark(numbers, cells, steady), *numbers, cells)


def _mark(numbers: tuple[int | None, int | None], cells: Iterable[Cell], steady: set[int]) -> str:
    before, after = numbers
    if before is None or after is None:
        return "+" if before is None else "-"
    if any(cell.changed for cell in cells):
        return "~"
    return " " if after in steady else ">"


def _cells(
    before: Rule | None,
    after: Rule | None,
    columns: Iterable[tuple[Column | None, Column | None]],
) -> Iterator[Cell]:
    for old, new in columns:
        yield Cell(
            before.cells.get(old.id, "") if before and old else None,
            after.cells.get(new.id, "") if after and new else None,
        )
    yield Cell(before.remark if before else None, after.remark if after else None)


def _in_order(pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Return the new numbers of a longest run of rules whose order did not change."""
    ordered = sorted(pairs, key=lambda pair: pair[1])
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (before, _) in enumerate(ordered):
        place = bisect_left(tails, before)
        previous.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [before]
        ends[place : place + 1] = [index]
    steady = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        steady.add(ordered[index][1])
        index = previous[index]
    return steady


def _paired(
    old: Sequence[_T],
    new: Sequence[_T],
    name: Callable[[_T], str],
    likeness: Callable[[_T], Hashable],
) -> list[tuple[_T | None, _T | None]]:
    """Pair items by name, then what is left by likeness; in the new order, what went in its place."""
    partners: dict[int, int] = {}
    for key in (name, likeness):
        taken = set(partners.values())
        free: dict[Hashable, list[int]] = {}
        for i, item in enumerate(old):
            if i not in taken:
                free.setdefault(key(item), []).append(i)
        for j, item in enumerate(new):
            if j not in partners and free.get(key(item)):
                partners[j] = free[key(item)].pop(0)
    taken = set(partners.values())
    gone = deque(i for i in range(len(old)) if i not in taken)
    result: list[tuple[_T | None, _T | None]] = []
    for j, item in enumerate(new):
        partner = partners.get(j)
        while partner is not None and gone and gone[0] < partner:
            result.append((old[gone.popleft()], None))
        result.append((None if partner is None else old[partner], item))
    return result + [(old[i], None) for i in gone]
