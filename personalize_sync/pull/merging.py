"""Merging texts line by line, as version control does."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from personalize_sync.planning.lines import (
    common,
    counterparts,
    lines_of,
    matching,
    sides,
    with_ends_of,
)
from personalize_sync.pull.choice import Side
from personalize_sync.pull.marks import BETWEEN, GIT, TENANT, has_markers

if TYPE_CHECKING:
    from collections.abc import Iterator


class Merged(NamedTuple):
    """A merged text, and whether both sides still stand in it somewhere, marked."""

    text: str
    is_contested: bool


class _Chunk(NamedTuple):
    base: list[str]
    git: list[str]
    tenant: list[str]


def merge(base: str | None, git: str, tenant: str, *, winner: Side = Side.BOTH) -> Merged:
    """Return both sides' edits of `base` in one text; without a base, every difference is contested.

    Contested lines are those of the winner; where both win, they are marked.
    """
    lines: list[str] = []
    is_contested = False
    # Line ends are no edits: a server may rewrite them all.
    chunks = (
        _two_way(lines_of(git), lines_of(tenant))
        if base is None
        else _three_way(*sides(base, git, tenant))
    )
    for chunk in chunks:
        if chunk.git == chunk.tenant or (base is not None and chunk.tenant == chunk.base):
            lines += chunk.git
        elif base is not None and chunk.git == chunk.base:
            lines += chunk.tenant
        elif winner is Side.BOTH:
            is_contested = True
            lines += _contested(chunk)
        else:
            lines += chunk.git if winner is Side.GIT else chunk.tenant
    return Merged(with_ends_of(git, "\n".join(lines)), is_contested)


def resolved(text: str, winner: Side) -> str:
    """Return a text with the winner's lines in place of each conflict that is marked in it.

    Marks between which nobody can tell the sides apart stay.
    """
    if winner is Side.BOTH or not has_markers(text):
        return text
    lines: list[str] = []
    block: list[str] = []
    for line in lines_of(text):
        if line == GIT:
            lines += block  # what began before has no end
            block = [line]
        elif not block:
            lines.append(line)
        elif line == TENANT:
            won = _won(block, winner)
            lines += [*block, line] if won is None else won
            block = []
        else:
            block.append(line)
    return with_ends_of(text, "\n".join([*lines, *block]))


def _won(block: list[str], winner: Side) -> list[str] | None:
    """Return the winner's lines of a conflict that begins with its mark, if it can be told."""
    if block.count(BETWEEN) != 1:
        return None
    at = block.index(BETWEEN)
    return block[1:at] if winner is Side.GIT else block[at + 1 :]


def _contested(chunk: _Chunk) -> list[str]:
    """Return a conflict, what both sides have in common at its ends left out of it."""
    git, tenant = chunk.git, chunk.tenant
    head = common(git, tenant)
    git, tenant, before = git[head:], tenant[head:], git[:head]
    tail = common(git[::-1], tenant[::-1])
    after = git[len(git) - tail :]
    git, tenant = git[: len(git) - tail], tenant[: len(tenant) - tail]
    return [*before, GIT, *git, BETWEEN, *tenant, TENANT, *after]


def _two_way(git: list[str], tenant: list[str]) -> Iterator[_Chunk]:
    blocks = [(0, 0, 0), *matching(git, tenant), (len(git), len(tenant), 0)]
    for (a, b, size), (next_a, next_b, _) in pairwise(blocks):
        same = git[a : a + size]
        yield _Chunk(same, same, same)
        yield _Chunk([], git[a + size : next_a], tenant[b + size : next_b])


def _three_way(base: list[str], git: list[str], tenant: list[str]) -> Iterator[_Chunk]:
    """Yield what lies on and between the lines that all three have."""
    in_git, in_tenant = counterparts(base, git), counterparts(base, tenant)
    kept = [i for i in range(len(base)) if i in in_git and i in in_tenant]
    last = (-1, -1, -1)
    for b, g, t in [
        *((i, in_git[i], in_tenant[i]) for i in kept),
        (len(base), len(git), len(tenant)),
    ]:
        yield _Chunk(base[last[0] + 1 : b], git[last[1] + 1 : g], tenant[last[2] + 1 : t])
        yield _Chunk(base[b : b + 1], git[g : g + 1], tenant[t : t + 1])
        last = (b, g, t)
