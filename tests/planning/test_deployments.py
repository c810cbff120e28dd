"""Decision models: variants, and the deployment that gives them to guests."""

from __future__ import annotations

import pytest
from planning.builders import (
    DMN,
    MARIA,
    US,
    actions,
    deployed,
    fields,
    live_model,
    live_variant,
    model,
    only_change,
    plan_for,
    wanted,
)

from personalize_sync.kinds import BY_NAME, Refs
from personalize_sync.planning.change import Cause
from personalize_sync.resources import ABSENT, AFTER_APPLY, Address, Base

REFS = Refs(
    {
        Address("decision-model", "banner"): "ref-of-Banner",
        Address("decision-variant", "banner:main"): "ref-of-Main",
        Address("decision-variant", "banner:calm"): "ref-of-Calm",
    }
)


def test_a_model_as_its_manifest_says_is_no_change() -> None:
    """One variant in production at the revision it has."""
    assert plan_for(model(), live_model("Banner", deployed()), live_variant()).is_empty


def test_a_new_model_comes_before_its_variants() -> None:
    """A variant is created below its model, so it needs the model's ref."""
    plan = plan_for(model())

    assert actions(plan) == ["create decision-model/banner", "create decision-variant/banner:main"]
    assert [str(a) for a in plan.changes[1].depends_on] == ["decision-model/banner"]


def test_a_changed_variant_is_deployed_after_it_was_written() -> None:
    """The model pins a revision that is known only then."""
    plan = plan_for(
        model(), live_model("Banner", deployed()), live_variant(definition="<definitions/>")
    )

    assert actions(plan) == ["update decision-variant/banner:main", "update decision-model/banner"]
    pin = fields(plan.changes[1])["/variants/main/revision"]
    assert (pin.before, pin.after, pin.cause) == (1, AFTER_APPLY, Cause.PENDING)
    assert [str(a) for a in plan.changes[1].depends_on] == ["decision-variant/banner:main"]


def test_a_deployment_of_an_old_revision_is_moved_to_the_newest() -> None:
    """A variant that was edited without being deployed is deployed."""
    plan = plan_for(model(), live_model("Banner", deployed()), live_variant(revision=4))

    assert actions(plan) == ["update decision-model/banner"]
    assert fields(only_change(plan))["/variants/main/revision"].after == 4


def test_a_variant_that_nobody_deploys_costs_its_model_nothing() -> None:
    """A draft someone made in the tenant is neither shown as a difference nor counted as one."""
    plan = plan_for(
        model(), live_model("Banner", deployed()), live_variant(), live_variant("Maria's")
    )

    assert plan.is_empty
    assert plan.unmanaged == 1


@pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
def test_an_idle_entry_that_the_tenant_added_is_no_difference(status: str) -> None:
    """A tenant may enter each new variant by itself."""
    entry = deployed("Maria's", status=status, split=0)
    objects = live_variant(), live_variant("Maria's")

    assert plan_for(model(), live_model("Banner", deployed(), entry), *objects).is_empty


@pytest.mark.parametrize("listed", [True, False])
def test_a_deployed_variant_that_no_manifest_lists_leaves_the_deployment(*, listed: bool) -> None:
    """The plan shows what guests would lose, even if the variant itself is in no list."""
    entries = deployed(split=60), deployed("Maria's", split=40, variantRevision=7)
    strangers = [live_variant("Maria's")] if listed else []
    key = "maria_s" if listed else "ref-of-Maria's"

    plan = plan_for(model(), live_model("Banner", *entries), live_variant(), *strangers)

    assert {p: (f.before, f.after) for p, f in fields(only_change(plan)).items()} == {
        "/variants/main/split": (60, 100),
        f"/variants/{key}/status": ("PRODUCTION", ABSENT),
        f"/variants/{key}/split": (40, ABSENT),
        f"/variants/{key}/revision": (7, ABSENT),
    }


def test_a_stated_draft_that_is_in_production_is_taken_out() -> None:
    """DRAFT with no share is a state like any other."""
    stated = {"main": {"name": "Main", "definition": DMN, "status": "DRAFT", "split": 0}}
    live = live_model("Banner", deployed()), live_variant()

    changed = fields(only_change(plan_for(model(variants=stated), *live)))

    assert changed["/variants/main/status"].after == "DRAFT"
    assert changed["/variants/main/split"].after == 0


def test_a_new_draft_is_created_and_not_deployed() -> None:
    """A variant starts outside the deployment: its model has nothing to do."""
    calm = {"name": "Calm", "definition": DMN, "status": "DRAFT", "split": 0}
    main = {"name": "Main", "definition": DMN, "status": "PRODUCTION", "split": 100}

    plan = plan_for(
        model(variants={"main": main, "calm": calm}),
        live_model("Banner", deployed()),
        live_variant(),
    )

    assert actions(plan) == ["create decision-variant/banner:calm"]


def test_an_edit_of_the_deployment_by_a_person_is_drift() -> None:
    """Its base is the newest revision of ours."""
    base = Base(live_model("Banner", deployed()).record, 1, US)
    live = live_model("Banner", deployed(split=90), revision=2, modifiedByRef=MARIA)

    plan = plan_for(model(), live, live_variant(), bases={"ref-of-Banner": base})

    split = fields(only_change(plan))["/variants/main/split"]
    assert (split.cause, split.base, split.before, split.after) == (Cause.DRIFT, 100, 90, 100)


def test_the_body_keeps_idle_entries_and_drops_serving_ones_that_are_not_listed() -> None:
    """Exactly what the plan showed is what is sent."""
    idle, serving = deployed("Idle", status="DRAFT"), deployed("Serving")
    record = live_model("Banner", deployed(control=True), idle, serving).record
    stated = {
        "main": {"status": "TEST", "split": 0, "revision": 3},
        "calm": {"status": "PRODUCTION", "split": 100, "revision": 2},
    }
    resource = wanted("decision-model", "banner", {"name": "Banner", "variants": stated})

    body = BY_NAME["decision-model"].overlay(record, resource, REFS)

    assert body["deploymentConfiguration"]["variants"] == [
        deployed(control=True, status="TEST", split=0, variantRevision=3),
        idle,
        deployed("Calm", variantRevision=2),
    ]
