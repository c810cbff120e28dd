"""Whether Git already holds what the tenant changed in a text, line by line."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.strategies import thorough
from planning.test_causes import causes

from personalize_sync.planning.change import Cause
from personalize_sync.planning.lines import holds_all
from personalize_sync.pull.merging import merge

_BASE = "a\nb\nc\nd\ne"
_LINES = st.lists(st.sampled_from(["a", "b", "c", "}", ""]), max_size=10)

TEXTS = (
    ("both edits merged", "A\nb\nc\nd\nE", "a\nb\nc\nd\nE", Cause.PENDING),
    ("a line added", "A\nb\nc\nd\ne\nf", "a\nb\nc\nd\ne\nf", Cause.PENDING),
    ("a line taken away", "A\nb\nd\ne", "a\nb\nd\ne", Cause.PENDING),
    ("the tenant's line is not there", "A\nb\nc\nd\ne", "a\nb\nc\nd\nE", Cause.CONFLICT),
    ("it is another one", "A\nb\nc\nd\nX", "a\nb\nc\nd\nE", Cause.CONFLICT),
    ("one of two is there", "A\nb\nc\nd\nE", "a\nb\nC\nd\nE", Cause.CONFLICT),
    ("what it took away is still there", "A\nb\nc\nd\ne", "a\nb\nd\ne", Cause.CONFLICT),
    ("the server trims", "A\nb\nc\nd\nE\n", "a\nb\nc\nd\nE", Cause.PENDING),
)


@pytest.mark.parametrize(("why", "desired", "live", "cause"), TEXTS, ids=[r[0] for r in TEXTS])
def test_the_cause_of_a_text(why: str, desired: str, live: str, cause: Cause) -> None:
    """Pending, if writing Git's text takes no line of the tenant's away."""
    texts = ({"description": text} for text in (_BASE, desired, live))

    assert causes(*texts) == {"/description": cause}, why


@thorough
@given(_LINES, _LINES, _LINES)
def test_no_line_of_the_tenant_is_ever_lost(
    base: list[str], git: list[str], tenant: list[str]
) -> None:
    """Where Git is said to hold all, it has as many of each line as the tenant added."""
    if holds_all(base, git, tenant):
        assert Counter(tenant) - Counter(base) <= Counter(git)


@thorough
@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_no_line_that_the_tenant_took_away_comes_back(
    git: set[int], tenant: set[int], added: set[int]
) -> None:
    """With lines that all differ, Git holds all exactly if it did the same."""
    base = list(range(10))
    ours = [line for n in base if n not in git for line in ([n, -n - 1] if n in added else [n])]
    theirs = [n for n in base if n not in tenant]

    if holds_all(base, ours, theirs):
        assert tenant <= git


@thorough
@given(_LINES, _LINES)
def test_git_holds_its_own_edits_and_no_edits(base: list[str], other: list[str]) -> None:
    """Nothing is missing where the tenant did nothing, or the same; all is where Git did nothing."""
    assert holds_all(base, other, base)
    assert holds_all(base, other, other)
    assume(base != other)
    assert not holds_all(base, base, other)


@thorough
@given(st.sets(st.integers(0, 19)), st.sets(st.integers(0, 19)))
def test_git_holds_all_after_a_clean_merge(git: set[int], tenant: set[int]) -> None:
    """Where no two edits touch, the merged text is pending."""
    base = [str(n) for n in range(20)]
    ours = "\n".join(f"git {n}" if int(n) in git else n for n in base)
    theirs = "\n".join(f"tenant {n}" if int(n) in tenant else n for n in base)

    merged = merge("\n".join(base), ours, theirs)

    assert merged.is_contested or holds_all(base, merged.text.split("\n"), theirs.split("\n"))
