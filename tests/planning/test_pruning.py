"""What may be archived: only what we own, declared nowhere, and only when asked."""

from __future__ import annotations

from typing import Any

import pytest
from planning.builders import (
    MARIA,
    US,
    actions,
    live_connection,
    live_model,
    live_template,
    live_variant,
    model,
    only_change,
    plan_for,
    rules_against,
    template,
)

from personalize_sync.planning.change import Action
from personalize_sync.resources import Base

OURS = Base(live_template().record, 3, US)


def test_nothing_is_archived_unless_asked() -> None:
    """An object without a manifest is unmanaged."""
    plan = plan_for([], live_template())

    assert plan.is_empty
    assert plan.unmanaged == 1


def test_what_we_wrote_last_is_ours() -> None:
    """It is archived, and no longer counted as unmanaged."""
    plan = plan_for([], live_template(), prune=True)

    change = only_change(plan)
    assert actions(plan) == ["archive template/strip"]
    assert (change.risk, change.desired, plan.unmanaged) == ("destructive", None, 0)
    assert change.expect
    assert (change.expect.ref, change.expect.revision) == ("ref-of-strip", 1)


NOT_OURS: tuple[tuple[str, Any, dict[str, Base | None]], ...] = (
    ("a person's connection: it has no history", live_connection(modifiedByRef=MARIA), {}),
    ("a history without us", live_template(modifiedByRef=MARIA), {"ref-of-strip": None}),
    ("no readable author", live_template(modifiedByRef=None), {}),
    (
        "no readable author, whatever the history",
        live_template(modifiedByRef=None),
        {"ref-of-strip": None},
    ),
    ("a built-in template", live_template(defaultTemplate=True), {}),
    ("an archived object", live_template(archived=True), {}),
)


@pytest.mark.parametrize(("why", "live", "bases"), NOT_OURS, ids=[row[0] for row in NOT_OURS])
def test_what_is_not_proven_ours_is_left_alone(
    why: str, live: Any, bases: dict[str, Base | None]
) -> None:
    """No archive is even proposed."""
    assert plan_for([], live, bases=bases, prune=True).is_empty, why


def test_what_we_wrote_once_is_ours() -> None:
    """A revision of ours in the history is evidence."""
    plan = plan_for(
        [], live_template(modifiedByRef=MARIA), bases={"ref-of-strip": OURS}, prune=True
    )

    change = only_change(plan)
    assert (change.action, change.base.found, change.base.revision) == (
        Action.ARCHIVE,
        "revision",
        3,
    )


def test_a_history_that_was_not_asked_for_is_asked_for() -> None:
    """Only after the answer the archive stands or falls."""
    live = live_template(modifiedByRef=MARIA)
    first = plan_for([], live, prune=True)

    assert first.questions == (live,)
    assert first.changes == ()
    answered = plan_for([], live, bases={"ref-of-strip": OURS}, prune=True)
    assert answered.questions == ()


@pytest.mark.parametrize(
    ("owns", "archived"),
    [(("*",), True), (("template/s*",), True), (("connection/*",), False), ((), False)],
)
def test_a_project_may_own_a_part(owns: tuple[str, ...], *, archived: bool) -> None:
    """Where several repositories share one key."""
    plan = plan_for([], live_template(), prune=True, rules={"owns": owns})

    assert bool(plan.changes) is archived
    assert plan.unmanaged == (not archived)


def test_archives_come_last_and_in_reverse() -> None:
    """What is used goes after its users."""
    plan = plan_for(
        [template("new"), *model("kept", name="Kept")],
        live_connection(),
        live_template("old"),
        live_model("Old"),
        live_variant("Old variant", of="ref-of-Old"),
        prune=True,
    )

    assert actions(plan) == [
        "create template/new",
        "create decision-model/kept",
        "create decision-variant/kept:main",
        "archive decision-variant/old:old_variant",
        "archive decision-model/old",
        "archive template/old",
        "archive connection/weather",
    ]


def test_an_archive_is_never_blocked_by_a_create() -> None:
    """Each change is judged by itself."""
    plan = plan_for([template("new")], live_template("old"), prune=True)

    assert [rules_against(change) for change in plan.changes] == [[], []]
