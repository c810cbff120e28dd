"""Which live object a manifest means."""

from __future__ import annotations

import pytest
from planning.builders import (
    actions,
    connection,
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

from personalize_sync.kinds import Refs
from personalize_sync.planning.match import match
from personalize_sync.resources import Address


def test_a_template_is_known_by_its_friendly_id() -> None:
    """A template of the same name under another friendlyId is another template."""
    plan = plan_for([template("strip")], live_template("other", name="Strip"))

    assert actions(plan) == ["create template/strip"]
    assert plan.unmanaged == 1


def test_a_renamed_template_is_found_by_the_key_it_had() -> None:
    """With renamedFrom the object is updated in place, without it there would be two."""
    plan = plan_for(
        [template("strip", name="Strip 2", settings={"renamed_from": ("bar",)})],
        live_template("bar", ref="r1"),
    )

    change = only_change(plan)
    assert (actions(plan), change.expect and change.expect.ref) == (["update template/strip"], "r1")
    assert plan.unmanaged == 0


def test_the_present_key_goes_before_a_former_one() -> None:
    """Where both exist, the former object is somebody else's business."""
    matches = match(
        [template("strip", settings={"renamed_from": ("bar",)})],
        [live_template("bar"), live_template("strip")],
    )

    assert {str(a): live.ref for a, live in matches.live.items()} == {
        "template/strip": "ref-of-strip"
    }
    assert {str(a) for a in matches.unclaimed} == {"template/bar"}


@pytest.mark.parametrize("name", ["weather", "Weather ", "WEATHER", "Weather2"])
def test_a_connection_is_known_by_its_exact_name(name: str) -> None:
    """Names that are nearly equal are never taken for each other."""
    plan = plan_for([connection(name="Weather")], live_connection(name))

    assert actions(plan) == ["create connection/weather"]


def test_a_renamed_connection_is_found_by_the_name_it_had() -> None:
    """The former name matches; the new one is then a pending change of the name."""
    plan = plan_for(
        [connection(name="Climate", settings={"renamed_from": ("Weather",)})],
        live_connection("Weather"),
    )

    assert [f.pointer for f in only_change(plan).fields] == ["/name"]
    assert actions(plan) == ["update connection/weather"]


def test_an_archived_template_of_the_key_is_restored() -> None:
    """The friendlyId stays reserved, so that a create would be refused."""
    plan = plan_for([template("strip")], live_template("strip", archived=True))

    change = only_change(plan)
    assert actions(plan) == ["restore template/strip"]
    assert change.expect
    assert change.expect.ref == "ref-of-strip"


def test_a_living_template_goes_before_an_archived_one() -> None:
    """An archived twin matters only while nobody lives under the friendlyId."""
    plan = plan_for(
        [template("strip")], live_template("strip", ref="dead", archived=True), live_template()
    )

    assert plan.is_empty


def test_an_archived_connection_is_left_alone() -> None:
    """The server may have renamed it, and its name is free again."""
    plan = plan_for([connection()], live_connection(archived=True))

    assert actions(plan) == ["create connection/weather"]
    assert plan.unmanaged == 0


def test_an_archived_model_is_left_alone() -> None:
    """A model of the same name is created anew."""
    plan = plan_for(model(variants={}), live_model(archived=True))

    assert actions(plan) == ["create decision-model/banner"]


def test_two_living_objects_of_one_name_are_a_problem_never_a_guess() -> None:
    """Nothing overrides it, since nobody can say which one is meant."""
    twins = [live_connection(ref="r1"), live_connection(ref="r2", description="The other one")]

    change = only_change(
        plan_for([connection()], *twins, allow=(("duplicate-name", "*"), ("*", "*")))
    )

    assert rules_against(change) == ["duplicate-name"]
    assert change.blocked[0].override == ""
    said = "{}, revision 1, by our-key@clients, 2026-02-03T04:05:06Z"
    assert f"({said.format('r1')}; {said.format('r2')})" in change.blocked[0].message


def test_objects_of_an_ambiguous_name_are_no_prune_candidates() -> None:
    """One of them is the declared one."""
    twins = [live_connection(ref="r1"), live_connection(ref="r2")]

    plan = plan_for([connection()], *twins, prune=True)

    assert [c.action.value for c in plan.changes] == ["update"]


def test_variants_of_an_ambiguous_model_wait() -> None:
    """Which model would get them is nobody's guess either."""
    plan = plan_for(model(), live_model(ref="r1"), live_model(ref="r2"))

    assert actions(plan) == ["update decision-model/banner"]
    assert rules_against(only_change(plan)) == ["duplicate-name"]


def test_variants_are_told_apart_within_their_model() -> None:
    """The same variant name below another model is another variant."""
    matches = match(
        model(),
        [
            live_model("Banner"),
            live_model("Nudge"),
            live_variant("Main", of="ref-of-Banner", ref="v1"),
            live_variant("Main", of="ref-of-Nudge", ref="v2"),
        ],
    )

    assert matches.live[Address("decision-variant", "banner:main")].ref == "v1"
    assert {str(a) for a in matches.unclaimed} == {
        "decision-model/nudge",
        "decision-variant/nudge:main",
    }


def test_an_unclaimed_object_is_addressed_by_the_slug_of_its_name() -> None:
    """Templates and flows keep their friendlyId."""
    matches = match([], [live_connection("Loyalty Points!"), live_template("promo_strip")])

    assert {str(a) for a in matches.unclaimed} == {
        "connection/loyalty_points",
        "template/promo_strip",
    }


def test_every_unclaimed_object_has_an_address_of_its_own() -> None:
    """Names with one slug, and even refs with one beginning, hide no object."""
    objects = [
        live_connection(name, ref=f"c0000000-0000-4000-8000-00000000000{i}")
        for i, name in enumerate(("A b", "A-b", "a_b", "a b"))
    ]

    matches = match([], objects)

    assert {item.ref for item in matches.unclaimed.values()} == {o.ref for o in objects}


def test_an_unclaimed_object_never_takes_the_address_of_a_manifest() -> None:
    """A name that was changed without renamedFrom makes a new object beside the old one."""
    plan = plan_for([connection("weather", name="Weather v2")], live_connection(), prune=True)

    create, archive = plan.changes
    assert str(create.address) == "connection/weather"
    assert archive.live
    assert archive.live.name == "Weather"
    assert archive.address != create.address


def test_refs_lead_both_ways() -> None:
    """A ref found for an address gives the address back, within its kind only."""
    refs = Refs({Address("template", "strip"): "r1"})

    assert refs.ref(Address("template", "strip")) == "r1"
    assert refs.address("template", "r1") == Address("template", "strip")
    assert refs.address("connection", "r1") is None
