"""Fitting Markdown into a limited space: the least risky details go first, and it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# What the sentences about left-out parts need, and the glue between parts.
_RESERVE = 200
_TAIL_SHARE = 4


class Block(NamedTuple):
    """A headline with folded details; the lighter it weighs, the sooner it is cut.

    A block without details is an item of a list.
    """

    title: str
    details: list[str]
    weight: int = 0

    @property
    def whole(self) -> str:
        """The block with its details."""
        if not self.details:
            return self.bare
        body = "\n".join(self.details).strip("\n")
        return f"<details><summary>{self.title}</summary>\n\n{body}\n\n</details>"

    @property
    def bare(self) -> str:
        """The block without its details."""
        return f"- {self.title}"


def within(limit: int, head: list[str], blocks: list[Block], tail: list[str]) -> str:
    """Return the document in at most `limit` characters, ending with one newline."""
    tail = _short_tail(tail, limit // _TAIL_SHARE)
    room = limit - _size(head) - _size(tail) - _RESERVE
    gravest_first = sorted(range(len(blocks)), key=lambda i: (-blocks[i].weight, i))
    detailed = _worth_details(blocks, gravest_first, room)
    shown = [block.whole if i in detailed else block.bare for i, block in enumerate(blocks)]
    kept = _fitting(shown, gravest_first, room)
    folded = sum(bool(block.details) for block in blocks) - len(detailed)
    parts = [
        "\n".join([*head, "", *_spaced([text for i, text in enumerate(shown) if i in kept])]),
        f"… and {len(shown) - len(kept)} more" if len(kept) < len(shown) else "",
        f"… details of {folded} are left out here" if folded else "",
        "\n".join(tail),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip("\n")) + "\n"


def _worth_details(blocks: list[Block], order: list[int], room: int) -> set[int]:
    """Choose whose details are shown; half the room is for them even if headlines would fill it."""
    left = max(room - _size([block.bare for block in blocks]), room // 2)
    chosen = set()
    for index in order:
        more = len(blocks[index].whole) - len(blocks[index].bare)
        if blocks[index].details and more <= left:
            chosen.add(index)
            left -= more
    return chosen


def _fitting(texts: list[str], order: Iterable[int], room: int) -> set[int]:
    """Choose texts in this order for as long as there is room."""
    kept = set()
    for index in order:
        room -= len(texts[index]) + 2
        if room < 0:
            break
        kept.add(index)
    return kept


def _spaced(parts: list[str]) -> list[str]:
    """Put a blank line between parts, but keep the items of one list together."""
    lines: list[str] = []
    for part in parts:
        if lines and not (part.startswith("- ") and lines[-1].startswith("- ")):
            lines.append("")
        lines.append(part)
    return lines


def _short_tail(tail: list[str], room: int) -> list[str]:
    """Keep the end of the tail, which says how it went, and what else there is room for."""
    ending = tail.index("") if "" in tail else len(tail)
    items = tail[: len(_fitting(tail, range(ending), room))]
    more = [f"- … and {ending - len(items)} more"] if len(items) < ending else []
    return [*items, *more, *tail[ending:]]


def _size(parts: list[str]) -> int:
    return sum(len(part) + 2 for part in parts)
