"""Work is done once, in parallel, and only after what it needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_sync.apply.schedule import Task, carry_out


@given(
    needs=st.lists(st.sets(st.integers(0, 30), max_size=3), max_size=30),
    bad=st.sets(st.integers(0, 30)),
    parallelism=st.integers(1, 4),
)
def test_every_task_ends_once_and_after_what_it_needs(
    needs: list[set[int]], bad: set[int], parallelism: int
) -> None:
    """A task whose need ended badly is skipped, and so are those behind it."""
    graph = {n: {need for need in wanted if need < n} for n, wanted in enumerate(needs)}
    ended: list[int] = []
    skipped: dict[int, str] = {}

    def run(n: int) -> bool:
        ended.append(n)
        return n not in bad

    def skip(n: int, why: str) -> None:
        ended.append(n)
        skipped[n] = why

    tasks = [
        Task(
            str(n),
            run=lambda n=n: run(n),  # type: ignore[misc]
            skip=lambda why, n=n: skip(n, why),  # type: ignore[misc]
            needs=tuple(map(str, sorted(graph[n]))),
        )
        for n in graph
    ]

    carry_out(tasks, parallelism=parallelism)

    assert sorted(ended) == list(graph)
    assert all(ended.index(need) < ended.index(n) for n in graph for need in graph[n])
    assert set(skipped) == {n for n in graph if any(m in bad or m in skipped for m in graph[n])}


def test_what_waits_for_nothing_that_exists_is_a_bug_that_is_told() -> None:
    """Nothing is dropped silently."""
    tasks = [Task("a", run=lambda: True, skip=lambda _why: None, needs=("b",))]

    with pytest.raises(ValueError, match="wait for each other"):
        carry_out(tasks, parallelism=2)


def test_a_stop_skips_what_has_not_begun() -> None:
    """With its reason."""
    told: list[str] = []
    tasks = [Task(str(n), run=lambda: True, skip=told.append) for n in range(3)]

    carry_out(tasks, parallelism=1, stopped=lambda: "enough")

    assert told == ["enough"] * 3
