"""Fitting Markdown into a limited space: the least risky details go first, and it is said."""

from __future__ import annotations

from typing import NamedTuple

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
    shown, folded = _without_details(blocks, room)
    kept = _first_that_fit(shown, room)
    lines = [*head, "", *_spaced(kept)]
    remarks = [
        f"… and {len(shown) - len(kept)} more" if len(kept) < len(shown) else "",
        f"… details of {folded} are left out here" if folded else "",
    ]
    parts = ["\n".join(lines), *remarks, "\n".join(tail)]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip("\n")) + "\n"


def _without_details(blocks: list[Block], room: int) -> tuple[list[str], int]:
    """Leave out details, the lightest and last first, until all fits; return how many were."""
    shown = [block.whole for block in blocks]
    size, left_out = _size(shown), 0
    for index in sorted(range(len(blocks)), key=lambda i: (blocks[i].weight, -i)):
        if size <= room:
            break
        if blocks[index].details:
            size -= len(shown[index]) - len(blocks[index].bare)
            shown[index] = blocks[index].bare
            left_out += 1
    return shown, left_out


def _first_that_fit(shown: list[str], room: int) -> list[str]:
    size = 0
    for index, text in enumerate(shown):
        size += len(text) + 2
        if size > room:
            return shown[:index]
    return shown


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
    items = _first_that_fit(tail[:ending], room)
    more = [f"- … and {ending - len(items)} more"] if len(items) < ending else []
    return [*items, *more, *tail[ending:]]


def _size(parts: list[str]) -> int:
    return sum(len(part) + 2 for part in parts)
