"""Which variant of a live flow a key means: by our own ref, then by exact name, never by a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from planning.builders import fields, only_change, plan_for, rules_against, stored, wanted

from personalize_sync.kinds.flow_parts import derived_ref

if TYPE_CHECKING:
    from world import World

    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import Live

_TRAFFIC = {"type": "simpleTraffic", "splits": {"a": 60, "b": 40}}


def _plan(names: dict[str, str], live: Live, **settings: Any) -> Plan:
    variants = {key: {"name": name} for key, name in names.items()}
    spec = {"name": "Hero", "variants": variants, "traffic": _TRAFFIC}
    return plan_for([wanted("experiment", "hero", spec, **settings)], live)


def _live(*variants: tuple[str, str], key: str = "hero") -> Live:
    """Return a flow of such refs and names, whose first variant has 60 percent."""
    shares = zip(variants, (60, 40, 0), strict=False)
    record = {
        "ref": "flow",
        "friendlyId": key,
        "subtype": "EXPERIMENT",
        "name": "Hero",
        "variants": [{"ref": ref, "name": name} for ref, name in variants],
        "traffic": {
            "type": "simpleTraffic",
            "splits": [{"ref": ref, "split": share} for (ref, _), share in shares],
        },
    }
    return stored("experiment", record)


_A, _B = (derived_ref("experiment", "hero", key) for key in "ab")


def test_a_new_ref_follows_from_the_keys_alone() -> None:
    """So every run and every tenant agrees; no two variants share one."""
    assert UUID(_A).version == 5
    assert derived_ref("experiment", "hero", "a") == _A
    others = {
        derived_ref("experiment", "hero", "b"),
        derived_ref("experiment", "other", "a"),
        derived_ref("experience", "hero", "a"),
    }
    assert len({_A, *others}) == 4


def test_a_variant_that_exists_is_found_by_its_name() -> None:
    """Made in the UI, it has a ref of its own, which stays."""
    assert _plan({"a": "A", "b": "B"}, _live(("x", "A"), ("y", "B"))).is_empty


def test_our_own_ref_comes_before_the_name() -> None:
    """Two variants that exchange their names are still themselves."""
    change = only_change(_plan({"a": "B", "b": "A"}, _live((_A, "A"), (_B, "B"))))

    assert {p: (f.before, f.after) for p, f in fields(change).items()} == {
        "/variants/a/name": ("A", "B"),
        "/variants/b/name": ("B", "A"),
    }


def test_a_name_that_leaves_a_choice_is_no_match() -> None:
    """Two variants in the tenant, or two in the manifest: somebody has to say which is which."""
    for names, live in (
        ({"a": "A", "b": "B"}, _live(("x", "A"), ("y", "A"))),
        ({"a": "A", "b": "A"}, _live(("x", "A"), ("y", "B"))),
    ):
        change = only_change(_plan(names, live))
        assert rules_against(change) == ["duplicate-name"]
        assert 'called "A"' in change.blocked[0].message


def test_a_name_that_one_of_ours_has_too_leaves_no_choice() -> None:
    """What is found by its ref is out of the question."""
    assert _plan({"a": "A", "b": "A"}, _live((_A, "A"), ("y", "A"))).is_empty


def test_a_renamed_flow_keeps_its_variants() -> None:
    """Their refs follow from the former key, and the manifest names it."""
    change = only_change(
        plan_for(
            [
                wanted(
                    "experiment",
                    "hero2",
                    {"name": "Hero", "variants": {"a": {"name": "New"}}},
                    renamed_from=("hero",),
                )
            ],
            _live((_A, "A")),
        )
    )

    assert fields(change).keys() == {"/friendlyId", "/variants/a/name"}


def test_two_flows_may_have_variants_of_one_ref() -> None:
    """A flow that was copied by a script keeps them; each is read with its own keys."""
    desired = [
        wanted("experiment", key, {"name": "Hero", "variants": {v: {"name": "A"}}})
        for key, v in (("hero", "a"), ("other", "b"))
    ]
    live = _live(("x", "A"))
    twin = stored(
        "experiment", {**live.record, "ref": "flow2", "friendlyId": "other", "name": "Hero"}
    )

    assert plan_for(desired, live, twin).is_empty


def test_a_variant_nobody_declares_is_shown_by_its_name() -> None:
    """The collection is managed whole, so it would go."""
    change = only_change(
        _plan({"a": "A", "b": "B"}, _live(("x", "A"), ("y", "B"), ("z", "Extra One")))
    )

    assert "/variants/extra_one/name" in fields(change)
    assert change.risk == "destructive"


@pytest.mark.parametrize("times", [1, 2])
def test_a_flow_made_in_the_ui_is_adopted_with_its_refs(world: World, times: int) -> None:
    """Its variants and shares keep their statistics, however often it is written."""
    refs = {"Control": "11111111-1111-4111-8111-111111111111", "Bold": "b" * 8}
    world.experiment()
    world.apply()
    for name, ref in refs.items():
        world.edit("experiment/hero_ab", **{f"variants__{name.lower()}__ref": ref})
    body = world.stored("experiment/hero_ab")
    order = [refs["Control"], refs["Bold"]]
    world.edit(
        "experiment/hero_ab",
        traffic__splits=[{"ref": ref, "split": 50} for ref in order],
        description="x",
    )
    assert [v["ref"] for v in body["variants"]] == order
    assert world.plan().is_empty

    for n in range(times):
        world.experiment(name=f"New {n}", splits={"control": 40 + n, "bold": 60 - n})
        assert world.apply().exit_code == 0

    stored_now = world.stored("experiment/hero_ab")
    assert [v["ref"] for v in stored_now["variants"]] == order
    assert [s["ref"] for s in stored_now["traffic"]["splits"]] == order
    assert world.plan().is_empty


@pytest.mark.parametrize("archived", [False, True])
def test_an_experiment_does_not_take_an_experiences_id(world: World, *, archived: bool) -> None:
    """Both live in one place: the plan says whose the friendlyId is, and nothing is sent."""
    world.flow("hero")
    world.apply()
    world.edit("experience/hero", archived=archived)
    world.forget("Experience", "hero")
    world.experiment("hero")

    (change,) = world.plan().changes

    assert [block.rule for block in change.blocked] == ["duplicate-name"]
    assert "belongs to experience/hero" in change.blocked[0].message
