"""Who moved a field: the table of base, desired and live."""

from __future__ import annotations

from typing import Any

import pytest
from planning.builders import (
    MARIA,
    US,
    connection,
    fields,
    live_connection,
    live_template,
    only_change,
    plan_for,
    template,
)

from personalize_sync.planning.change import Cause, FieldChange
from personalize_sync.resources import ABSENT, Base


def planned(base: dict[str, Any], desired: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """Plan a template that we wrote as `base` and Maria then left as `live`; its changed fields."""
    ours = Base(live_template(**base).record, 1, US, "2026-01-01T00:00:00Z")
    plan = plan_for(
        [template(**desired)],
        live_template(revision=2, modifiedByRef=MARIA, **live),
        bases={"ref-of-strip": ours},
    )
    return fields(only_change(plan)) if plan.changes else {}


def causes(base: dict[str, Any], desired: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """Return the cause of each changed field."""
    return {path: field.cause for path, field in planned(base, desired, live).items()}


A, B, C = ({"description": text} for text in "abc")
TABLE: tuple[tuple[str, Any, Any, Any, Cause | None], ...] = (
    ("nobody moved", A, A, A, None),
    ("Git moved", A, B, A, Cause.PENDING),
    ("the tenant moved", A, A, B, Cause.DRIFT),
    ("both moved to the same", A, B, B, None),
    ("both moved apart", A, B, C, Cause.CONFLICT),
    ("Git states a field that was not there", {}, A, {}, Cause.PENDING),
    ("Git states a field that the tenant added", {}, A, B, Cause.CONFLICT),
    ("the tenant emptied a field", A, A, {}, Cause.DRIFT),
    ("the tenant nulled a field", A, A, {"description": None}, Cause.DRIFT),
    ("Git moved what the tenant emptied", A, B, {}, Cause.CONFLICT),
    ("Git empties a field", A, {"description": ""}, A, Cause.PENDING),
    ("Git leaves a field out", A, {}, B, None),
)


@pytest.mark.parametrize(
    ("why", "base", "desired", "live", "cause"), TABLE, ids=[r[0] for r in TABLE]
)
def test_the_cause_of_a_field(
    why: str, base: dict[str, Any], desired: dict[str, Any], live: dict[str, Any], cause: object
) -> None:
    """Base against desired, and base against live."""
    assert causes(base, desired, live) == ({"/description": cause} if cause else {}), why


def test_each_field_has_its_own_cause() -> None:
    """One object can be ahead, behind and in conflict at once; the gravest cause is its own."""
    base = {"name": "a", "icon": "a", "status": "DRAFT"}
    desired = {"name": "b", "icon": "a", "status": "PUBLISHED"}
    live = {"name": "a", "icon": "c", "status": "GONE"}

    assert causes(base, desired, live) == {
        "/name": Cause.PENDING,
        "/icon": Cause.DRIFT,
        "/status": Cause.CONFLICT,
    }


def test_elements_have_causes_of_their_own() -> None:
    """A person's new element is drift, Git's changed one is pending."""
    assert causes(
        {"elements": {"html": "a"}},
        {"templateElements": {"html": "b"}},
        {"elements": {"html": "a", "css": "x"}},
    ) == {"/templateElements/html": Cause.PENDING, "/templateElements/css": Cause.DRIFT}


STILL: tuple[tuple[str, Any, Any, Any], ...] = (
    ("the order of a set", {"tags": ["a", "b"]}, {"tags": ["b", "a"]}, {"tags": ["c"]}),
    ("null for nothing", {}, {"icon": None}, {"icon": "c"}),
    ("nothing for null", {"icon": None}, {}, {"icon": "c"}),
    ("an empty text for nothing", {}, {"icon": ""}, {"icon": "c"}),
    ("nothing for an empty text", {"icon": ""}, {}, {"icon": "c"}),
    ("line ends", {"description": "a\r\nb"}, {"description": "a\nb"}, {"description": "c"}),
    ("a float for an integer", {"icon": 1}, {"icon": 1.0}, {"icon": "c"}),
)


@pytest.mark.parametrize(("why", "base", "live", "desired"), STILL, ids=[row[0] for row in STILL])
def test_the_tenant_has_not_moved_a_field_by_writing_it_otherwise(
    why: str, base: dict[str, Any], live: dict[str, Any], desired: dict[str, Any]
) -> None:
    """What Git then changes is pending, no conflict."""
    assert list(causes(base, desired, live).values()) == [Cause.PENDING], why


def test_a_field_tells_all_three_values() -> None:
    """What we wrote, what the tenant has, and what Git wants."""
    field = planned(A, B, C)["/description"]

    assert (field.base, field.before, field.after) == ("a", "c", "b")


def test_what_we_wrote_last_is_the_last_applied_state() -> None:
    """No history is needed: every difference is Git's."""
    change = only_change(plan_for([template(description="b")], live_template(description="a")))

    assert change.base.found == "live"
    assert [(f.cause, f.base) for f in change.fields] == [(Cause.PENDING, "a")]


@pytest.mark.parametrize(
    ("live", "bases", "found"),
    [
        (live_template(name="x", modifiedByRef=MARIA), {}, "none"),
        (live_template(name="x", modifiedByRef=MARIA), {"ref-of-strip": None}, "none"),
        (live_template(name="x", modifiedByRef=None), {}, "unreadable"),
    ],
    ids=["history not asked for", "no revision of ours", "no author"],
)
def test_an_unknown_base_is_never_guessed(live: Any, bases: Any, found: str) -> None:
    """Every difference is undetermined, and shows no base."""
    change = only_change(plan_for([template()], live, bases=bases))

    assert (change.base.found, change.cause) == (found, Cause.UNDETERMINED)
    assert [(f.cause, f.base) for f in change.fields] == [(Cause.UNDETERMINED, ABSENT)]


def test_a_connection_has_no_history() -> None:
    """After a person's edit nobody knows who moved."""
    live = live_connection(modifiedByRef=MARIA, description="by Maria")

    change = only_change(plan_for([connection(description="by Git")], live))

    assert change.cause is Cause.UNDETERMINED


def test_drift_names_the_author_and_the_time() -> None:
    """And only the fields that the tenant moved, or may have."""
    ours = Base(live_template(icon="a").record, 1, US)
    live = live_template(revision=5, modifiedByRef=MARIA, icon="b", modifiedAt="2026-05-05T05:05Z")

    plan = plan_for([template(icon="a", name="New")], live, bases={"ref-of-strip": ours})

    (drift,) = plan.drift
    assert (str(drift.address), drift.author, drift.at, drift.revision) == (
        "template/strip",
        MARIA,
        "2026-05-05T05:05Z",
        5,
    )
    assert [f.pointer for f in drift.fields] == ["/icon"]


def test_a_change_of_git_alone_is_no_drift() -> None:
    """What is only pending is not listed there."""
    assert plan_for([template(name="New")], live_template()).drift == ()


def test_a_created_object_lists_what_it_will_be() -> None:
    """Every stated field is pending, from nothing."""
    change = only_change(plan_for([template(templateElements={"html": "x"}, tags=["a"])]))

    assert {p: (f.before, f.after, f.cause) for p, f in fields(change).items()} == {
        "/name": (ABSENT, "Strip", Cause.PENDING),
        "/type": (ABSENT, "WEB", Cause.PENDING),
        "/status": (ABSENT, "DRAFT", Cause.PENDING),
        "/templateElements/html": (ABSENT, "x", Cause.PENDING),
        "/tags": (ABSENT, ["a"], Cause.PENDING),
    }


def test_a_field_knows_its_place_and_its_gravity() -> None:
    """The source travels with the value."""
    change = only_change(plan_for([template(status="PUBLISHED", name="New")], live_template()))
    places: dict[str, FieldChange] = fields(change)

    assert str(places["/status"].location) == "strip.yaml:1:3"
    assert {p: f.risk for p, f in places.items()} == {"/status": "lifecycle", "/name": "cosmetic"}
    assert change.risk == "lifecycle"
