"""Merging texts line by line, as version control does, and fitting them to the file they go to."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from personalize_sync.pull.marks import BETWEEN, GIT, TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

# Comparing lines that occur very often takes time beyond measure; a tenant's text may be hostile.
_MOST_PAIRS = 1_000_000


class Merged(NamedTuple):
    """A merged text, and whether both sides still stand in it somewhere, marked."""

    text: str
    is_contested: bool


class _Chunk(NamedTuple):
    base: list[str]
    git: list[str]
    tenant: list[str]


def merge(base: str | None, git: str, tenant: str) -> Merged:
    """Return both sides' edits of `base` in one text; without a base, every difference is marked."""
    lines: list[str] = []
    is_contested = False
    # Line ends are no edits: a server may rewrite them all.
    ours, theirs = _lines(git), _lines(tenant)
    chunks = _two_way(ours, theirs) if base is None else _three_way(_lines(base), ours, theirs)
    for chunk in chunks:
        if chunk.git == chunk.tenant or (base is not None and chunk.tenant == chunk.base):
            lines += chunk.git
        elif base is not None and chunk.git == chunk.base:
            lines += chunk.tenant
        else:
            is_contested = True
            lines += _contested(chunk)
    return Merged(with_ends_of(git, "\n".join(lines)), is_contested)


def _contested(chunk: _Chunk) -> list[str]:
    """Return a conflict, what both sides have in common at its ends left out of it."""
    git, tenant = chunk.git, chunk.tenant
    head = _common(git, tenant)
    git, tenant, before = git[head:], tenant[head:], git[:head]
    tail = _common(git[::-1], tenant[::-1])
    after = git[len(git) - tail :]
    git, tenant = git[: len(git) - tail], tenant[: len(tenant) - tail]
    return [*before, GIT, *git, BETWEEN, *tenant, TENANT, *after]


def _common(one: list[str], other: list[str]) -> int:
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same


def _two_way(git: list[str], tenant: list[str]) -> Iterator[_Chunk]:
    blocks = [(0, 0, 0), *_matching(git, tenant), (len(git), len(tenant), 0)]
    for (a, b, size), (next_a, next_b, _) in pairwise(blocks):
        same = git[a : a + size]
        yield _Chunk(same, same, same)
        yield _Chunk([], git[a + size : next_a], tenant[b + size : next_b])


def _three_way(base: list[str], git: list[str], tenant: list[str]) -> Iterator[_Chunk]:
    """Yield what lies on and between the lines that all three have."""
    in_git, in_tenant = _counterparts(base, git), _counterparts(base, tenant)
    kept = [i for i in range(len(base)) if i in in_git and i in in_tenant]
    last = (-1, -1, -1)
    for b, g, t in [
        *((i, in_git[i], in_tenant[i]) for i in kept),
        (len(base), len(git), len(tenant)),
    ]:
        yield _Chunk(base[last[0] + 1 : b], git[last[1] + 1 : g], tenant[last[2] + 1 : t])
        yield _Chunk(base[b : b + 1], git[g : g + 1], tenant[t : t + 1])
        last = (b, g, t)


def _counterparts(base: list[str], other: list[str]) -> dict[int, int]:
    return {a + i: b + i for a, b, size in _matching(base, other) for i in range(size)}


def _matching(one: list[str], other: list[str]) -> list[tuple[int, int, int]]:
    """Return the runs of equal lines; only those at the ends where the rest costs too much."""
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    counts = Counter(right)
    middle: list[tuple[int, int, int]] = []
    if sum(counts[line] for line in left) <= _MOST_PAIRS:
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        middle = [(a + head, b + head, size) for a, b, size in matcher.get_matching_blocks()]
    ends = [(0, 0, head), *middle, (len(one) - tail, len(other) - tail, tail)]
    return [block for block in ends if block[2]]


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


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
