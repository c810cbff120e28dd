"""Texts line by line: which lines two of them share, and whether one has all edits of another."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

# Comparing lines that occur very often takes time beyond measure; a tenant's text may be hostile.
_MOST_PAIRS = 1_000_000


def holds_all(
    base: Sequence[Hashable], git: Sequence[Hashable], tenant: Sequence[Hashable]
) -> bool:
    """Whether Git has all that the tenant made of `base`, so that overwriting it loses nothing.

    Each edit of the tenant has to stand in Git as it does there, between the same two neighbours:
    then what it added is kept, and what it took away has not come back in its place.
    """
    at = {-1: -1, len(tenant): len(git)} | counterparts(tenant, git)
    base_at = tenant_at = 0
    for b, t, size in [*matching(base, tenant), (len(base), len(tenant), 0)]:
        before = tenant_at - 1
        is_edited = (b, t) != (base_at, tenant_at)
        if is_edited and any(
            before not in at or at.get(i) != at[before] + i - before for i in range(before, t + 1)
        ):
            return False
        base_at, tenant_at = b + size, t + size
    return True


def counterparts(base: Sequence[Hashable], other: Sequence[Hashable]) -> dict[int, int]:
    """Return the places of the lines of `base` that another text has too, and where."""
    return {a + i: b + i for a, b, size in matching(base, other) for i in range(size)}


def matching(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Return the runs of equal lines; only those at the ends where the rest costs too much."""
    head = common(one, other)
    tail = common(one[head:][::-1], other[head:][::-1])
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    counts = Counter(right)
    middle: list[tuple[int, int, int]] = []
    if sum(counts[line] for line in left) <= _MOST_PAIRS:
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        middle = [(a + head, b + head, size) for a, b, size in matcher.get_matching_blocks()]
    ends = [(0, 0, head), *middle, (len(one) - tail, len(other) - tail, tail)]
    return [block for block in ends if block[2]]


def common(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Return how many lines two texts begin with together."""
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, whatever their ends."""
    return text.replace("\r\n", "\n").split("\n")


def sides(base: str, git: str, tenant: str) -> tuple[list[str], list[str], list[str]]:
    """Return the lines of all three; where a server trimmed ours, with the final newline of Git."""
    if base == base.strip():
        base, tenant = fitted(base, git), fitted(tenant, git)
    return lines_of(base), lines_of(git), lines_of(tenant)


def with_ends_of(model: str, text: str) -> str:
    """Return a text with the line ends of another one, if that one keeps to CRLF."""
    windows = model.count("\r\n")
    if windows and windows == model.count("\n") and "\r" not in text:
        return text.replace("\n", "\r\n")
    return text


def fitted(text: str, model: str) -> str:
    """Return a tenant's text in the line ends of a file, and with its final newline.

    A server may rewrite line ends and trim texts, so their absence is no edit.
    """
    closing = model[len(model.rstrip("\r\n")) :]
    if closing and text == text.strip():
        text += closing.replace("\r\n", "\n")
    return with_ends_of(model, text)
