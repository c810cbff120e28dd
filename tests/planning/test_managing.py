"""How far a manifest goes, and what a run looks at."""

from __future__ import annotations

import pytest
from planning.builders import (
    MARIA,
    US,
    actions,
    connection,
    live_connection,
    live_model,
    live_template,
    live_variant,
    model,
    only_change,
    plan_for,
    template,
)

from personalize_sync.planning.change import Cause
from personalize_sync.project import OnDrift
from personalize_sync.resources import Base, Manage, SecretRef

CREATE_ONLY = {"manage": Manage.CREATE_ONLY}
OBSERVE = {"manage": Manage.OBSERVE}


def test_create_only_creates() -> None:
    """As any manifest does."""
    assert actions(plan_for([template(settings=CREATE_ONLY)])) == ["create template/strip"]


def test_create_only_leaves_alone_what_exists() -> None:
    """Neither changed nor reported."""
    plan = plan_for(
        [template(name="New", settings=CREATE_ONLY)], live_template(modifiedByRef=MARIA)
    )

    assert plan.is_empty
    assert plan.drift == ()


def test_a_create_only_object_is_declared() -> None:
    """Prune does not take it for forgotten."""
    plan = plan_for([template(settings=CREATE_ONLY)], live_template(), prune=True)

    assert plan.is_empty
    assert plan.unmanaged == 0


def test_observe_reports_and_does_nothing() -> None:
    """What a person changed is listed as drift."""
    plan = plan_for([template(name="New", settings=OBSERVE)], live_template(modifiedByRef=MARIA))

    assert plan.is_empty
    assert [f.pointer for entry in plan.drift for f in entry.fields] == ["/name"]


def test_an_observed_object_that_is_missing_is_a_warning() -> None:
    """It is never created."""
    plan = plan_for([template(settings=OBSERVE)])

    assert plan.is_empty
    assert [(p.id, p.address, str(p.location)) for p in plan.diagnostics] == [
        ("PS7001", "template/strip", "strip.yaml:1:1")
    ]


def test_an_observed_object_is_declared() -> None:
    """Prune does not take it for forgotten."""
    assert plan_for([template(settings=OBSERVE)], live_template(), prune=True).is_empty


def test_an_equal_object_of_somebody_else_can_be_adopted() -> None:
    """It is no change until it is asked for."""
    plan = plan_for([template()], live_template(modifiedByRef=MARIA))

    assert plan.is_empty
    assert [str(a) for a in plan.adoptable] == ["template/strip"]
    assert plan.summary["adopt"] == 1


def test_a_different_object_of_somebody_else_is_undetermined() -> None:
    """Git's word is carried out, and shown for what it is."""
    plan = plan_for([template(name="Ours")], live_template(modifiedByRef=MARIA))

    assert (actions(plan), only_change(plan).cause) == (
        ["update template/strip"],
        Cause.UNDETERMINED,
    )
    assert plan.adoptable == ()


def test_a_kept_variant_is_not_deployed_either() -> None:
    """onDrift keep leaves the edit, and guests get what they got."""
    base = Base(live_variant().record, 1, US)
    edited = live_variant(definition="<maria/>", revision=2, modifiedByRef=MARIA)
    entry = {"variantRef": "ref-of-Main", "status": "PRODUCTION", "split": 100}

    plan = plan_for(
        model(),
        live_model("Banner", {**entry, "variantRevision": 1}),
        edited,
        bases={"ref-of-Main": base},
        on_drift=OnDrift.KEEP,
    )

    assert plan.is_empty
    assert [str(entry.address) for entry in plan.drift] == ["decision-variant/banner:main"]


DESIRED = [template("a"), template("b"), connection("c"), *model("d")]


@pytest.mark.parametrize(
    ("wishes", "addresses"),
    [
        ({"select": ("template/*",)}, ["template/a", "template/b"]),
        ({"select": ("template/*",), "exclude": ("*/b",)}, ["template/a"]),
        ({"select": ("*/c", "template/a")}, ["connection/c", "template/a"]),
        (
            {"exclude": ("template/*", "connection/*")},
            ["decision-model/d", "decision-variant/d:main"],
        ),
        ({"select": ("decision-model/d",)}, ["decision-model/d", "decision-variant/d:main"]),
        ({"exclude": ("decision-model/d",), "select": ("decision-*",)}, []),
        ({"select": ("template",)}, []),
    ],
)
def test_a_run_can_look_at_a_part(wishes: dict[str, tuple[str, ...]], addresses: list[str]) -> None:
    """Selected and not excluded; a model stands for its variants."""
    plan = plan_for(DESIRED, **wishes)  # type: ignore[arg-type]

    assert [str(change.address) for change in plan.changes] == addresses


def test_what_was_not_selected_is_declared_all_the_same() -> None:
    """It is not unmanaged, and nothing of it is reported."""
    plan = plan_for(
        [template("a", name="New"), template("b")],
        live_template("a", modifiedByRef=MARIA),
        live_template("b"),
        select=("template/b",),
    )

    assert plan.is_empty
    assert (plan.drift, plan.unmanaged, plan.adoptable) == ((), 0, ())


def test_a_secret_is_sent_with_every_write() -> None:
    """Its place is named, never its value."""
    auth = {"authType": "OAUTH", "clientSecret": SecretRef("WEATHER_SECRET")}
    live = live_connection(auth={"authType": "OAUTH"})

    change = only_change(plan_for([connection(auth=auth, description="New")], live))

    assert change.secrets == ("/auth/clientSecret",)
    assert [f.pointer for f in change.fields] == ["/description"]
