"""How many changes at once are believable: exactly up to the threshold."""

from __future__ import annotations

import pytest
from planning.builders import MARIA, live_template, plan_for, rules_against, template

from personalize_sync.planning.plan import Plan
from personalize_sync.project import Threshold


def blocked_by(plan: Plan, rule: str) -> int:
    """Return how many changes a rule objects to."""
    return sum(rule in rules_against(change) for change in plan.changes)


def archiving(count: int, *, owned: int, **settings: object) -> Plan:
    """Prune `count` of `owned` templates."""
    kept = [template(f"t{i}") for i in range(count, owned)]
    live = [live_template(f"t{i}") for i in range(owned)]
    return plan_for(kept, *live, prune=True, **settings)  # type: ignore[arg-type]


def updating(count: int, *, owned: int, author: str = "", **settings: object) -> Plan:
    """Rename `count` of `owned` templates."""
    by = {"modifiedByRef": author} if author else {}
    live = [
        live_template(f"t{i}", name="Old" if i < count else "Strip", **by) for i in range(owned)
    ]
    return plan_for([template(f"t{i}") for i in range(owned)], *live, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "owned", "blocked"),
    [
        (5, 30, 0),  # at most 5
        (6, 30, 6),
        (2, 10, 0),  # at most 20 %
        (3, 10, 3),
        (2, 9, 0),  # below 10 objects a percentage says nothing
        (5, 9, 0),
        (6, 9, 6),
        (4, 20, 0),
        (5, 20, 5),
        (5, 25, 0),
        (5, 24, 5),
    ],
)
def test_archives_of_one_kind(count: int, owned: int, blocked: int) -> None:
    """At most five, and at most a fifth of what we own."""
    plan = archiving(count, owned=owned)

    assert len(plan.changes) == count
    assert blocked_by(plan, "archive") == blocked


@pytest.mark.parametrize(
    ("count", "owned", "blocked"),
    [(5, 10, 0), (6, 10, 6), (9, 9, 0), (10, 20, 0), (11, 20, 11), (11, 21, 11), (10, 21, 0)],
)
def test_updates_of_one_kind(count: int, owned: int, blocked: int) -> None:
    """At most half of what we own."""
    assert blocked_by(updating(count, owned=owned), "update") == blocked


def test_objects_of_others_are_not_counted_as_ours() -> None:
    """A tenant full of other people's templates makes no crowd of ours small."""
    foreign = [live_template(f"f{i}", modifiedByRef=MARIA) for i in range(100)]
    live = [live_template(f"t{i}") for i in range(10)]

    plan = plan_for(
        [template(f"t{i}") for i in range(7)],
        *live,
        *foreign,
        bases=dict.fromkeys(item.ref for item in foreign),
        prune=True,
    )

    assert blocked_by(plan, "archive") == 3


def test_taking_over_a_tenant_is_no_crowd() -> None:
    """Nothing in it is ours yet, so there is nothing to take a percentage of."""
    assert blocked_by(updating(20, owned=20, author=MARIA), "update") == 0


@pytest.mark.parametrize(
    ("limit", "blocked"),
    [
        (Threshold(max=3), 0),
        (Threshold(max=2), 3),
        (Threshold(max=0), 3),
        (Threshold(percent=30), 0),
        (Threshold(percent=29), 3),
        (Threshold(), 0),
    ],
)
def test_the_project_says_how_many(limit: Threshold, blocked: int) -> None:
    """Three of ten."""
    archived = archiving(3, owned=10, rules={"archive_limit": limit})
    updated = updating(3, owned=10, rules={"update_limit": limit})

    assert (blocked_by(archived, "archive"), blocked_by(updated, "update")) == (blocked, blocked)


def test_the_objection_names_the_numbers_and_the_word() -> None:
    """The override allows this kind's archives and nothing else."""
    (block, *_) = archiving(6, owned=9).changes[0].blocked

    assert block.message == "6 (more than 5) templates would be archived at once"
    assert block.override == "--allow 'archive=template/*'"


@pytest.mark.parametrize(
    ("allow", "blocked"),
    [
        ("template/*", 0),
        ("template/t0", 0),  # the other five are as many as are believable
        ("connection/*", 6),
    ],
)
def test_what_was_allowed_is_no_part_of_the_crowd(allow: str, blocked: int) -> None:
    """Allowing one by its address leaves the others to be counted."""
    plan = archiving(6, owned=9, allow=(("archive", allow),))

    assert blocked_by(plan, "archive") == blocked


def test_creates_are_no_crowd() -> None:
    """A first apply may bring hundreds."""
    plan = plan_for([template(f"t{i}") for i in range(200)])

    assert len(plan.changes) == 200
    assert plan.blocked == ()
